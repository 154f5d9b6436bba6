"""The two ways of the window kernels through memory: a whole volume's, and a stream's.

Both call the kernel's own core (`_gaussian_core`, `_median_core`, `_vote_core`) by its address: a pass is
compiled once for all kernels and windows, and a core for both passes. A core takes seven numbers: the
address of its recipe, the first output, how many in turn, the frames they see, where the addresses of
these lie, where those of the outputs, and the number of pixels. What they are told is in `job`.

Importing this module imports numba.
"""

from __future__ import annotations

from numba.extending import register_jitable

from masksmooth_kernels import _memory as memory
from masksmooth_kernels._memory import number
from masksmooth_kernels._simd import WIDTH
from masksmooth_kernels._tiles import copy, fill, look
from masksmooth_kernels.job import (
    ARRIVING,
    CACHED,
    CONSTANT,
    CORE,
    FRESH,
    GROUPED,
    GROUPS,
    HELD,
    KEEP,
    KEEPING,
    KNOWN,
    LEVEL,
    LEVELS,
    ONE,
    OUT,
    PIXELS,
    REACH,
    RECIPE,
    ROOM,
    ROWS,
    SEEN,
    STATES,
    TILE,
    TILES,
    TOGETHER,
)


@register_jitable
def group(job: int, g: int) -> tuple[int, int, int, int]:
    """Return a group's first output, how many there are, the rows they see, and where these are listed."""
    numbers = number(job, GROUPS) + 24 * g
    return (
        number(numbers, 0),
        number(numbers, 1),
        number(numbers, 2),
        number(job, SEEN) + 8 * g * number(job, REACH),
    )


@register_jitable
def call_core(job: int, g: int, room: int, start: int, size: int) -> None:
    """Have a group's outputs computed on pixels of the rows whose addresses are in ``room``."""
    m, together, frames, _ = group(job, g)
    to, out = room + 8 * ROOM, number(job, OUT) + 8 * m
    for j in range(together):
        memory.set_number(to, j, number(out, j) + start)
    memory.set_number(to, TOGETHER, number(job, CACHED))
    memory.call(number(job, CORE), number(job, RECIPE), m, together, frames, room, to, size)


def volume(job: int, first: int, end: int, strip: int, room: int) -> None:
    """Do a range of pixels of every frame, strip by strip, and output by output within one.

    A strip of a window stays in the second cache: each byte is read from memory once.
    """
    begin = first
    while begin < end:
        size = strip if end - begin >= strip + WIDTH else end - begin
        for g in range(number(job, GROUPED)):
            _m, _together, frames, seen = group(job, g)
            for k in range(frames):
                memory.set_number(room, k, number(number(job, ROWS), number(seen, k)) + begin)
            call_core(job, g, room, begin, size)
        begin += size


@register_jitable
def arrive(job: int, states: int, start: int, size: int) -> None:
    """Look at a tile of the fresh frames, and count for how long it has been the constant it is."""
    for k in range(number(job, ARRIVING)):
        row, before = number(number(job, FRESH), 2 * k), number(number(job, FRESH), 2 * k + 1)
        run = look(number(number(job, ROWS), row) + start, size)
        if run and before >= 0:
            past = memory.state(states, before)
            if past and past & LEVEL == run & LEVEL:
                run = past + ONE
        memory.set_state(states, row, run)


@register_jitable
def hold(job: int, states: int, start: int, size: int) -> None:
    """Copy a tile of the fresh frames that later windows need to where the stream holds them."""
    for k in range(number(job, KEEPING)):
        row, slot = number(number(job, KEEP), 2 * k), number(number(job, KEEP), 2 * k + 1)
        run = memory.state(states, row)
        memory.set_state(states, slot, run)
        if run == 0:
            copy(number(number(job, ROWS), row) + start, number(number(job, ROWS), slot) + start, size)


@register_jitable
def expect(job: int, states: int, start: int) -> None:
    """Have a tile of the held frames fetched that is not constant."""
    for slot in range(number(job, HELD)):
        if memory.state(states, slot) == 0:
            for line in range(start, start + TILE, 64):
                memory.prefetch(number(number(job, ROWS), slot) + line)


@register_jitable
def outputs(job: int, states: int, room: int, start: int, size: int) -> None:
    """Write a tile of every output; one that sees a single constant is filled with it."""
    rows = number(job, ROWS)
    for g in range(number(job, GROUPED)):
        m, together, frames, seen = group(job, g)
        run = memory.state(states, number(seen, frames - 1))
        if run >= frames * ONE:
            for j in range(together):
                fill(number(number(job, OUT), m + j) + start, size, run & LEVEL)
            continue
        for k in range(frames):
            row = number(seen, k)
            run = memory.state(states, row)
            address = number(job, LEVELS) + (run & LEVEL) * CONSTANT if run else number(rows, row) + start
            memory.set_number(room, k, address)
        call_core(job, g, room, start, size)


def stream(job: int, first: int, end: int, _strip: int, room: int) -> None:
    """Do a range of tiles, one after the other: look at what is fresh, write the outputs, hold what is fresh.

    Constant tiles are neither held nor read again.
    """
    tiles, pixels, known = number(job, TILES), number(job, PIXELS), 4 * number(job, KNOWN)
    for tile in range(first, end):
        start, states = tile * TILE, number(job, STATES) + tile * known
        size = pixels - start if tile == tiles - 1 else TILE
        if tile + 2 < tiles:
            expect(job, states + 2 * known, start + 2 * TILE)
        arrive(job, states, start, size)
        outputs(job, states, room, start, size)
        hold(job, states, start, size)
