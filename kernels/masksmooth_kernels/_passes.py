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
from masksmooth_kernels.job import (
    CACHED,
    CORE,
    GROUPED,
    GROUPS,
    OUT,
    REACH,
    RECIPE,
    ROOM,
    ROWS,
    SEEN,
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
