"""Weights of a Gaussian window, as fractions and as the 24-bit integers its kernel uses.

``exp(-(d / sigma)**2 / 2)`` for a frame ``d`` frames away, cut to the frames there are and divided by
their sum. With times, ``d`` is the distance in time over the window's mean spacing, so a frame that comes
late counts as far as it is. What rounding to integers leaves goes to the centre: they sum to exactly 1.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels.volume import check_radius
from masksmooth_kernels.window import Windows

BITS = 24
"""Fractional bits of a weight: 255 * 2**24 and the rounding half just fit 32 bits."""

ONE = 1 << BITS

EVEN = 0.05
"""Frames this near to even spacing, in spacings, are even: a container that counts milliseconds moves them
by 0.03 at 60 frames a second."""


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


def fixed_weights(
    windows: Windows, radius: int, sigma: float, times: NDArray[np.float64]
) -> NDArray[np.uint32]:
    """Return the weights that go with ``windows.slots``, in units of 2**-24; 0 beyond ``counts``."""
    table = np.zeros(windows.slots.shape, np.uint32)
    rows = zip(table, windows.slots, windows.before.tolist(), windows.counts.tolist(), strict=True)
    for row, slots, before, count in rows:
        at = times[slots[:count]]
        distances = _distances(at, before)
        if distances is None:
            row[:count] = _even_weights(radius, sigma, before, count)
        else:
            row[:count] = _fixed(np.exp(-0.5 * (distances / sigma) ** 2), before)
    return table


def _distances(at: NDArray[np.float64], before: int) -> NDArray[np.float64] | None:
    """Return distances from the centre in mean spacings; None if they are whole, or a time is missing."""
    if len(at) < 2 or not at[-1] > at[0]:  # also so where one is not a number
        return None
    distances = (at - at[before]) * ((len(at) - 1) / (at[-1] - at[0]))
    uneven = np.abs(distances - np.rint(distances)).max() > EVEN
    return distances if uneven else None


@functools.lru_cache(maxsize=1024)
def _even_weights(radius: int, sigma: float, before: int, count: int) -> NDArray[np.uint32]:
    first = radius - before
    return _fixed(gaussian_weights(radius, sigma)[first : first + count], before)


def _fixed(weights: NDArray[np.float64], centre: int) -> NDArray[np.uint32]:
    """Scale weights to sum to 2**24, whole; the centre takes what rounding leaves."""
    fixed = np.rint(weights / weights.sum() * ONE).astype(np.int64)
    fixed[centre] += ONE - int(fixed.sum())
    return np.asarray(fixed, np.uint32)
