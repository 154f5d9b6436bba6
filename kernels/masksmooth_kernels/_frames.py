"""The frames of a window as vectors, all at once: a tuple of addresses, a tuple of 32 bytes at each.

How many there are is known when a kernel is compiled, so that no loop is left and LLVM keeps in registers
what fits. Importing this module imports numba.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from masksmooth_kernels._simd import BYTES, LINES, Lanes, Values, any_set, emitted, read, vector_type


@intrinsic
def addresses(_context: Any, table: Any, frames: Any) -> Any:
    """Read as many numbers from a table as ``frames`` is long."""
    number = ir.IntType(64)

    def build(b: ir.IRBuilder, table: ir.Value, _frames: Values) -> Values:
        first = b.inttoptr(table, number.as_pointer())
        return [b.load(b.gep(first, [ir.Constant(number, k)])) for k in range(len(frames))]

    return emitted(types.UniTuple(types.int64, len(frames)), (types.int64, frames), build)


@intrinsic
def vectors(_context: Any, places: Any, offset: Any) -> Any:
    """Read 32 bytes at an offset from each of the addresses."""
    return _read(places, BYTES)


@intrinsic
def lines(_context: Any, places: Any, offset: Any) -> Any:
    """Read 64 bytes at an offset from each of the addresses."""
    return _read(places, LINES)


def _read(places: Any, kind: Lanes) -> Any:
    def build(b: ir.IRBuilder, places: Values, offset: ir.Value) -> Values:
        return [read(b, b.add(place, offset), kind) for place in places]

    return emitted(types.UniTuple(kind, len(places)), (places, types.int64), build)


@intrinsic
def alike(_context: Any, frames: Any) -> Any:
    """Whether all the vectors are the same."""

    def build(b: ir.IRBuilder, frames: Values) -> ir.Value:
        first, *others = frames
        unlike = b.xor(first, first)
        for other in others:
            unlike = b.or_(unlike, b.xor(first, other))
        return b.not_(any_set(b, unlike))

    return emitted(types.boolean, (frames,), build)


@intrinsic
def still(_context: Any, table: Any, count: Any, offset: Any) -> Any:
    """Whether 64 bytes at an offset are the same from all of as many addresses in a table."""

    def build(b: ir.IRBuilder, table: ir.Value, count: ir.Value, offset: ir.Value) -> ir.Value:
        places, kind = b.inttoptr(table, ir.IntType(64).as_pointer()), vector_type(LINES)

        def line(place: ir.Value) -> ir.Value:
            return read(b, b.add(b.load(place), offset), LINES)

        first, unlike = line(places), cgutils.alloca_once(b, kind)
        b.store(ir.Constant(kind, None), unlike)
        with cgutils.for_range(b, count) as loop:
            b.store(b.or_(b.load(unlike), b.xor(first, line(b.gep(places, [loop.index])))), unlike)
        return b.not_(any_set(b, b.load(unlike)))

    return emitted(types.boolean, (types.int64,) * 3, build)
