"""What the core of the Gaussian needs to know, in numbers.

A recipe is a table of addresses and numbers like a job's, at the places named below; the core sees nothing
else of it, and who makes one keeps its arrays alive.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels._jit import native
from masksmooth_kernels.job import TOGETHER, Ints
from masksmooth_kernels.schedule import Schedule
from masksmooth_kernels.weights import fixed_weights, gaussian_weights

LARGEST = 32767
"""The largest weight of one tap: the kernel multiplies signed 16-bit numbers."""

EVEN = 0.05
"""Frames this near to even spacing, in spacings, are even: a container that counts milliseconds moves them
by 0.03 at 60 frames a second."""

(
    WAYS,  # (M,) int64, address of what a group is computed by, at its first output
    TERMS,  # (..) int64, 0, the weights of a whole window, and 0
    UNIT,  # these are in units of 2**-UNIT
    TAPS,  # (E, 2) int64, of a group's frames which two belong to each entry
    WEIGHTS,  # (E, TOGETHER) int64, for each output the one's weight, and 2**16 times the other's
    BEGIN,  # (M,) int64, the first entry of a group that is not whole, at its first output
    ENTRIES,  # (M,) int64, how many it has
    SHIFTS,  # (M,) int64, an output's weights are in units of 2**-shift
) = range(8)

Recipe = tuple[str, Ints, tuple[Ints, ...]]
"""The function of the core, its table, and the arrays whose addresses that has."""

Entries = tuple[Ints, Ints]
"""``(E, 2)`` places, and ``(E, TOGETHER)`` weights."""


class Window(NamedTuple):
    """An output's weights, in units of ``2**-shift``, and whether they are those of a whole, even window."""

    weights: Ints
    shift: int
    whole: bool


def gaussian_recipe(plan: Schedule, radius: int, sigma: float, times: NDArray[np.float64] | None) -> Recipe:
    """Return what `_gaussian_core` needs to know of M outputs.

    ``times`` are those of a schedule's rows; those of one without are not numbers.
    """
    terms, unit, fits = _terms(radius, sigma)
    windows = list(_windows(plan, radius, sigma, times))
    names: dict[int, str] = {}
    entries: dict[int, Entries] = {}
    for first, together, frames in plan.groups.tolist():
        group = windows[first : first + together]
        if together == TOGETHER and fits and all(window.whole for window in group):
            names[first] = f"whole_{2 * radius + 1}"
            continue
        names[first] = "one" if together == 1 else "four"
        begins = np.arange(together) + plan.before[first] - plan.before[first : first + together]
        entries[first] = entries_of([window.weights for window in group], begins.tolist(), frames)
    ways, counts = np.zeros(len(windows), np.int64), np.zeros(len(windows), np.int64)
    for first, name in names.items():
        ways[first] = native("_gaussian_core", name)
    for first, (places, _) in entries.items():
        counts[first] = len(places)
    begin = np.cumsum(counts) - counts
    taps = np.concatenate([np.zeros((0, 2), np.int64), *(places for places, _ in entries.values())])
    weights = np.concatenate([np.zeros((0, TOGETHER), np.int64), *(packed for _, packed in entries.values())])
    shifts = np.array([window.shift for window in windows], np.int64)
    arrays = {
        WAYS: ways, TERMS: terms, TAPS: taps, WEIGHTS: weights, BEGIN: begin, ENTRIES: counts, SHIFTS: shifts,
    }  # fmt: skip
    table = np.zeros(8, np.int64)
    for place, array in arrays.items():
        table[place] = array.ctypes.data
    table[UNIT] = unit
    only = set(names.values())
    return only.pop() if len(only) == 1 else "means", table, tuple(arrays.values())


def _windows(
    plan: Schedule, radius: int, sigma: float, times: NDArray[np.float64] | None
) -> Iterator[Window]:
    """Return the windows of a schedule's outputs."""
    for slots, before, count in zip(plan.slots, plan.before.tolist(), plan.counts.tolist(), strict=True):
        distances = None if times is None else _distances(times[slots[:count]], before)
        if distances is None:
            yield Window(*_even_weights(radius, sigma, before, count), count == 2 * radius + 1)
        else:
            yield Window(*fixed_weights(np.exp(-0.5 * (distances / sigma) ** 2), before), False)


def _distances(at: NDArray[np.float64], before: int) -> NDArray[np.float64] | None:
    """Return distances from the centre in mean spacings; None if they are whole, or a time is missing."""
    if len(at) < 2 or not at[-1] > at[0]:  # also so where one is not a number
        return None
    distances = (at - at[before]) * ((len(at) - 1) / (at[-1] - at[0]))
    uneven = np.abs(distances - np.rint(distances)).max() > EVEN
    return distances if uneven else None


@functools.lru_cache(maxsize=1024)
def _even_weights(radius: int, sigma: float, before: int, count: int) -> tuple[Ints, int]:
    first = radius - before
    return fixed_weights(gaussian_weights(radius, sigma)[first : first + count], before)


@functools.lru_cache(maxsize=1024)
def _terms(radius: int, sigma: float) -> tuple[Ints, int, bool]:
    """Return a whole window's weights between two zeros, their shift, and whether they fit."""
    fixed, shift = fixed_weights(gaussian_weights(radius, sigma), radius)
    return np.pad(fixed, 1), shift, bool(fixed.max() <= LARGEST)


def entries_of(windows: list[Ints], begins: list[int], frames: int) -> Entries:
    """Pair the frames that weigh anything in a group's windows.

    A weight that needs more bits than `LARGEST` is shared out over several taps of the same frame.

    Parameters
    ----------
    windows : (count,) int64 each
        Weights of up to `TOGETHER` windows.
    begins : list of int
        Which of the group's frames each window begins with.
    frames : int
        How many these are.
    """
    left = np.zeros((frames, TOGETHER), np.int64)
    for j, (fixed, begin) in enumerate(zip(windows, begins, strict=True)):
        left[begin : begin + len(fixed), j] = fixed
    places, taken = [], []
    while left.any():
        taps = np.flatnonzero(left.any(axis=1))
        places.append(taps)
        taken.append(np.minimum(left[taps], LARGEST))
        left[taps] -= taken[-1]
    pairs, weights = np.concatenate(places), np.concatenate(taken)
    if len(pairs) % 2:
        pairs, weights = np.append(pairs, pairs[-1]), np.pad(weights, ((0, 1), (0, 0)))
    return pairs.reshape(-1, 2), weights[::2] | weights[1::2] << 16
