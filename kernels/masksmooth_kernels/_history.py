"""Volumes of 0 and 255: the frames a pixel has seen as bits of a byte, and what is looked up for them.

A window of up to seven frames has 128 contents then, and every kernel a table of 128 bytes for each kind of
window (`lookup`). Scalar meaning, for each pixel ``i`` of each frame ``x``, and the output whose window ends
with it::

    history[i] = (history[i] << 1 | x[i] & 1) & 255
    out[i] = table[history[i] & 127]

One frame is read and one written at a time, as a copy does it, and 64 pixels take a few instructions; a
strip's history stays in the first-level cache. By itself that took 1.05 times as long as a copy, by hand, as
long as the strip of two frames later was asked for meanwhile, and 1.8 times without; docs/benchmarks.md has
what a call takes.

The look into 128 bytes is one instruction of AVX512_VBMI (vpermi2b), and there is no other way here:
`lookup.available`. Importing this module imports numba.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from masksmooth_kernels import _memory as memory
from masksmooth_kernels._known import group, strip_of
from masksmooth_kernels._memory import number
from masksmooth_kernels._part import part
from masksmooth_kernels.job import (
    ARRIVING,
    BEGIN,
    BLOCK,
    GROUPED,
    HISTORY,
    LAG,
    LOOKUPS,
    OUT,
    ROWS,
    STRIP,
    TILE,
)

PIXELS = ir.VectorType(ir.IntType(8), TILE)
AHEAD = 2
"""Frames from the one that is read to the one that is asked for."""


def _at(b: ir.IRBuilder, address: ir.Value) -> ir.Value:
    return b.inttoptr(address, PIXELS.as_pointer())


def _all(value: int) -> ir.Constant:
    return ir.Constant(PIXELS, [value] * TILE)


@intrinsic
def noticed(_context: Any, source: Any, history: Any) -> Any:
    """Shift a tile into its history; return 0 if it is of 0 and 255 only."""

    def generate(context: Any, b: ir.IRBuilder, _signature: Any, values: list[ir.Value]) -> Any:
        seen, before = b.load(_at(b, values[0]), align=1), b.load(_at(b, values[1]), align=1)
        b.store(b.or_(b.add(before, before), b.and_(seen, _all(1))), _at(b, values[1]), align=1)
        others = b.and_(b.add(seen, _all(1)), _all(254))
        whole = ir.IntType(8 * TILE)
        found = b.icmp_unsigned("!=", b.bitcast(others, whole), ir.Constant(whole, 0))
        return b.zext(found, ir.IntType(64))

    return types.int64(types.int64, types.int64), generate


@intrinsic
def looked_up(_context: Any, table: Any, history: Any, out: Any, aligned: Any) -> Any:
    """Write what a table of 128 bytes has for a tile's history, past the caches if ``out`` is aligned."""

    def generate(context: Any, b: ir.IRBuilder, _signature: Any, values: list[ir.Value]) -> Any:
        halves = [
            b.load(_at(b, b.add(values[0], ir.Constant(ir.IntType(64), at))), align=1) for at in (0, TILE)
        ]
        kind = ir.FunctionType(PIXELS, [PIXELS] * 3)
        permute = cgutils.get_or_insert_function(b.module, kind, "llvm.x86.avx512.vpermi2var.qi.512")
        found = b.call(permute, [halves[0], b.load(_at(b, values[1]), align=1), halves[1]])
        with b.if_else(b.icmp_unsigned("!=", values[3], ir.Constant(values[3].type, 0))) as (past, by):
            with past:
                store = b.store(found, _at(b, values[2]), align=TILE)
                store.set_metadata("nontemporal", b.module.add_metadata([ir.Constant(ir.IntType(32), 1)]))
            with by:
                b.store(found, _at(b, values[2]), align=1)
        return context.get_dummy_value()

    return types.none(*(types.int64,) * 4), generate


@part
def coming(job: int, strip: tuple[int, int, int], frame: int) -> int:
    """Return where the pixels lie that will be read some frames later, perhaps those of the next strip."""
    row, first, frames = frame + AHEAD, strip[1], number(job, ARRIVING)
    if row >= frames:
        row, first = memory.lesser(row - frames, frames - 1), first + STRIP
    pixel: int = number(number(job, ROWS), row) + first
    return pixel


@part
def place(job: int, strip: tuple[int, int, int], m: int) -> tuple[int, int]:
    """Return the table of an output, and where a strip of it begins."""
    return number(number(job, LOOKUPS), m), number(number(job, OUT), m) + strip[1]


@part
def last(job: int) -> tuple[int, int]:
    """Return the range of outputs whose windows are cut by the end: they are due with the last frame."""
    frames = number(job, ARRIVING)
    return memory.greater(frames - number(job, LAG), 0), frames


@part
def look(job: int, strip: tuple[int, int, int], outputs: tuple[int, int], history: int) -> None:
    """Write a strip of some outputs."""
    for m in range(outputs[0], outputs[1]):
        table, out = place(job, strip, m)
        for i in range(0, BLOCK * strip[2], TILE):
            looked_up(table, history + i, out + i, 1 if out % TILE == 0 else 0)


@part
def see(source: int, later: int, size: int, history: int, written: tuple[int, int, int]) -> int:
    """Take in a strip of a frame; write one of an output, given its table, history, and place, or 0 for none.

    Returns 0 if all is 0 and 255.
    """
    table, before, out = written
    others: int = 0
    if not out:
        for i in range(0, size, TILE):
            memory.prefetch(later + i)
            others |= noticed(source + i, history + i)
        return others
    for i in range(0, size, TILE):
        memory.prefetch(later + i)
        others |= noticed(source + i, history + i)
        looked_up(table, before + i, out + i, 1 if out % TILE == 0 else 0)
    return others


@part
def take_in(
    job: int, strip: tuple[int, int, int], before: tuple[int, int, int], histories: tuple[int, int]
) -> int:
    """Do a strip as far as it is of 0 and 255, with what is due of the strip before, if that has blocks.

    Returns how many frames are.
    """
    history, old = histories
    frames: int = number(job, ARRIVING)
    lag, due = number(job, LAG), last(job)
    for frame in range(frames):
        table, out = place(job, strip, memory.greater(frame - lag, 0))
        written = table, history, out
        if frame < lag:
            table, out = place(job, before, due[0] + frame)
            written = table, old, out if before[2] else 0
        source, later = number(number(job, ROWS), frame) + strip[1], coming(job, strip, frame)
        if see(source, later, BLOCK * strip[2], history, written):
            return frame
    return frames


@part
def groups_in(job: int, outputs: int) -> int:
    """Return how many groups the first outputs are, whole ones."""
    g: int = 0
    while g < number(job, GROUPED) and group(job, g)[0] + group(job, g)[1] <= outputs:
        g += 1
    return g


def look_up(job: int, first: int, end: int, room: int) -> None:
    """Do a range of strips as far as they are of 0 and 255; say with which group the rest of each begins."""
    frames, lag, due = number(job, ARRIVING), number(job, LAG), last(job)
    before = (0, 0, 0)
    for s in range(first, end):
        strip, here = strip_of(job, s), room + 8 * HISTORY
        history, old = here + STRIP * (s & 1), here + STRIP * (1 - (s & 1))
        if before[2] != strip[2]:
            look(job, before, due, old)
            before = (0, 0, 0)
        seen = take_in(job, strip, before, (history, old))
        look(job, before, (due[0] + seen, due[1]), old)
        before, outputs = strip, frames
        if seen < frames:
            before, outputs = (0, 0, 0), memory.greater(seen - lag, 0)
        memory.set_number(number(job, BEGIN), s, groups_in(job, outputs))
    look(job, before, due, room + 8 * HISTORY + STRIP * (1 - (end & 1)))
