"""What the window kernels' cores do with the tiles they are given: find them, and write to them.

These are compiled into the kernels that call them, most of them written as IR: as functions for numba they
took a tenth of what a first call takes. They take addresses and no arrays: an array handed from function to
function is counted, which costs 0.3 us a tile. Importing this module imports numba.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from masksmooth_kernels._memory import number, prefetch
from masksmooth_kernels._part import part
from masksmooth_kernels._simd import Values, emitted, write
from masksmooth_kernels.job import COMING, LISTED

NUMBER = ir.IntType(64)


@part
def offset(to: int, tile: int) -> int:
    """Return where the pixels of a tile, which are two vectors, begin in every frame."""
    place: int = number(number(to, LISTED), tile)
    return place


@part
def ask(to: int, together: int, i: int) -> None:
    """Ask for what will be looked at next, as far on as this.

    A loop, which LLVM leaves one: four in a row between the loads, a median took a twenty-fifth longer.
    """
    for j in range(together):
        prefetch(number(to, COMING + j) + i)


def _written(b: ir.IRBuilder, vectors: list[tuple[ir.Value, ir.Value]], cached: ir.Value) -> None:
    """Write vectors to addresses: past the caches if these allow it and ``cached``, 0 or 1, is 0.

    One right after the other: of halves of a line that come past the caches with long to compute between
    them, many go to memory as halves where two threads write. A Gaussian of window 15 took 1.4 times as long
    with two threads as with one, so.
    """
    unlike = cached
    for address, _ in vectors:
        unlike = b.or_(unlike, address)
    within = ir.Constant(NUMBER, vectors[0][1].type.count - 1)
    aligned = b.icmp_unsigned("==", b.and_(unlike, within), ir.Constant(NUMBER, 0))
    with b.if_else(aligned) as branches:
        for past, branch in zip((True, False), branches, strict=True):
            with branch:
                for address, vector in vectors:
                    write(b, address, vector, past=past)


def _halves(
    b: ir.IRBuilder, address: ir.Value, lower: ir.Value, upper: ir.Value
) -> list[tuple[ir.Value, ir.Value]]:
    return [(address, lower), (b.add(address, ir.Constant(NUMBER, lower.type.count)), upper)]


@intrinsic
def put(_context: Any, address: Any, vector: Any, cached: Any) -> Any:
    """Write a vector, past the caches if the address allows it and ``cached`` is 0; so do all of these."""

    def build(b: ir.IRBuilder, address: ir.Value, vector: ir.Value, cached: ir.Value) -> None:
        _written(b, [(address, vector)], cached)

    return emitted(types.none, (types.int64, vector, types.int64), build)


@intrinsic
def put_line(_context: Any, address: Any, lower: Any, upper: Any, cached: Any) -> Any:
    """Write the two vectors of a tile."""

    def build(b: ir.IRBuilder, address: ir.Value, lower: ir.Value, upper: ir.Value, cached: ir.Value) -> None:
        _written(b, _halves(b, address, lower, upper), cached)

    return emitted(types.none, (types.int64, lower, upper, types.int64), build)


@intrinsic
def put_each(_context: Any, outs: Any, i: Any, vectors: Any, cached: Any) -> Any:
    """Write to each of several outputs a vector of its own."""

    def build(b: ir.IRBuilder, outs: Values, i: ir.Value, vectors: Values, cached: ir.Value) -> None:
        _written(b, [(b.add(out, i), vector) for out, vector in zip(outs, vectors, strict=True)], cached)

    return emitted(types.none, (outs, types.int64, vectors, types.int64), build)


@intrinsic
def put_lines(_context: Any, outs: Any, i: Any, lower: Any, upper: Any, cached: Any) -> Any:
    """Write the two vectors of a tile to each of four outputs."""

    def build(
        b: ir.IRBuilder, outs: Values, i: ir.Value, lower: Values, upper: Values, cached: ir.Value
    ) -> None:
        tiles = [
            half
            for out, *both in zip(outs, lower, upper, strict=True)
            for half in _halves(b, b.add(out, i), *both)
        ]
        _written(b, tiles, cached)

    return emitted(types.none, (outs, types.int64, lower, upper, types.int64), build)
