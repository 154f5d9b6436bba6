"""What a stream holds of the frames before: the bounds of all tiles, and the pixels of those that vary.

A tile of one value is not copied when its frame arrives: its bounds say all. Where a tile is computed from
pixels, the frames that have it constant get it written then; of the recipe's soft masks seven tenths never
are. Importing this module imports numba.
"""

from __future__ import annotations

from masksmooth_kernels import _memory as memory
from masksmooth_kernels import _simd as simd
from masksmooth_kernels._known import HIGH, first_pixel, group, line_of
from masksmooth_kernels._memory import number
from masksmooth_kernels._part import part
from masksmooth_kernels._simd import WIDTH
from masksmooth_kernels.job import BLOCK, BLOCKS, HELD, KEEP, KEEPING, STORED, TILE, WORDS


@part
def write_out(line: int, there: int, missing: int) -> None:
    """Write constant tiles, a bit for each, from their bounds."""
    while missing:
        t = simd.lowest_bit(missing)
        level = simd.bytes_of(memory.byte(line + t))
        simd.store(there + TILE * t, level)
        simd.store(there + TILE * t + WIDTH, level)
        missing &= missing - 1


@part
def complete(job: int, known: tuple[int, int], g: int, room: int, strip: tuple[int, int, int]) -> None:
    """Write what slots lack of the tiles that are open."""
    _m, _together, frames, seen = group(job, g)
    held = number(job, HELD)
    for b in range(strip[2]):
        opened = number(room, WORDS + b)
        stored = number(job, STORED) + 8 * held * (BLOCKS * strip[0] + b)
        for k in range(frames):
            row = number(seen, k)
            if row < held:
                missing = opened & ~number(stored, row)
                if missing:
                    there = first_pixel(job, strip, row) + BLOCK * b
                    write_out(line_of(known, row) + WIDTH * b, there, missing)
                    memory.set_number(stored, row, number(stored, row) | missing)


@part
def copy(here: int, there: int, varied: int) -> None:
    """Copy tiles, a bit for each."""
    while varied:
        t = TILE * simd.lowest_bit(varied)
        simd.store(there + t, simd.load(here + t))
        simd.store(there + t + WIDTH, simd.load(here + t + WIDTH))
        varied &= varied - 1


@part
def hold(job: int, known: tuple[int, int], strip: tuple[int, int, int]) -> None:
    """Keep what later windows need of the fresh frames."""
    for k in range(number(job, KEEPING)):
        row, slot = number(number(job, KEEP), 2 * k), number(number(job, KEEP), 2 * k + 1)
        source, target = line_of(known, row), line_of(known, slot)
        for b in range(strip[2]):
            low, high = simd.load(source + WIDTH * b), simd.load(source + HIGH + WIDTH * b)
            simd.store(target + WIDTH * b, low)
            simd.store(target + HIGH + WIDTH * b, high)
            varied = simd.bits_of(simd.differing(low, high))
            copy(first_pixel(job, strip, row) + BLOCK * b, first_pixel(job, strip, slot) + BLOCK * b, varied)
            stored = number(job, STORED) + 8 * number(job, HELD) * (BLOCKS * strip[0] + b)
            memory.set_number(stored, slot, varied)
