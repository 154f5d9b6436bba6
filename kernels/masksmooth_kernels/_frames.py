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

from masksmooth_kernels._simd import BYTES, LINES, Lanes, vector_type


@intrinsic
def addresses(_context: Any, table: Any, frames: Any) -> Any:
    """Read as many numbers from a table as ``frames`` is long."""
    result = types.UniTuple(types.int64, len(frames))

    def generate(context: Any, b: ir.IRBuilder, _signature: Any, values: list[ir.Value]) -> Any:
        number = ir.IntType(64)
        first = b.inttoptr(values[0], number.as_pointer())
        read = [b.load(b.gep(first, [ir.Constant(number, k)])) for k in range(len(frames))]
        return context.make_tuple(b, result, read)

    return result(types.int64, frames), generate


@intrinsic
def vectors(_context: Any, places: Any, offset: Any) -> Any:
    """Read 32 bytes at an offset from each of the addresses."""
    return _read(places, BYTES)


@intrinsic
def lines(_context: Any, places: Any, offset: Any) -> Any:
    """Read 64 bytes at an offset from each of the addresses."""
    return _read(places, LINES)


def _read(places: Any, kind: Lanes) -> Any:
    """Return the signature of such an intrinsic, and what makes its code."""
    result = types.UniTuple(kind, len(places))

    def generate(context: Any, b: ir.IRBuilder, _signature: Any, values: list[ir.Value]) -> Any:
        starts = [b.add(place, values[1]) for place in cgutils.unpack_tuple(b, values[0])]
        read = [b.load(b.inttoptr(start, vector_type(kind).as_pointer()), align=1) for start in starts]
        return context.make_tuple(b, result, read)

    return result(places, types.int64), generate


@intrinsic
def alike(_context: Any, frames: Any) -> Any:
    """Whether all the vectors are the same."""

    def generate(_context: Any, b: ir.IRBuilder, _signature: Any, values: list[ir.Value]) -> Any:
        first, *others = cgutils.unpack_tuple(b, values[0])
        whole = ir.IntType(8 * first.type.count)
        unlike = b.xor(first, first)
        for other in others:
            unlike = b.or_(unlike, b.xor(first, other))
        return b.icmp_unsigned("==", b.bitcast(unlike, whole), ir.Constant(whole, 0))

    return types.boolean(frames), generate
