"""What a window kernel is told: a table of numbers, and the sizes both sides count on.

A kernel takes no arrays: one handed from function to function is counted, which costs 0.3 us a tile. The
names below are places in the table; where one is said to be an array, the table has its address.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

VECTOR = 32
"""Pixels of the least plane a volume's kernels take; smaller ones are padded."""

TILE = 64
"""Pixels in a stream's tile: a cache line."""

BLOCK = VECTOR * TILE
"""Pixels in a stream's block: as many tiles as a vector has bytes."""

PART = 4
"""Tiles of a block that are held, and computed from pixels, together."""

STRIP = 16384
"""Pixels in a volume's strip."""

TOGETHER = 4
"""Outputs that are computed together, from the frames of four windows."""

PAIRS = 40
"""Addresses of frames a core has room for: 31 + 3 are needed."""

ROOM = PAIRS + 2 * 48 + 3
"""Addresses in all: 2 for each of up to 48 entries of weights, of the last of four outputs. After them come
those of the four outputs, and `CACHED`."""

LEVELS = 144
"""Then what bounds say of four outputs' tiles, two vectors for each, aligned."""

COPIES = LEVELS + TOGETHER * 2 * VECTOR // 8
"""Then a vector for each of four windows' frames."""

SPACE = COPIES + PAIRS * VECTOR // 8
"""Numbers in all."""

Ints = NDArray[np.int64]

(
    CORE,  # a core's function, see `_passes`
    RECIPE,  # what it needs to know: an array of its own making
    ROWS,  # (R,) int64, address of each row's first pixel; the slots of a stream, then the fresh frames
    OUT,  # (M,) int64, address of each output's first pixel
    SEEN,  # (GROUPED, REACH) int64, rows that a group sees, oldest first
    GROUPS,  # (GROUPED, 3) int64, first output, how many in turn are computed together, rows they see
    KEEP,  # (KEEPING, 2) int64, rows to copy in the end, and the slots to copy them to
    BOUNDS,  # (BLOCKS, KNOWN, 2, VECTOR) uint8, of each row's tiles the least value, and the greatest
    STORED,  # (BLOCKS + 1, KNOWN + 1) int64, a bit for each part that lies where `ROWS` says, not being
    # constant; and, the last, for each that took pixels the last time
    CONSTANTS,  # (256, PART * TILE) uint8, row v holds v
    PARTED,  # parts of a block: told, so that no loop over them is unrolled, which takes long to compile
    MONOTONE,  # 1 if no output falls when a pixel of its window rises, else 0
    REACH,
    GROUPED,
    ARRIVING,
    KEEPING,
    HELD,  # slots
    KNOWN,
    CACHED,  # 1 to write a volume's outputs by way of the caches, else 0
    ENTRIES,  # how many numbers this table has
) = range(20)
