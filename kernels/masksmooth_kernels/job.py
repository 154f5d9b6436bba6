"""What the window kernels' pass is told: a table of numbers, and the sizes both sides count on.

A kernel takes no arrays: one handed from function to function is counted, which costs 0.3 us a tile. The
names below are places in the table; where one is said to be an array, the table has its address.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

VECTOR = 32
"""Bytes in a vector."""

TILE = 64
"""Pixels in a tile: a cache line."""

BLOCK = VECTOR * TILE
"""Pixels in a block, as many tiles as a vector has bytes; the least plane a pass takes."""

BLOCKS = 8
"""Blocks in a strip: 16 KiB, so that a window of one stays in the second-level cache."""

STRIP = BLOCKS * BLOCK
"""Pixels in a strip."""

LINE = 2 * BLOCKS * VECTOR
"""Bytes of what is known of a strip of a frame: the least value of every tile, and then the greatest."""

TOGETHER = 4
"""Outputs that are computed together, from the frames of four windows."""

RING = 64
"""Frames of which a volume's bounds are kept: a power of 2, and more than the 34 that a group sees."""

# Places in the room of a call, which is numbers.

PAIRS = 40
"""Before it the addresses of a group's frames, from it on a core's own: of up to 98 taps, for 34 frames and
what is over `recipes.LARGEST` in the 2**19 that each of four windows weighs. With 104, bounds begin on a
cache line."""

ROOM = PAIRS + 104
"""What a core is told of its outputs: the addresses of up to four, and then these."""

CACHED = TOGETHER
"""Not 0 to write outputs by way of the caches."""

LISTED = TOGETHER + 1
"""The address of the offsets of the tiles it is to compute."""

COMING = LISTED + 1
"""The addresses of as many strips as there are outputs that will be looked at next."""

LEVELS = ROOM + 16
"""What the bounds of four outputs' tiles are."""

OPEN = LEVELS + TOGETHER * LINE // 8
"""Offsets in its strip of each tile of a block that is computed from pixels."""

EVERY = OPEN + VECTOR
"""Offsets of all tiles of a strip."""

CLOSED = EVERY + BLOCKS * VECTOR
"""Places in its block of each tile that is not."""

WORDS = CLOSED + VECTOR
"""A bit for each open tile, a number for each block."""

COPIES = WORDS + BLOCKS
"""A vote's frames: half a line for each."""

BOUNDED = COPIES + PAIRS * LINE // 16
"""A volume's bounds, a line for each of `RING` frames."""

HISTORY = BOUNDED
"""Or the frames of 0 and 255 that each pixel of two strips has seen: a byte a pixel."""

SPACE = BOUNDED + max(RING * LINE, 2 * STRIP) // 8
"""Numbers in all: 52 KB."""

Ints = NDArray[np.int64]

(
    CORE,  # a core's function, see `_pass`
    RECIPE,  # what it needs to know: an array of its own making
    ROWS,  # (R,) int64, address of each row's first pixel; the slots of a stream, then the fresh frames
    OUT,  # (M,) int64, address of each output's first pixel
    SEEN,  # (GROUPED, REACH) int64, rows that a group sees, oldest first
    GROUPS,  # (GROUPED, 3) int64, first output, how many in turn are computed together, rows they see
    KEEP,  # (KEEPING, 2) int64, rows to copy in the end, and the slots to copy them to
    BOUNDS,  # (STRIPS, KNOWN, LINE) uint8, of each row's tiles the least value, and the greatest; 0: a volume
    STORED,  # (STRIPS * BLOCKS, HELD) int64, a bit for each tile of a slot whose pixels were written there
    REACH,
    GROUPED,
    ARRIVING,  # fresh frames
    KEEPING,
    HELD,  # slots
    KNOWN,
    PIXELS,  # of a plane
    LAG,  # frames that come after an output's own before it is whole: the radius
    LOOKUPS,  # (M,) int64, address of the 128 bytes that an output of 0 and 255 is looked up in
    BEGIN,  # (STRIPS,) int64, of a volume, the group that what is to be computed of a strip begins with
    OPENING,  # where bounds are looked at first, the function that finds what they leave open, see `_known`
    OUTPUTS,  # and that which does a group's outputs, see `_pass`
    TILES,  # in a block: told, so that no loop over them is unrolled, which takes long to compile
    ENTRIES,  # how many numbers this table has
) = range(23)
