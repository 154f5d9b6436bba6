"""What a window kernel is told: a table of numbers, and the sizes both sides count on.

A kernel takes no arrays: one handed from function to function is counted, which costs 0.3 us a tile. The
names below are places in the table; where one is said to be an array, the table has its address.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

VECTOR = 32
"""Pixels of the least plane the kernels take; smaller ones are padded."""

TILE = 256
"""Pixels in a stream's tile; the last one of a plane has up to twice as many."""

CONSTANT = 2 * TILE + 64
"""Bytes of a row of `strips.constants`: no tile is longer."""

STRIP = 16384
"""Pixels in a volume's strip."""

ONE = 256
"""A frame in a tile's state; the value is below it, see `STATES`."""

LEVEL = ONE - 1

TOGETHER = 4
"""Outputs that are computed together, from the frames of four windows."""

PAIRS = 40
"""Addresses of frames a core has room for: 31 + 3 are needed."""

ROOM = PAIRS + 2 * 48 + 3
"""Addresses in all: 2 for each of up to 48 entries of weights, of the last of four outputs. After them come
those of the four outputs, and `CACHED`."""

Ints = NDArray[np.int64]

(
    CORE,  # a core's function, see `_passes`
    RECIPE,  # what it needs to know: an array of its own making
    ROWS,  # (R,) int64, address of each row's first pixel; the slots of a stream, then the fresh frames
    OUT,  # (M,) int64, address of each output's first pixel
    SEEN,  # (GROUPED, REACH) int64, rows that a group sees, oldest first
    GROUPS,  # (GROUPED, 3) int64, first output, how many in turn are computed together, rows they see
    FRESH,  # (ARRIVING, 2) int64, row of each fresh frame, and of the frame before it or -1
    KEEP,  # (KEEPING, 2) int64, rows to copy in the end, and the slots to copy them to
    STATES,  # (TILES, KNOWN) int32, of each row: 0, or if its tile is one constant, that plus ONE for each
    # frame for how long it has been, this one included
    LEVELS,  # (256, CONSTANT) uint8, row v holds v
    REACH,
    GROUPED,
    ARRIVING,
    KEEPING,
    HELD,  # slots
    TILES,
    KNOWN,
    PIXELS,  # of a plane, at least VECTOR
    CACHED,  # 1 to write four outputs in turns by way of the caches, else 0
    ENTRIES,  # how many numbers this table has
) = range(20)
