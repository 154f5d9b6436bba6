"""What kernels make of windows of 0 and 255, in tables, for volumes that are of nothing else (`_history`)."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels.job import Ints
from masksmooth_kernels.schedule import Schedule
from masksmooth_kernels.volume import Volume, aligned

MOST = 7
"""Frames in a window that can be looked up: so many bits have 128 contents."""

LOOKS = 256
"""Pixels that are looked at to see whether a volume may be of 0 and 255. Where they mislead, a strip is read
in vain as far as its first frame with another value."""

Meaning = Callable[[NDArray[np.bool_], int], Volume]
"""What is made of windows: ``(N, frames)`` whether a pixel is 255, oldest first, and the centre's place."""


@functools.cache
def available() -> bool:
    """Whether what is compiled for has the instruction that looks 64 pixels up."""
    from masksmooth_kernels._sums import features

    return "+avx512vbmi" in features()


def may_be_of_two_values(planes: Volume) -> bool:
    """Whether pixels here and there of a volume ``(T, pixels)``'s middle frame are 0 or 255, all of them."""
    middle = planes[len(planes) // 2]
    return not middle[:: max(middle.size // LOOKS, 1)].tobytes().translate(None, b"\0\xff")


@functools.lru_cache(maxsize=64)
def lookups(plan: Schedule, meaning: Meaning) -> tuple[Ints, list[Volume]]:
    """Return the address of each output's table, and the tables."""
    windows = zip(plan.before.tolist(), plan.counts.tolist(), strict=True)
    tables = [table(meaning, before, count) for before, count in windows]
    return np.array([made.ctypes.data for made in tables], np.int64), tables


@functools.lru_cache(maxsize=256)
def table(meaning: Meaning, before: int, count: int) -> Volume:
    """Return what is looked up for a history whose lowest bits are a window's frames, the newest lowest."""
    histories = np.arange(1 << MOST)[:, np.newaxis]
    made = aligned(1 << MOST)
    made[:] = meaning((histories >> np.arange(count)[::-1] & 1).astype(bool), before)
    return made
