"""What a window kernel is told: sizes, and a `Job` in numbers; `strips` says how it is gone through.

A kernel takes no arrays: one handed from function to function is counted, which costs 0.3 us a tile.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

VECTOR = 32
"""Pixels of the least plane the kernels take; smaller ones are padded."""

TILE = 256
"""Pixels in a tile; the last one of a plane has up to twice as many."""

CONSTANT = 3 * TILE
"""Bytes of a row of `constants`."""

ONE = 256
"""A frame in a tile's state; the value is below it, see `Job`."""

LEVEL = ONE - 1

STRIP = 64
"""Tiles in a strip: 16 KiB a frame."""

TOGETHER = 4
"""Outputs that are computed together, from the frames of four windows."""

PAIRS = 40
"""Addresses of frames a core has room for: 31 + 3 are needed."""

ROOM = PAIRS + 4 * 24 + 3
"""Addresses in all: 4 for each of up to 24 entries of weights, of the last of four outputs."""

AHEAD = 2 * TILE

Ints = NDArray[np.int64]

Span = tuple[int, int]
"""The first tile of a range, and the one after its last."""


class Job(NamedTuple):
    """What a kernel is to do, in numbers; tables are given by address, so that nothing is counted.

    Attributes
    ----------
    rows : (R,) int64
        Address of each row's first pixel. Rows are the slots of a stream, then the fresh frames.
    states : (R, tiles) int32
        0, or if the tile is one constant, `ONE` for each frame for how long, this one included, plus it.
    slots : (M, window) int64
        Rows of each output's window, oldest first.
    counts : (M,) int64
        How many of them there are.
    needs : (M,) int64
        Fresh frames that must have been looked at before each output.
    groups : (grouped, 2) int64
        First output, and how many in turn are computed together: `TOGETHER` with full windows, or 1.
    fresh : (arriving, 2) int64
        Row of each fresh frame, and of the frame before it or -1.
    keep : (keeping, 2) int64
        Rows to copy, in the end, and the slots to copy them to.
    out : (M,) int64
        Address of each output's first pixel.
    constants : (256, CONSTANT) uint8
        Row ``v`` holds ``v``.
    window, grouped, arriving, keeping, tiles : int
        Lengths as above.
    pixels : int
        Pixels of a plane, at least `VECTOR`.
    phase : int
        Pixels of the first tile beyond `TILE`, so that all others begin aligned in the outputs.
    """

    rows: int
    states: int
    slots: int
    counts: int
    needs: int
    groups: int
    fresh: int
    keep: int
    out: int
    constants: int
    window: int
    grouped: int
    arriving: int
    keeping: int
    tiles: int
    pixels: int
    phase: int
