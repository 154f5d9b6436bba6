"""Weighted means of four whole windows in turn, on processors with AVX512_VNNI.

Scalar meaning, for a window that begins at frame ``j``; `_means` has the same of one that weighs the same on
either side, and its bits::

    (half + sum(x[j + d] * w[d] for d in range(2 * r + 1))) >> shift

Two frames in turn lie side by side in 32 bits, and one instruction multiplies them by two weights and adds
the products to a sum. The four windows share these pairs: the first and the third have the weights
``(w[0], w[1]), (w[2], w[3]) .. (w[2 * r], 0)``, the second and the fourth ``(0, w[0]), (w[1], w[2]) ..``.
That is twice as many products as where the frames on either side are added first, but these additions, and
putting their sums side by side, take the other half of the processor: on a Zen 4, of pixels in the second
cache, 32 take 10.0 cycles of window 7 (there 11.4), 13.1 of window 9 (15.9) and 20.6 of window 15 (22.6).

A tile is one vector of 64 bytes here: half as many instructions wait for their turn. Importing this module
imports numba.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from masksmooth_kernels._means import two_weights
from masksmooth_kernels._simd import LINES, Lanes, constant, shuffle, splat, vector_type
from masksmooth_kernels._sums import features
from masksmooth_kernels.job import TILE

SHORTS, INTS = Lanes(16, TILE), Lanes(32, TILE)
WINDOWS = 4


def available() -> bool:
    """Whether what is compiled for has the instructions."""
    return {"+avx512vnni", "+avx512bw"} <= set(features().split(","))


@intrinsic
def pair_weights(_context: Any, table: Any, window: Any) -> Any:
    """Read the weights of a window two by two: those of the first window's pairs, and of the second's."""
    pairs = len(window) // 2 + 1
    places = [2 * k + 1 for k in range(pairs)] + [2 * k for k in range(pairs)]
    result = types.UniTuple(INTS, len(places))

    def generate(context: Any, b: ir.IRBuilder, _signature: Any, values: list[ir.Value]) -> Any:
        return context.make_tuple(b, result, [splat(b, two_weights(b, values[0], k), INTS) for k in places])

    return result(types.int64, window), generate


@intrinsic
def pair_means(_context: Any, frames: Any, weights: Any, shift: Any) -> Any:
    """Means of 64 pixels for four windows in turn, given all their frames."""
    result = types.UniTuple(LINES, WINDOWS)

    def generate(context: Any, b: ir.IRBuilder, _signature: Any, values: list[ir.Value]) -> Any:
        seen, terms = cgutils.unpack_tuple(b, values[0]), cgutils.unpack_tuple(b, values[1])
        bits = b.trunc(values[2], ir.IntType(32))
        one = ir.Constant(bits.type, 1)
        half, by = splat(b, b.shl(one, b.sub(bits, one)), INTS), splat(b, bits, INTS)
        sums: list[list[ir.Value]] = [[], [], [], []]
        for upper in (False, True):
            pairs = [_in_turn(b, x, y, upper) for x, y in zip(seen[::2], seen[1::2], strict=True)]
            for quarter in _sums(b, pairs, terms, half):
                for window, total in zip(sums, quarter, strict=True):
                    window.append(b.lshr(total, by))
        return context.make_tuple(b, result, [_packed(b, window) for window in sums])

    return result(frames, weights, types.int64), generate


def _in_turn(b: ir.IRBuilder, x: ir.Value, y: ir.Value, upper: bool) -> ir.Value:
    """Bytes of two vectors in turn: the lower or upper half of each 128 bits, an unpack."""
    first = 8 * upper
    order = [part + first + k + other for part in range(0, TILE, 16) for k in range(8) for other in (0, TILE)]
    return shuffle(b, x, y, order)


def _sums(
    b: ir.IRBuilder, pairs: list[ir.Value], weights: list[ir.Value], half: ir.Value
) -> list[list[ir.Value]]:
    """Return the windows' sums of the lower half of each 128 bits of pixels in pairs, and of the upper."""
    kind = vector_type(INTS)
    add = cgutils.get_or_insert_function(
        b.module, ir.FunctionType(kind, [kind] * 3), "llvm.x86.avx512.vpdpwssd.512"
    )
    count = len(weights) // 2
    sums = [[half] * WINDOWS, [half] * WINDOWS]
    for k, pair in enumerate(pairs):
        for upper, totals in zip((False, True), sums, strict=True):
            pixels = b.bitcast(_in_turn(b, pair, constant(LINES, 0), upper), kind)
            for window in range(WINDOWS):
                place = k - window // 2
                if 0 <= place < count:
                    weight = weights[window % 2 * count + place]
                    totals[window] = b.call(add, [totals[window], pixels, weight])
    return sums


def _packed(b: ir.IRBuilder, quarters: list[ir.Value]) -> ir.Value:
    """Put four vectors of numbers less than 256 back where `_in_turn` took their pixels."""
    shorts = ir.FunctionType(vector_type(SHORTS), [vector_type(INTS)] * 2)
    to_shorts = cgutils.get_or_insert_function(b.module, shorts, "llvm.x86.avx512.packusdw.512")
    lines = ir.FunctionType(vector_type(LINES), [vector_type(SHORTS)] * 2)
    to_bytes = cgutils.get_or_insert_function(b.module, lines, "llvm.x86.avx512.packuswb.512")
    return b.call(to_bytes, [b.call(to_shorts, quarters[:2]), b.call(to_shorts, quarters[2:])])
