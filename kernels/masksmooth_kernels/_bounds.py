"""The least and the greatest byte of each of 32 tiles of 64 bytes, as vector code.

A tree: two vectors are dealt out in turn to two new ones, a byte of the one and a byte of the other, whose
minimum (maximum) holds half as many candidates of each. Five such steps, with 1, 2, 4, 8 and 16 bytes at a
time, leave one byte for each of 32 vectors, in order. Each step is two unpacks of an AVX2 register and one
comparison. Importing this module imports numba.

Scalar meaning, for tile ``k``: ``min(x[64 * k : 64 * k + 64])``, and ``max``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from masksmooth_kernels._simd import BYTES, WIDTH, Values, emitted, greater, lesser, pointer, shuffle
from masksmooth_kernels.job import TILE

Compare = Callable[[ir.IRBuilder, ir.Value, ir.Value], ir.Value]


@intrinsic
def bounds(_context: Any, address: Any) -> Any:
    """Return two vectors: the least byte of each of 32 tiles at an address, and the greatest."""

    def build(b: ir.IRBuilder, address: ir.Value) -> Values:
        return _bounds(b, address, 0, WIDTH)

    return emitted(types.UniTuple(BYTES, 2), (types.int64,), build)


def _bounds(b: ir.IRBuilder, address: ir.Value, tile: int, tiles: int) -> Values:
    """Return the least and the greatest candidates of as many tiles from one on."""
    if tiles == 1:
        places = (b.add(address, ir.Constant(ir.IntType(64), tile * TILE + half)) for half in (0, WIDTH))
        x, y = (b.load(pointer(b, place), align=1) for place in places)
        return [lesser(b, x, y), greater(b, x, y)]
    half = tiles // 2
    some, others = _bounds(b, address, tile, half), _bounds(b, address, tile + half, half)
    compare: tuple[Compare, Compare] = (lesser, greater)
    return [compared(b, *_dealt(b, x, y, half)) for compared, x, y in zip(compare, some, others, strict=True)]


def _dealt(b: ir.IRBuilder, x: ir.Value, y: ir.Value, size: int) -> tuple[ir.Value, ir.Value]:
    """Deal two vectors out in turn, ``size`` bytes at a time: the first half of each 16, and the second."""
    if size == 16:
        lower = [*range(16), *range(32, 48)]
        return shuffle(b, x, y, lower), shuffle(b, x, y, [place + 16 for place in lower])
    first = [
        lane + place + other + byte
        for lane in (0, 16)
        for place in range(0, 8, size)
        for other in (0, 32)
        for byte in range(size)
    ]
    return shuffle(b, x, y, first), shuffle(b, x, y, [place + 8 for place in first])
