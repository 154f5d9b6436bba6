"""Weighted means of tiles, as vector code; with `_networks` the widest part of `_simd`.

Scalar meaning, for each pixel ``i`` of a window's frames ``x`` and their weights ``w``, in integers::

    out[i] = (half + sum(x[k][i] * w[k] for k in range(count))) >> shift

Frames are taken two by two (`_sums`). Four whole windows in turn share these pairs: the first and the third
have the weights ``(w[0], w[1]), (w[2], w[3]) .. (w[2 * r], 0)``, the second and the fourth ``(0, w[0]),
(w[1], w[2]) ..``. docs/design.md says what else was tried.

Nothing is rounded before the last shift, so neither the order of the frames nor how they are paired changes a
bit. Importing this module imports numba.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from masksmooth_kernels._simd import LINES, Values, emitted, read, splat
from masksmooth_kernels._sums import INTS, packed, products, side_by_side

WINDOWS = 4
NUMBER = ir.IntType(64)
QUARTERS = 4
"""Vectors that the sums of a tile are (`_sums`)."""


def _number(b: ir.IRBuilder, table: ir.Value, place: int) -> ir.Value:
    return b.load(b.gep(b.inttoptr(table, NUMBER.as_pointer()), [ir.Constant(NUMBER, place)]))


def _splat(b: ir.IRBuilder, number: ir.Value) -> ir.Value:
    return splat(b, b.trunc(number, ir.IntType(32)), INTS)


def _half(b: ir.IRBuilder, shift: ir.Value) -> ir.Value:
    one = ir.Constant(NUMBER, 1)
    return _splat(b, b.shl(one, b.sub(shift, one)))


def _means(b: ir.IRBuilder, sums: Values, shift: ir.Value) -> ir.Value:
    return packed(b, [b.lshr(quarter, _splat(b, shift)) for quarter in sums])


@intrinsic
def weights_at(_context: Any, table: Any, window: Any) -> Any:
    """Read the weights of a window two by two: those of the first window's pairs, and of the second's."""
    pairs = len(window) // 2 + 1
    places = [2 * k + 1 for k in range(pairs)] + [2 * k for k in range(pairs)]

    def build(b: ir.IRBuilder, table: ir.Value, _window: Values) -> Values:
        read = [[_number(b, table, place) for place in (k, k + 1)] for k in places]
        return [_splat(b, b.or_(low, b.shl(high, ir.Constant(NUMBER, 16)))) for low, high in read]

    return emitted(types.UniTuple(INTS, len(places)), (types.int64, window), build)


@intrinsic
def four_means(_context: Any, frames: Any, weights: Any, shift: Any) -> Any:
    """Means of a tile for four windows in turn, given all their frames."""
    count = len(weights) // 2

    def build(b: ir.IRBuilder, frames: Values, weights: Values, shift: ir.Value) -> Values:
        pairs = [side_by_side(b, x, y) for x, y in zip(frames[::2], frames[1::2], strict=True)]
        sums: list[Values] = [[] for _ in range(WINDOWS)]
        for quarter in range(QUARTERS):  # all windows of one first: what is in work is to fit the registers
            for window, quarters in enumerate(sums):
                total = _half(b, shift)
                for k in range(count):
                    pixels, weight = pairs[k + window // 2][quarter], weights[window % 2 * count + k]
                    total = b.add(total, products(b, pixels, weight))
                quarters.append(total)
        return [_means(b, quarters, shift) for quarters in sums]

    return emitted(types.UniTuple(LINES, WINDOWS), (frames, weights, types.int64), build)


@intrinsic
def halves(_context: Any, shifts: Any) -> Any:
    """Begin the sums of a tile of each window, four a window, with what the last shift rounds by."""

    def build(b: ir.IRBuilder, shifts: Values) -> Values:
        return [_half(b, shift) for shift in shifts for _ in range(QUARTERS)]

    return emitted(types.UniTuple(INTS, QUARTERS * len(shifts)), (shifts,), build)


@intrinsic
def weighed(_context: Any, totals: Any, frames: Any, i: Any, weights: Any) -> Any:
    """Add a tile of two frames, whose addresses lie at ``frames``, by each window's weights, 16 bits each."""

    def build(b: ir.IRBuilder, totals: Values, frames: ir.Value, i: ir.Value, weights: ir.Value) -> Values:
        pairs = side_by_side(b, *(read(b, b.add(_number(b, frames, k), i), LINES) for k in (0, 1)))
        sums = []
        for n, total in enumerate(totals):
            weight = _splat(b, _number(b, weights, n // QUARTERS))
            sums.append(b.add(total, products(b, pairs[n % QUARTERS], weight)))
        return sums

    return emitted(totals, (totals, *(types.int64,) * 3), build)


@intrinsic
def means_of(_context: Any, totals: Any, shifts: Any) -> Any:
    """Make means of the sums of a tile of each window."""

    def build(b: ir.IRBuilder, totals: Values, shifts: Values) -> Values:
        quarters = [totals[n : n + QUARTERS] for n in range(0, len(totals), QUARTERS)]
        return [_means(b, sums, shift) for sums, shift in zip(quarters, shifts, strict=True)]

    return emitted(types.UniTuple(LINES, len(shifts)), (totals, shifts), build)


@intrinsic
def repeated(_context: Any, vector: Any, outputs: Any) -> Any:
    """Return a vector as often as there are outputs."""

    def build(_b: ir.IRBuilder, vector: ir.Value, outputs: Values) -> Values:
        return [vector] * len(outputs)

    return emitted(types.UniTuple(vector, len(outputs)), (vector, outputs), build)
