"""Weighted sums of bytes in wider lanes: 16 bits before a product, 32 after it.

A vector of 32 bytes is two of 16 lanes (`_simd.even`, `odd`), and each of these, after a product, two of
8 lanes; `pack` puts the four back. Importing this module imports numba.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils

from masksmooth_kernels._simd import BYTES, INTS, SHORTS, constant, operation, shuffle, splat, vector_type


def features() -> str:
    """Return what numba compiles for: this machine, or NUMBA_CPU_FEATURES."""
    from numba.core.registry import cpu_target

    return str(cpu_target.target_context.codegen().magic_tuple()[2])


@operation("n", INTS)
def ints_of(b: ir.IRBuilder, value: ir.Value) -> ir.Value:
    """One value in every 32-bit lane."""
    return splat(b, b.trunc(value, ir.IntType(32)), INTS)


@operation("ii", INTS)
def add_ints(b: ir.IRBuilder, x: ir.Value, y: ir.Value) -> ir.Value:
    """Lane by lane, the sum."""
    return b.add(x, y)


def in_turn(half: int) -> list[int]:
    """Lanes of two vectors in turn: the lower or upper half of each 128 bits, an AVX2 unpack."""
    lanes = range(4 * half, 4 * half + 4)
    return [part + lane + other for part in (0, 8) for lane in lanes for other in (0, 16)]


def dot(b: ir.IRBuilder, pairs: ir.Value, weights: ir.Value) -> ir.Value:
    """Products of 16-bit lanes, neighbours added in 32 bits.

    LLVM knows the pattern as AVX2's pmaddwd, but only until it has simplified the shuffles before it:
    named where there is one, a window of 7 takes half the time.
    """
    weights = b.bitcast(weights, vector_type(SHORTS))
    if "+avx2" in features():
        kind = ir.FunctionType(vector_type(INTS), [vector_type(SHORTS)] * 2)
        return b.call(
            cgutils.get_or_insert_function(b.module, kind, "llvm.x86.avx2.pmadd.wd"), [pairs, weights]
        )
    parts = []
    for first in (0, 1):
        order = list(range(first, SHORTS.count, 2))
        x, w = (b.sext(shuffle(b, v, v, order), vector_type(INTS)) for v in (pairs, weights))
        parts.append(b.mul(x, w))
    return b.add(*parts)


@operation("ssi", INTS)
def weighted_low(b: ir.IRBuilder, x: ir.Value, y: ir.Value, weights: ir.Value) -> ir.Value:
    """``x * w + y * w'`` of lanes 0-3 and 8-11, the weights being the halves of each 32-bit lane."""
    return dot(b, shuffle(b, x, y, in_turn(0)), weights)


@operation("ssi", INTS)
def weighted_high(b: ir.IRBuilder, x: ir.Value, y: ir.Value, weights: ir.Value) -> ir.Value:
    """``x * w + y * w'`` of lanes 4-7 and 12-15."""
    return dot(b, shuffle(b, x, y, in_turn(1)), weights)


@operation("iiiii", BYTES)
def pack(
    b: ir.IRBuilder,
    even_low: ir.Value,
    even_high: ir.Value,
    odd_low: ir.Value,
    odd_high: ir.Value,
    shift: ir.Value,
) -> ir.Value:
    """Shift four sums right, to less than 256 each, and put their bytes where `even`, `odd` took them."""
    return joined(b, narrowed(b, [even_low, even_high], shift), narrowed(b, [odd_low, odd_high], shift))


def joined(b: ir.IRBuilder, evens: ir.Value, odds: ir.Value) -> ir.Value:
    return b.bitcast(b.or_(evens, b.shl(odds, constant(SHORTS, 8))), vector_type(BYTES))


def narrowed(b: ir.IRBuilder, sums: list[ir.Value], shift: ir.Value) -> ir.Value:
    """Shift two vectors of sums right, and put their lanes back where `in_turn` took them, in 16 bits."""
    shifted = [b.lshr(total, shift) for total in sums]
    if "+avx2" in features():
        kind = ir.FunctionType(vector_type(SHORTS), [vector_type(INTS)] * 2)
        return b.call(cgutils.get_or_insert_function(b.module, kind, "llvm.x86.avx2.packusdw"), shifted)
    low, high = (b.bitcast(x, vector_type(SHORTS)) for x in shifted)
    order = [part + lane + other for part in (0, 8) for other in (0, 16) for lane in (0, 2, 4, 6)]
    return shuffle(b, low, high, order)
