"""Weighted means of whole windows, as vector code; with `_networks` the widest part of `_simd`.

Scalar meaning, for a window of ``2 * r + 1`` frames around ``c`` that weighs the same on either side::

    (half + x[c] * w[0] + sum((x[c - d] + x[c + d]) * w[d] for d in 1 .. r)) >> shift

Every frame's bytes become 16-bit lanes once for all the windows that are computed together; frames as far
on either side are added there, and two of these terms at once are multiplied and added in 32 bits. Nothing
is rounded before the last shift. Importing this module imports numba.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from masksmooth_kernels._simd import BYTES, INTS, SHORTS, constant, even_lanes, odd_lanes, shuffle, splat
from masksmooth_kernels._sums import dot, in_turn, joined, narrowed


def two_weights(b: ir.IRBuilder, table: ir.Value, place: int) -> ir.Value:
    """Read two weights in turn, as the lower and the upper half of 32 bits."""
    number = ir.IntType(64)
    first = b.inttoptr(table, number.as_pointer())
    low, high = (b.load(b.gep(first, [ir.Constant(number, k)])) for k in (place, place + 1))
    return b.trunc(b.or_(low, b.shl(high, ir.Constant(number, 16))), ir.IntType(32))


@intrinsic
def weights_at(_context: Any, table: Any, frames: Any) -> Any:
    """Read the weights of a window that is as long as ``frames``, from its centre on, two in a lane."""
    places = range(len(frames) // 2 + 1, len(frames) + 1, 2)
    result = types.UniTuple(INTS, len(places))

    def generate(context: Any, b: ir.IRBuilder, _signature: Any, values: list[ir.Value]) -> Any:
        return context.make_tuple(b, result, [splat(b, two_weights(b, values[0], k), INTS) for k in places])

    return result(types.int64, frames), generate


@intrinsic
def means_of(_context: Any, frames: Any, together: Any, weights: Any, half: Any, shift: Any) -> Any:
    """Means of 32 pixels, for as many windows in turn as ``together`` is long; they share the frames."""
    count = len(together)
    result = types.UniTuple(BYTES, count)

    def generate(context: Any, b: ir.IRBuilder, _signature: Any, values: list[ir.Value]) -> Any:
        loaded, terms = cgutils.unpack_tuple(b, values[0]), cgutils.unpack_tuple(b, values[2])
        window, halves = len(loaded) - count + 1, []
        for lanes in (even_lanes, odd_lanes):  # one after the other: both at once do not fit the registers
            wide = [lanes(b, x) for x in loaded]
            halves.append(
                [
                    narrowed(b, _sums(b, wide[j : j + window], terms, values[3]), values[4])
                    for j in range(count)
                ]
            )
        means = [joined(b, even, odd) for even, odd in zip(*halves, strict=True)]
        return context.make_tuple(b, result, means)

    return result(frames, together, weights, half, shift), generate


def _sums(b: ir.IRBuilder, lanes: list[ir.Value], weights: list[ir.Value], half: ir.Value) -> list[ir.Value]:
    """Return the weighted sums of a window's lanes, those of the lower and of the upper of each 8."""
    radius = len(lanes) // 2
    terms = [lanes[radius], *(b.add(lanes[radius - d], lanes[radius + d]) for d in range(1, radius + 1))]
    if len(terms) % 2:
        terms.append(constant(SHORTS, 0))
    low, high = half, half
    for x, y, weight in zip(terms[::2], terms[1::2], weights, strict=True):
        low = b.add(low, dot(b, shuffle(b, x, y, in_turn(0)), weight))
        high = b.add(high, dot(b, shuffle(b, x, y, in_turn(1)), weight))
    return [low, high]
