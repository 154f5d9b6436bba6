"""The one loop of the window kernels: what is known of a tile, who sees it, and what need not be computed.

Strip by strip, output by output, tile by tile: a fresh frame's tile is looked at when the first window needs
it, and a window that sees one constant is filled with it. Everything else goes to the kernel's own
core (`_gaussian_core`, `_median_core`, `_vote_core`), called by its address: this loop is compiled once for
all kernels and windows, a core in a fraction of the time.

Reading and writing take turns tile by tile because memory does both at once: with a strip read first and
written then, a volume of zeros takes 1.7 times as long.

Importing this module imports numba.
"""

from __future__ import annotations

from numba.extending import register_jitable

from masksmooth_kernels import _memory as memory
from masksmooth_kernels._jit import kernel
from masksmooth_kernels._tiles import extent, fill, hold, look
from masksmooth_kernels.job import AHEAD, CONSTANT, LEVEL, ONE, ROOM, STRIP, TILE, Job, Span


@register_jitable
def arrive(job: Job, place: tuple[int, int, int], known: int, needed: int) -> None:
    """Look at a tile of fresh frames, and count for how long it has been the constant it is."""
    tile, start, size = place
    for frame in range(known, needed):
        row, before = memory.number(job.fresh, 2 * frame), memory.number(job.fresh, 2 * frame + 1)
        run = look(memory.number(job.rows, row) + start, size)
        if run and before >= 0:
            past = memory.state(job.states, before * job.tiles + tile)
            if past and past & LEVEL == run & LEVEL:
                run = past + ONE
        memory.set_state(job.states, row * job.tiles + tile, run)


@kernel
def smooth(job: Job, core: tuple[int, int], span: Span, room: int) -> None:
    """Do a job on a range of tiles; ``core`` is its address and its recipe's, ``room`` for addresses."""
    rows, states, slots, window, tiles = job.rows, job.states, job.slots, job.window, job.tiles
    to = room + 8 * ROOM
    for first in range(span[0], span[1], STRIP):
        end = min(first + STRIP, span[1])
        known = 0
        for g in range(job.grouped + 1):  # the last turn looks at frames that no output needs yet
            finished = g == job.grouped
            m = 0 if finished else memory.number(job.groups, 2 * g)
            together = 0 if finished else memory.number(job.groups, 2 * g + 1)
            needed = job.arriving if finished else memory.number(job.needs, m + together - 1)
            count = 0 if finished else memory.number(job.counts, m)
            final = 0 if finished else memory.number(job.counts, m + together - 1) - 1
            last = 0 if finished else memory.number(slots, (m + together - 1) * window + final)
            for tile in range(first, end):
                start, size, head = extent(tile, tiles, job.pixels, job.phase)
                arrive(job, (tile, start, size), known, needed)
                if finished:
                    continue
                if memory.state(states, last * tiles + tile) >= (count + together - 1) * ONE:
                    level = memory.state(states, last * tiles + tile) & LEVEL
                    for j in range(together):
                        fill(memory.number(job.out, m + j) + start, size, head, level)
                    continue
                for k in range(count + together - 1):
                    late = max(k - count + 1, 0)
                    row = memory.number(slots, (m + late) * window + k - late)
                    run = memory.state(states, row * tiles + tile)
                    constant = job.constants + (run & LEVEL) * CONSTANT
                    memory.set_number(room, k, constant if run else memory.number(rows, row) + start)
                    if run == 0 and job.keeping > 0:  # a stream: its slots are read once, in short pieces
                        ahead = memory.number(rows, row) + start + AHEAD
                        for line in range(0, TILE, 64):
                            memory.prefetch(ahead + line)
                for j in range(together):
                    memory.set_number(to, j, memory.number(job.out, m + j) + start)
                memory.call(core[0], core[1], m, together, count, room, to, size, head)
            known = max(known, needed)
        hold(job, first, end)
