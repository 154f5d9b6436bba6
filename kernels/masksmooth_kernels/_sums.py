"""Weighted sums of tiles in wider lanes, as builders of IR: what `_means` is made of.

Two frames of a tile lie side by side in 32 bits, and one instruction (pmaddwd) multiplies them by two weights
and adds the products; LLVM makes one (vpdpwssd) of it and the addition to a sum where there is one. A tile's
sums are four vectors, its *quarters*, in the order in which `in_turn` takes bytes apart and `packed` puts
them together.

A vector of 64 bytes is two registers of AVX2, or four of NEON. LLVM sees to that, but not for instructions
that are named: these are done on each register's part. Importing this module imports numba.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils

from masksmooth_kernels._simd import LINES, Lanes, Values, constant, shuffle, vector_type
from masksmooth_kernels.job import TILE

SHORTS, INTS = Lanes(16, TILE), Lanes(32, TILE)


def features() -> set[str]:
    """Return the instructions that numba compiles for: this machine's, or NUMBA_CPU_FEATURES."""
    from numba.core.registry import cpu_target

    return set(cpu_target.target_context.codegen().magic_tuple()[2].split(","))


def in_turn(b: ir.IRBuilder, x: ir.Value, y: ir.Value, upper: bool) -> ir.Value:
    """Bytes of two vectors in turn: the lower or upper half of each 128 bits, an unpack."""
    first = 8 * upper
    order = [part + first + k + other for part in range(0, TILE, 16) for k in range(8) for other in (0, TILE)]
    return shuffle(b, x, y, order)


def side_by_side(b: ir.IRBuilder, x: ir.Value, y: ir.Value) -> Values:
    """Return the quarters of two frames, each pixel of the one beside that of the other, in 16 bits each."""
    pairs = [in_turn(b, x, y, upper) for upper in (False, True)]
    wide = [in_turn(b, pair, constant(LINES, 0), upper) for pair in pairs for upper in (False, True)]
    return [b.bitcast(quarter, vector_type(SHORTS)) for quarter in wide]


def products(b: ir.IRBuilder, pairs: ir.Value, weights: ir.Value) -> ir.Value:
    """Products of 16-bit lanes, neighbours added in 32 bits.

    LLVM knows the pattern as pmaddwd, but only until it has simplified the shuffles before it: named where
    there is one, a window of 7 takes half the time.
    """
    weights = b.bitcast(weights, vector_type(SHORTS))
    if "+avx512bw" in features():
        return _named(b, "avx512.pmaddw.d.512", 1, [pairs, weights], vector_type(INTS))
    if "+avx2" in features():
        return _named(b, "avx2.pmadd.wd", 2, [pairs, weights], vector_type(INTS))
    parts = []
    for first in (0, 1):
        order = list(range(first, SHORTS.count, 2))
        x, w = (b.sext(shuffle(b, v, v, order), vector_type(INTS)) for v in (pairs, weights))
        parts.append(b.mul(x, w))
    return b.add(*parts)


def packed(b: ir.IRBuilder, quarters: Values) -> ir.Value:
    """Put the bytes of numbers less than 256 where `side_by_side` took their pixels."""
    halves = [_narrowed(b, two, SHORTS) for two in (quarters[:2], quarters[2:])]
    return _narrowed(b, halves, LINES)


def _narrowed(b: ir.IRBuilder, two: Values, kind: Lanes) -> ir.Value:
    """Put two vectors into lanes of half the bits, the one's and the other's in turn for each 128 bits."""
    name, result = {SHORTS: "packusdw", LINES: "packuswb"}[kind], vector_type(kind)
    if "+avx512bw" in features():
        return _named(b, f"avx512.{name}.512", 1, two, result)
    if "+avx2" in features():
        return _named(b, f"avx2.{name}", 2, two, result)
    low, high = (b.bitcast(v, result) for v in two)
    step = 128 // kind.bits
    order = [
        part + other + lane
        for part in range(0, kind.count, step)
        for other in (0, kind.count)
        for lane in range(0, step, 2)
    ]
    return shuffle(b, low, high, order)


def _named(b: ir.IRBuilder, name: str, parts: int, values: Values, result: ir.VectorType) -> ir.Value:
    """Have an instruction of x86 done on each of one or two parts of its arguments."""
    pieces = [_pieces(b, value, parts) for value in values]
    kind = ir.FunctionType(
        ir.VectorType(result.element, result.count // parts), [first.type for first, *_ in pieces]
    )
    function = cgutils.get_or_insert_function(b.module, kind, f"llvm.x86.{name}")
    done = [b.call(function, arguments) for arguments in zip(*pieces, strict=True)]
    return done[0] if parts == 1 else shuffle(b, done[0], done[1], list(range(result.count)))


def _pieces(b: ir.IRBuilder, vector: ir.Value, parts: int) -> Values:
    if parts == 1:
        return [vector]
    size = vector.type.count // parts
    return [shuffle(b, vector, vector, list(range(n * size, (n + 1) * size))) for n in range(parts)]
