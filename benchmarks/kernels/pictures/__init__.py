"""What is done to one picture at a time, by us and by others: 1080p, one thread.

Every contender takes the same frames, one after the other, and writes into memory it has; the figure is
milliseconds a frame.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.kernels.interleave import Call
from benchmarks.kernels.masks import volume
from benchmarks.kernels.plan import SIZES

Bytes = NDArray[np.uint8]
FRAMES = 24


@dataclass(frozen=True, slots=True)
class Entry:
    """A contender: how it is timed, what it gives, and by how much that may differ from ours."""

    call: Call
    result: Callable[[], Any]
    tolerance: int = 0
    differs: str = ""


def masks() -> Bytes:
    """Return the soft masks, ``(24, 1080, 1920)``."""
    found = volume("soft", "recipe", SIZES["1080p"].shape)[:FRAMES]
    return found


def over(step: Callable[[int], object]) -> Call:
    """Return a call that does every frame in turn."""

    def run() -> None:
        for t in range(FRAMES):
            step(t)

    return Call(run)


def tasks() -> dict[str, Callable[[], dict[str, Entry]]]:
    """Return what makes the contenders of each task; "ours" is among them."""
    from benchmarks.kernels.pictures import blending, measuring, resizing, warping

    return {
        "blend": blending.entries,
        "threshold": resizing.threshold,
        "upsample": resizing.upsample,
        "upsample and threshold": resizing.cut,
        "overlap": measuring.overlap,
        "ema": measuring.ema,
        "warp step": warping.entries,
    }
