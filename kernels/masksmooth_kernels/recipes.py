"""What the core of the Gaussian needs to know, in numbers.

A recipe is a table of addresses and numbers like a job's, at the places named below; the core sees nothing
else of it, and who makes one keeps its arrays alive.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels._jit import native
from masksmooth_kernels.job import Ints
from masksmooth_kernels.schedule import Schedule
from masksmooth_kernels.weights import fixed_weights, gaussian_weights

LARGEST = 32767
"""The largest weight of one tap: the kernel multiplies signed 16-bit numbers."""

EVEN = 0.05
"""Frames this near to even spacing, in spacings, are even: a container that counts milliseconds moves them
by 0.03 at 60 frames a second."""

(
    WHOLE,  # (M,) int64, whether an output's window is whole and even, and TERMS its weights
    TERMS,  # (..) int64, 0, the weights of a whole window, and 0
    UNIT,  # these are in units of 2**-UNIT
    TAPS,  # (M, LONGEST, 2) int64, places in the window of each entry's frames
    WEIGHTS,  # (M, LONGEST) int64, the weight of the one, and 2**16 times that of the other
    ENTRIES,  # (M,) int64, how many of LONGEST there are
    SHIFTS,  # (M,) int64, the weights are in units of 2**-shift
    BEFORE,  # (M,) int64, frames of the window before its centre
    LONGEST,
    SEVERAL,  # address of what does windows that are cut or uneven
) = range(10)

Row = tuple[Ints, Ints, int]
"""``(E, 2)`` places, ``(E,)`` packed weights, and the shift, of one output."""

Recipe = tuple[Ints, tuple[Ints, ...]]
"""A table, and the arrays whose addresses it has."""


def gaussian_recipe(plan: Schedule, radius: int, sigma: float, times: NDArray[np.float64]) -> Recipe:
    """Return what `_gaussian_core` needs to know of M outputs; ``times`` are those of a schedule's rows."""
    rows, whole = [], []
    for slots, before, count in zip(plan.slots, plan.before.tolist(), plan.counts.tolist(), strict=True):
        distances = _distances(times[slots[:count]], before)
        if distances is None:
            rows.append(_even_row(radius, sigma, before, count))
        else:
            rows.append(entries_of(*fixed_weights(np.exp(-0.5 * (distances / sigma) ** 2), before)))
        whole.append(distances is None and count == 2 * radius + 1)
    terms, unit, fits = _terms(radius, sigma)
    longest = max((len(weights) for _, weights, _ in rows), default=0)
    taps = np.zeros((len(rows), longest, 2), np.int64)
    packed = np.zeros((len(rows), longest), np.int64)
    for m, (places, weights, _) in enumerate(rows):
        taps[m, : len(places)], packed[m, : len(weights)] = places, weights
    entries = np.array([len(weights) for _, weights, _ in rows], np.int64)
    shifts = np.array([shift for _, _, shift in rows], np.int64)
    flags = np.array(whole, np.int64) * fits
    befores = np.ascontiguousarray(plan.before, np.int64)
    table = np.zeros(10, np.int64)
    for place, array in (
        (WHOLE, flags), (TERMS, terms), (TAPS, taps), (WEIGHTS, packed), (ENTRIES, entries), (SHIFTS, shifts),
        (BEFORE, befores),
    ):  # fmt: skip
        table[place] = array.ctypes.data
    table[UNIT], table[LONGEST] = unit, longest
    if not flags.all():
        table[SEVERAL] = native("_gaussian_core", "several")
    return table, (flags, terms, taps, packed, entries, shifts, befores)


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


@functools.lru_cache(maxsize=1024)
def _terms(radius: int, sigma: float) -> tuple[Ints, int, bool]:
    """Return a whole window's weights between two zeros, their shift, and whether they fit."""
    fixed, shift = fixed_weights(gaussian_weights(radius, sigma), radius)
    return np.pad(fixed, 1), shift, bool(fixed.max() <= LARGEST)


def entries_of(fixed: Ints, shift: int) -> Row:
    """Pair the frames of a window that weigh anything.

    A weight that needs more bits than `LARGEST` is shared out over several taps of the same frame.
    """
    taps: list[tuple[int, int]] = []
    for k, weight in enumerate(fixed.tolist()):
        taps += [(k, min(weight - taken, LARGEST)) for taken in range(0, weight, LARGEST)]
    if len(taps) % 2:
        taps.append((taps[-1][0], 0))
    couples = list(zip(taps[::2], taps[1::2], strict=True))
    places = np.array([(a, b) for (a, _), (b, _) in couples], np.int64)
    return places, np.array([v | w << 16 for (_, v), (_, w) in couples], np.int64), shift
