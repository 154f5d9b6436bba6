"""Which tiles of a strip have to be computed from pixels, given the bounds of every frame's tiles.

A mean and a median cannot fall when a value of the window rises. So the core is first run on the least
values of the tiles of a window's frames, as if they were pixels, and on the greatest: what comes out lies
between the two for every pixel of a tile, and where they are equal, they are it. A vote is settled where
every frame's tile is of one label. What is settled is *closed*, the rest *open*.

Importing this module imports numba.
"""

from __future__ import annotations

from masksmooth_kernels import _memory as memory
from masksmooth_kernels import _simd as simd
from masksmooth_kernels._bounds import bounds
from masksmooth_kernels._memory import number
from masksmooth_kernels._part import part
from masksmooth_kernels._simd import WIDTH
from masksmooth_kernels.job import (
    BLOCK,
    BLOCKS,
    CACHED,
    CLOSED,
    COPIES,
    CORE,
    EVERY,
    GROUPS,
    HELD,
    LEVELS,
    LINE,
    LISTED,
    OPEN,
    OPENING,
    PIXELS,
    REACH,
    RECIPE,
    ROOM,
    ROWS,
    SEEN,
    STRIP,
    TILE,
    TILES,
    WORDS,
)

HIGH = LINE // 2
"""Where in a line the greatest values begin."""


@part
def group(job: int, g: int) -> tuple[int, int, int, int]:
    """Return a group's first output, how many there are, the rows they see, and where these are listed."""
    numbers = number(job, GROUPS) + 24 * g
    return (
        number(numbers, 0),
        number(numbers, 1),
        number(numbers, 2),
        number(job, SEEN) + 8 * g * number(job, REACH),
    )


@part
def strip_of(job: int, s: int) -> tuple[int, int, int]:
    """Return a strip's number, its first pixel, and how many blocks it has.

    What is left after the whole blocks of a plane is done as a strip of its own: of one block, which overlaps
    the one before. In a slot, which has room for it, it does not.
    """
    left = number(job, PIXELS) - STRIP * s
    if left < BLOCK:
        return s, STRIP * s + left - BLOCK, 1
    return s, STRIP * s, memory.lesser(left // BLOCK, BLOCKS)


@part
def first_pixel(job: int, strip: tuple[int, int, int], row: int) -> int:
    """Return where a row's strip begins in memory."""
    within = STRIP * strip[0] if row < number(job, HELD) else strip[1]
    pixel: int = number(number(job, ROWS), row) + within
    return pixel


@part
def line_of(known: tuple[int, int], row: int) -> int:
    """Return where the bounds of a row's tiles are."""
    return known[0] + LINE * (row & known[1])


@part
def arrive(job: int, known: tuple[int, int], strip: tuple[int, int, int], rows: tuple[int, int]) -> None:
    """Learn the bounds of a range of rows' tiles."""
    for row in range(rows[0], rows[1]):
        at, here = line_of(known, row), first_pixel(job, strip, row)
        for b in range(strip[2]):
            low, high = bounds(here + BLOCK * b)
            simd.store(at + WIDTH * b, low)
            simd.store(at + HIGH + WIDTH * b, high)


@part
def call(job: int, g: int, room: int, tiles: tuple[int, int], cached: int) -> None:
    """Have a group's outputs computed on tiles: where their offsets are listed, and how many there are."""
    m, together, frames, _seen = group(job, g)
    to = room + 8 * ROOM
    memory.set_number(to, CACHED, cached)
    memory.set_number(to, LISTED, tiles[0])
    memory.call(number(job, CORE), number(job, RECIPE), m, together, frames, room, to, tiles[1])


def open_votes(job: int, line: int, rows: int, g: int, room: int, blocks: int, _: int) -> None:
    """Have a vote computed from the labels of tiles, 0 where a tile has several; note which these are."""
    known = line, rows
    _m, _together, frames, seen = group(job, g)
    copies = room + 8 * COPIES
    for b in range(blocks):
        first = simd.load(line_of(known, number(seen, 0)) + WIDTH * b)
        unlike = simd.differing(first, first)
        for k in range(frames):
            at = line_of(known, number(seen, k)) + WIDTH * b
            unlike = simd.either(unlike, simd.differing(simd.load(at), simd.load(at + HIGH)))
        settled = simd.equal(unlike, simd.bytes_of(0))
        for k in range(frames):
            at = line_of(known, number(seen, k)) + WIDTH * b
            simd.store(copies + HIGH * k + WIDTH * b, simd.both(simd.load(at), settled))
        memory.set_number(room, WORDS + b, simd.bits_of(unlike))
    for k in range(frames):
        memory.set_number(room, k, copies + HIGH * k)
    call(job, g, room, (room + 8 * EVERY, WIDTH * blocks // TILE + (blocks & 1)), 1)


def open_bounds(job: int, line: int, rows: int, g: int, room: int, blocks: int, _: int) -> None:
    """Have a group's outputs computed from the bounds of tiles; note where these leave it open."""
    known = line, rows
    _m, together, frames, seen = group(job, g)
    for k in range(frames):
        memory.set_number(room, k, line_of(known, number(seen, k)))
    call(job, g, room, (room + 8 * EVERY, LINE // TILE), 1)
    for b in range(blocks):
        at = room + 8 * LEVELS + WIDTH * b
        unlike = simd.differing(simd.load(at), simd.load(at + HIGH))
        for _j in range(1, together):
            at += LINE
            unlike = simd.either(unlike, simd.differing(simd.load(at), simd.load(at + HIGH)))
        memory.set_number(room, WORDS + b, simd.bits_of(unlike))


@part
def settle(job: int, known: tuple[int, int], g: int, room: int, blocks: int) -> None:
    """Have a group's outputs computed from bounds, into ``room``, with a bit for each tile left open."""
    together = group(job, g)[1]
    for j in range(together):
        memory.set_number(room, ROOM + j, room + 8 * LEVELS + LINE * j)
    memory.call(number(job, OPENING), job, known[0], known[1], g, room, blocks, 0)


@part
def sort(job: int, room: int, word: int, start: int) -> tuple[int, int]:
    """List a block's open tiles, and its closed ones; return how many there are.

    Without a branch: every tile is put down in both lists, and one of them grows.
    """
    opened, closed = 0, 0
    for t in range(number(job, TILES)):
        memory.set_number(room, OPEN + opened, start + TILE * t)
        memory.set_number(room, CLOSED + closed, t)
        bit = word >> t & 1
        opened, closed = opened + bit, closed + 1 - bit
    return opened, closed
