"""The stream's way through memory: what is known of a tile stands for it, as long as that says enough.

A plane is cut into blocks of 32 tiles of 64 pixels. Of every frame of a window the least and the greatest
value of each tile are kept, 64 bytes a block. The core is first run on these, as if they were pixels: a mean
and a median cannot fall when a value of the window rises, so what comes out lies between the two results
for every pixel of the tile, and where they are equal, they are it. A vote is settled where all the frames'
tiles are of one label each. Of a network's masks (OSVOS's of a running dog) 17 tiles of 100 leave a mean of
seven frames open, and 6 a median; of the recipe's soft masks 36 and 25.

What is open is computed from pixels, in parts of 256. Parts that are constant are not held, and read from
`strips.constants`, which stays in the first cache. Asking for the fresh plane a block before it is looked at
takes a fifth off the recipe's soft masks: a branch hangs on every tile, and waits for memory otherwise.

Outputs go past the caches, but where several are computed together and written in turns: with four planes at
once a Gaussian took 1.6 times as long.

Importing this module imports numba.
"""

from __future__ import annotations

from typing import Any

from numba.extending import register_jitable

from masksmooth_kernels import _memory as memory
from masksmooth_kernels import _simd as simd
from masksmooth_kernels._bounds import bounds
from masksmooth_kernels._memory import number
from masksmooth_kernels._passes import group
from masksmooth_kernels._simd import WIDTH
from masksmooth_kernels.job import (
    ARRIVING,
    BLOCK,
    BOUNDS,
    CONSTANTS,
    COPIES,
    CORE,
    GROUPED,
    HELD,
    KEEP,
    KEEPING,
    KNOWN,
    LEVELS,
    MONOTONE,
    OUT,
    PART,
    PARTED,
    RECIPE,
    ROOM,
    ROWS,
    STORED,
    TILE,
    TOGETHER,
)

PARTS = WIDTH // PART

ALL, OPEN = (1 << PARTS) - 1, (1 << WIDTH) - 1
"""A bit for each part of a block, and for each tile."""

SOON = 2
"""Parts by which what is read of held frames is asked for before."""

FOUR, ONES = 0xFFFFFFFF, 0x01010101
"""All bits of four bytes, and what makes four of one."""


@register_jitable
def arrive(job: int, known: tuple[int, int], start: int) -> None:
    """Learn the bounds of the fresh frames' tiles."""
    for row in range(number(job, HELD), number(job, HELD) + number(job, ARRIVING)):
        low, high = bounds(number(number(job, ROWS), row) + start)
        simd.store(known[0] + 2 * WIDTH * row, low)
        simd.store(known[0] + 2 * WIDTH * row + WIDTH, high)
        memory.set_number(known[1], row, ALL)


@register_jitable
def call(job: int, g: int, room: int, size: int) -> None:
    """Have a group's outputs computed on pixels whose addresses are in ``room``."""
    m, together, frames, _seen = group(job, g)
    to = room + 8 * ROOM
    memory.call(number(job, CORE), number(job, RECIPE), m, together, frames, room, to, size)


@register_jitable
def blank(room: int, frames: int, unlike: Any) -> None:
    """Have the core see 0 where a vote is open anyway: labels that mean nothing are slow to count."""
    settled, copies = simd.equal(unlike, simd.bytes_of(0)), room + 8 * COPIES
    for k in range(frames):
        simd.store(copies + WIDTH * k, simd.both(simd.load(number(room, k)), settled))
        memory.set_number(room, k, copies + WIDTH * k)


@register_jitable
def settle(job: int, known: int, g: int, room: int) -> int:
    """Have a group's outputs computed from bounds, into ``room``; return a bit for each tile left open."""
    _m, together, frames, seen = group(job, g)
    to, levels, monotone = room + 8 * ROOM, room + 8 * LEVELS, number(job, MONOTONE)
    first = simd.load(known)
    unlike = simd.differing(first, first)
    for k in range(frames):
        at = known + 2 * WIDTH * number(seen, k)
        memory.set_number(room, k, at)
        if not monotone:
            unlike = simd.either(unlike, simd.differing(simd.load(at), simd.load(at + WIDTH)))
    if not monotone:
        blank(room, frames, unlike)
    for j in range(together):
        memory.set_number(to, j, levels + 2 * WIDTH * j)
    memory.set_number(to, TOGETHER, 1)
    call(job, g, room, WIDTH << monotone)
    if monotone:
        for j in range(together):
            at = levels + 2 * WIDTH * j
            unlike = simd.either(unlike, simd.differing(simd.load(at), simd.load(at + WIDTH)))
    return int(simd.bits_of(unlike))


@register_jitable
def fill(job: int, g: int, room: int, start: int, part: int) -> None:
    """Write a part of a group's outputs that is settled, past the caches."""
    m, together, _frames, _seen = group(job, g)
    for j in range(together):
        out, levels = number(number(job, OUT), m + j) + start, room + 8 * LEVELS + 2 * WIDTH * j
        for tile in range(PART * part, PART * part + PART):
            level = simd.bytes_of(memory.byte(levels + tile))
            simd.stream(out + TILE * tile, level)
            simd.stream(out + TILE * tile + WIDTH, level)


@register_jitable
def pixels(job: int, known: tuple[int, int], row: int, part: int, start: int) -> int:
    """Return where a part of a frame can be read: a constant one, which is not held, among the constants."""
    there = number(number(job, ROWS), row) + start + TILE * PART * part
    constant = number(job, CONSTANTS) + TILE * PART * memory.byte(known[0] + 2 * WIDTH * row + PART * part)
    held = number(known[1], row) >> part & 1
    return int(constant ^ ((constant ^ there) & -held))  # no branch: it would often be taken wrongly


@register_jitable
def compute(job: int, known: tuple[int, int], g: int, room: int, at: tuple[int, int]) -> None:
    """Write a part of a group's outputs from pixels."""
    m, together, frames, seen = group(job, g)
    to, (start, part) = room + 8 * ROOM, at
    for k in range(frames):
        memory.set_number(room, k, pixels(job, known, number(seen, k), part, start))
    for j in range(together):
        memory.set_number(to, j, number(number(job, OUT), m + j) + start + TILE * PART * part)
    memory.set_number(to, TOGETHER, together > 1)
    call(job, g, room, TILE * PART)


@register_jitable
def expect(job: int, part: int) -> None:
    """Ask for a part of the held frames, if it was needed the last time, and for a fresh one a block on.

    Parts are counted from the plane's first.
    """
    rows = number(job, KNOWN)
    for row in range(number(job, HELD), number(job, HELD) + number(job, ARRIVING)):
        here = number(number(job, ROWS), row) + TILE * PART * (part + PARTS - SOON)
        for line in range(0, TILE * PART, TILE):
            memory.prefetch(here + line)
    stored = number(job, STORED) + 8 * (rows + 1) * (part // PARTS)
    if number(stored, rows) >> (part % PARTS) & 1:
        for slot in range(number(job, HELD)):
            if number(stored, slot) >> (part % PARTS) & 1:
                here = number(number(job, ROWS), slot) + TILE * PART * part
                for line in range(0, TILE * PART, TILE):
                    memory.prefetch(here + line)


@register_jitable
def dense(job: int, known: tuple[int, int], g: int, room: int, start: int) -> bool:
    """Have a block computed all at once, if no part of its frames is constant; return whether it was."""
    m, together, frames, seen = group(job, g)
    to, held = room + 8 * ROOM, ALL
    for k in range(frames):
        memory.set_number(room, k, number(number(job, ROWS), number(seen, k)) + start)
        held &= number(known[1], number(seen, k))
    if held != ALL:
        return False
    for j in range(together):
        memory.set_number(to, j, number(number(job, OUT), m + j) + start)
    memory.set_number(to, TOGETHER, together > 1)
    call(job, g, room, BLOCK)
    return True


@register_jitable
def outputs(job: int, known: tuple[int, int], g: int, room: int, block: int) -> int:
    """Write a block of a group's outputs; return a bit for each part that took pixels."""
    start, needed, tiles = BLOCK * block, 0, settle(job, known[0], g, room)
    if tiles == OPEN and dense(job, known, g, room, start):
        return ALL
    for part in range(number(job, PARTED)):
        expect(job, PARTS * block + part + SOON)
        if tiles >> (PART * part) & ((1 << PART) - 1):
            needed |= 1 << part
            compute(job, known, g, room, (start, part))
        else:
            fill(job, g, room, start, part)
    return needed


@register_jitable
def varied(low: int, high: int) -> bool:
    """Whether a part is not one constant, given its four tiles' least values, and their greatest."""
    return low != high or low & FOUR != (low & 255) * ONES


@register_jitable
def hold(job: int, known: tuple[int, int], start: int) -> None:
    """Keep what later windows need of the fresh frames: the bounds, and the parts that are not constant."""
    for k in range(number(job, KEEPING)):
        row, slot = number(number(job, KEEP), 2 * k), number(number(job, KEEP), 2 * k + 1)
        source, target = number(number(job, ROWS), row) + start, number(number(job, ROWS), slot) + start
        low, held = known[0] + 2 * WIDTH * row, 0
        for part in range(number(job, PARTED)):
            if varied(memory.state(low, part), memory.state(low + WIDTH, part)):
                held |= 1 << part
                for place in range(TILE * PART * part, TILE * PART * (part + 1), WIDTH):
                    simd.store(target + place, simd.load(source + place))
        memory.set_number(known[1], slot, held)
        simd.store(known[0] + 2 * WIDTH * slot, simd.load(low))
        simd.store(known[0] + 2 * WIDTH * slot + WIDTH, simd.load(low + WIDTH))


def stream(job: int, first: int, end: int, room: int) -> None:
    """Do a range of blocks: look at what is fresh, write the outputs, hold what is fresh."""
    rows = number(job, KNOWN)
    for block in range(first, end):
        start = BLOCK * block
        known = number(job, BOUNDS) + 2 * WIDTH * rows * block, number(job, STORED) + 8 * (rows + 1) * block
        arrive(job, known, start)
        needed = 0
        for g in range(number(job, GROUPED)):
            needed |= outputs(job, known, g, room, block)
        memory.set_number(known[1], rows, needed)
        hold(job, known, start)
