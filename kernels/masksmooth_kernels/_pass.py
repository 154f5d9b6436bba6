"""The window kernels' way through memory, the same for a whole volume and for a stream.

A plane is cut into strips of 16 KiB, a strip into blocks of 32 tiles of 64 pixels. One strip follows the
other, and in it one group of outputs the other: a window of a strip stays in the second cache, so each byte
of a volume is read from memory once. While a tile is computed, as much is asked for of what the next group
will see first: a branch that hangs on a pixel would wait for memory otherwise (a median of a volume reached
.53 of a copy's speed without, and .71 with).

A core (`_gaussian_core`, `_median_core`, `_vote_core`) is called by its address: a pass is compiled once for
all kernels and windows. It takes seven numbers: the address of its recipe, the first output, how many in
turn, the frames they see, where the addresses of these lie, where those of the outputs with what `job` says
follows, and how many tiles there are.

A stream looks at the bounds of tiles before it looks at pixels (`_known`): its frames come from a cache far
away, and most are not needed. A volume does so for wide windows only: to learn the bounds takes as long as to
compute a window of 7.

Importing this module imports numba.
"""

from __future__ import annotations

from masksmooth_kernels import _memory as memory
from masksmooth_kernels import _simd as simd
from masksmooth_kernels._held import complete, hold
from masksmooth_kernels._known import arrive, call, first_pixel, group, settle, sort, strip_of
from masksmooth_kernels._memory import number
from masksmooth_kernels._part import part
from masksmooth_kernels._simd import WIDTH
from masksmooth_kernels._tiles import put_line
from masksmooth_kernels.job import (
    ARRIVING,
    BEGIN,
    BLOCK,
    BOUNDED,
    BOUNDS,
    CLOSED,
    COMING,
    EVERY,
    GROUPED,
    HELD,
    KNOWN,
    LEVELS,
    LINE,
    OPEN,
    OUT,
    OUTPUTS,
    RING,
    ROOM,
    ROWS,
    STRIP,
    TILE,
    TOGETHER,
    WORDS,
)


@part
def fill(job: int, g: int, room: int, at: tuple[int, int, int]) -> None:
    """Write the closed tiles of a block: its number in its strip, its first pixel, and how many there are."""
    m, together, _frames, _seen = group(job, g)
    for j in range(together):
        out, levels = number(number(job, OUT), m + j) + at[1], room + 8 * LEVELS + LINE * j + WIDTH * at[0]
        coming = number(room, ROOM + COMING + j) + BLOCK * at[0]
        for c in range(at[2]):
            t = number(room, CLOSED + c)
            level = simd.bytes_of(memory.byte(levels + t))
            memory.prefetch(coming + TILE * t)
            put_line(out + TILE * t, level, level, 0)


@part
def compute(job: int, g: int, room: int, strip: tuple[int, int, int], tiles: tuple[int, int]) -> None:
    """Write the tiles that are listed, from pixels."""
    m, together, frames, seen = group(job, g)
    for k in range(frames):
        memory.set_number(room, k, first_pixel(job, strip, number(seen, k)))
    for j in range(together):
        memory.set_number(room, ROOM + j, number(number(job, OUT), m + j) + strip[1])
    call(job, g, room, tiles, 0)


def known_outputs(job: int, line: int, rows: int, g: int, room: int, s: int, _: int) -> None:
    """Write a strip of a group's outputs: from bounds what they settle, the rest from pixels.

    It is called by its address, and so compiled once: within `look_first` it would be again, as what is open
    would be for bounds and for votes. A stream's first call took 0.7 s longer that way.
    """
    known, strip = (line, rows), strip_of(job, s)
    settle(job, known, g, room, strip[2])
    if number(job, HELD):
        complete(job, known, g, room, strip)
    for b in range(strip[2]):
        opened, closed = sort(job, room, number(room, WORDS + b), BLOCK * b)
        fill(job, g, room, (b, strip[1] + BLOCK * b, closed))
        if opened:
            compute(job, g, room, strip, (room + 8 * OPEN, opened))


@part
def newest_row(job: int, g: int) -> int:
    """Return the last row that a group sees."""
    _m, _together, frames, seen = group(job, g)
    row: int = number(seen, frames - 1)
    return row


@part
def known_of(job: int, room: int, s: int) -> tuple[int, int]:
    """Return where the bounds of a strip are kept, and the bits of a row's number that say where there."""
    if number(job, BOUNDS):
        return number(job, BOUNDS) + LINE * number(job, KNOWN) * s, -1
    return room + 8 * BOUNDED, RING - 1


@part
def foresee(job: int, room: int, base: int, newest: int) -> None:
    """Put down what will be looked at next: a volume's next rows, but a stream's next strip.

    Whoever fills or computes a tile asks for as much of it: where that is left to the processor, memory
    stands still while pixels are computed; where all is asked for at once, the processor forgets some.
    """
    rows = number(job, HELD) + number(job, ARRIVING)
    for k in range(TOGETHER):
        if number(job, BOUNDS):
            row, place = memory.greater(rows - 1 - k, 0), base + STRIP
        else:
            row, place = memory.lesser(newest + k, rows - 1), base
        memory.set_number(room, ROOM + COMING + k, number(number(job, ROWS), row) + place)


def look_first(job: int, first: int, end: int, room: int) -> None:
    """Do a range of strips: learn the bounds of what is fresh, write the outputs, hold what is fresh."""
    fresh, groups = number(job, HELD), number(job, GROUPED)
    for s in range(first, end):
        strip = strip_of(job, s)
        known = known_of(job, room, s)
        arrived = fresh
        for g in range(groups + 1):  # and one turn more, for rows that no group sees yet
            newest = fresh + number(job, ARRIVING)
            if g < groups:
                newest = newest_row(job, g) + 1
            arrive(job, known, strip, (arrived, newest))
            arrived = memory.greater(arrived, newest)
            if g < groups:
                foresee(job, room, strip[1], arrived)
                memory.call(number(job, OUTPUTS), job, known[0], known[1], g, room, s, 0)
        hold(job, known, strip)


def compute_all(job: int, first: int, end: int, room: int) -> None:
    """Do what is left of a range of strips of a volume: write the outputs from pixels."""
    for s in range(first, end):
        strip = strip_of(job, s)
        for g in range(number(number(job, BEGIN), s), number(job, GROUPED)):
            foresee(job, room, strip[1], newest_row(job, g) + 1)
            compute(job, g, room, strip, (room + 8 * EVERY, WIDTH * strip[2]))
