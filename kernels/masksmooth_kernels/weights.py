"""Weights of a Gaussian window, as fractions and as the whole numbers its kernel multiplies with.

``exp(-(d / sigma)**2 / 2)`` for a frame ``d`` frames away, cut to the frames there are and divided by
their sum. With times, ``d`` is the distance in time over the window's mean spacing, so a frame that comes
late counts as far as it is.

In fixed point a window's weights are whole numbers that sum to exactly a power of two, so a constant comes
out unchanged; what rounding leaves goes to the centre. The power is the least, from 15 up, with which no
window of pixels can be off by more than `TOLERANCE` before the last rounding. 2**19 is always enough: 30
neighbours off by a half are 15 / 2**19 * 255 = 0.0073. The kernel multiplies signed 16-bit numbers: a weight
that needs more bits is shared out over several taps of the same frame.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels.job import Ints
from masksmooth_kernels.strips import Schedule, constants
from masksmooth_kernels.volume import check_radius

TOLERANCE = 0.0095
"""Levels by which weights in fixed point may move a mean: with the rounding, 0.5095 in all."""

LARGEST = 32767
"""The largest weight of one tap."""

EVEN = 0.05
"""Frames this near to even spacing, in spacings, are even: a container that counts milliseconds moves them
by 0.03 at 60 frames a second."""


def exact_weights(plan: Schedule, radius: int, sigma: float) -> NDArray[np.int64]:
    """Return ``(M, window)`` weights in units of 2**-30 of the largest, for decisions that may be close."""
    whole = gaussian_weights(radius, sigma)
    fixed = np.rint(whole / whole.max() * (1 << 30)).astype(np.int64)
    exact = np.zeros(plan.slots.shape, np.int64)
    for row, before, count in zip(exact, plan.before.tolist(), plan.counts.tolist(), strict=True):
        row[:count] = fixed[radius - before : radius - before + count]
    return exact


def gaussian_weights(radius: int, sigma: float | None = None) -> NDArray[np.float64]:
    """Return the weights of a full window.

    Parameters
    ----------
    radius : int
        Frames on each side, 0 .. 15.
    sigma : float, optional
        Standard deviation in frames; ``max(radius / 2, 0.5)`` if not given.

    Returns
    -------
    (2 * radius + 1,) float64
        Oldest first, with sum 1.

    Raises
    ------
    ValueError
        If the radius is not 0 .. 15, or sigma is not a finite number above 0.
    """
    radius = check_radius(radius)
    sigma = check_sigma(sigma, radius)
    with np.errstate(over="ignore", under="ignore"):  # a tiny sigma: the neighbours' weights are 0
        weights: NDArray[np.float64] = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    weights /= weights.sum()
    return weights


def check_sigma(sigma: float | None, radius: int) -> float:
    """Return sigma, or its default for the radius; raise ValueError unless it is finite and above 0."""
    if sigma is None:
        return max(radius / 2, 0.5)
    if not isinstance(sigma, (int, float, np.number)) or not (math.isfinite(sigma) and sigma > 0):
        raise ValueError(
            f"sigma is {sigma!r}; give a finite number of frames above 0, or None for radius / 2"
        )
    return float(sigma)


def check_times(times: Sequence[float] | None, frames: int) -> NDArray[np.float64]:
    """Return times as an array, NaN if there are none; raise ValueError unless one a frame, increasing."""
    if times is None:
        return np.full(frames, np.nan)
    at = np.asarray(times, np.float64)
    if at.shape != (frames,) or not np.isfinite(at).all() or (np.diff(at) <= 0).any():
        raise ValueError(f"times must be {frames} finite numbers, one a frame, each above the one before")
    return at


def gaussian_recipe(
    plan: Schedule, radius: int, sigma: float, times: NDArray[np.float64]
) -> tuple[Ints, tuple[NDArray[np.int64], ...]]:
    """Return what `_gaussian_core` needs to know of M outputs; ``times`` are those of a schedule's rows.

    An entry is two sums of two tiles, and their two weights.

    Returns
    -------
    recipe : (6,) int64
        The addresses of what follows, E, and the address of a tile of zeros.
    taps : (M, E, 4) int64
        Places in the window; beyond it is the tile of zeros.
    weights : (M, E) int64
        The weight of the first two, and 2**16 times that of the others.
    entries : (M,) int64
        How many of E there are.
    shifts : (M,) int64
        Weights are in units of 2**-shift.
    """
    rows = [
        _row(times[slots[:count]], (radius, sigma, before))
        for slots, before, count in zip(plan.slots, plan.before.tolist(), plan.counts.tolist(), strict=True)
    ]
    longest = max((len(weights) for _, weights, _ in rows), default=0)
    taps = np.zeros((len(rows), longest, 4), np.int64)
    packed = np.zeros((len(rows), longest), np.int64)
    for m, (places, weights, _) in enumerate(rows):
        taps[m, : len(places)], packed[m, : len(weights)] = places, weights
    entries = np.array([len(weights) for _, weights, _ in rows], np.int64)
    shifts = np.array([shift for _, _, shift in rows], np.int64)
    arrays = taps, packed, entries, shifts
    addresses = [array.ctypes.data for array in arrays]
    return np.array([*addresses, longest, constants().ctypes.data], np.int64), arrays


Row = tuple[Ints, Ints, int]
"""``(E, 4)`` places, ``(E,)`` packed weights, and the shift, of one output."""


def _row(at: NDArray[np.float64], window: tuple[int, float, int]) -> Row:
    radius, sigma, before = window
    distances = _distances(at, before)
    if distances is None:
        return _even_row(radius, sigma, before, len(at))
    return entries_of(*fixed_weights(np.exp(-0.5 * (distances / sigma) ** 2), before))


def _distances(at: NDArray[np.float64], before: int) -> NDArray[np.float64] | None:
    """Return distances from the centre in mean spacings; None if they are whole, or a time is missing."""
    if len(at) < 2 or not at[-1] > at[0]:  # also so where one is not a number
        return None
    distances = (at - at[before]) * ((len(at) - 1) / (at[-1] - at[0]))
    uneven = np.abs(distances - np.rint(distances)).max() > EVEN
    return distances if uneven else None


@functools.lru_cache(maxsize=1024)
def _even_row(radius: int, sigma: float, before: int, count: int) -> Row:
    first = radius - before
    return entries_of(*fixed_weights(gaussian_weights(radius, sigma)[first : first + count], before))


def fixed_weights(weights: NDArray[np.float64], centre: int) -> tuple[Ints, int]:
    """Return weights as whole numbers that sum to ``2**shift``, and the shift."""
    exact = weights / weights.sum()
    for shift in range(15, 21):
        fixed = np.rint(exact * (1 << shift)).astype(np.int64)
        fixed[centre] += (1 << shift) - int(fixed.sum())
        errors = fixed / (1 << shift) - exact
        if 255 * np.maximum(errors, 0).sum() < TOLERANCE:  # as much above as below: they sum to 0
            break
    return fixed, shift


def entries_of(fixed: Ints, shift: int) -> Row:
    """Pair the taps of a window: those as far from its centre if they weigh the same, or with zeros."""
    count = len(fixed)
    half = count // 2
    symmetric = count % 2 == 1 and np.array_equal(fixed, fixed[::-1])
    pairs = [
        (k, count - 1 - k if symmetric and k < half else count)
        for k in range(half + 1 if symmetric else count)
    ]
    taps: list[tuple[int, int, int]] = []
    for pair in pairs:
        left = int(fixed[pair[0]])
        while left > 0:
            taps.append((*pair, min(left, LARGEST)))
            left -= LARGEST
    if len(taps) % 2:
        taps.append((count, count, 0))
    couples = list(zip(taps[::2], taps[1::2], strict=True))
    places = np.array([(a, b, c, d) for (a, b, _), (c, d, _) in couples], np.int64)
    return places, np.array([v | w << 16 for (_, _, v), (_, _, w) in couples], np.int64), shift
