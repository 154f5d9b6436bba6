"""What single kernels need of 16-bit lanes beyond `_simd`: loads, products, and the way back to bytes.

Importing this module imports numba.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types

from masksmooth_kernels._simd import BYTES, SHORTS, constant, operation, pointer, splat, vector_type


@operation("a", SHORTS)
def load_shorts(b: ir.IRBuilder, address: ir.Value) -> ir.Value:
    """Read 16 lanes of 16 bits at an address."""
    return b.bitcast(b.load(pointer(b, address), align=1), vector_type(SHORTS))


@operation("as", types.none)
def store_shorts(b: ir.IRBuilder, address: ir.Value, v: ir.Value) -> None:
    """Write 16 lanes of 16 bits to an address."""
    b.store(b.bitcast(v, vector_type(BYTES)), pointer(b, address), align=1)


@operation("n", SHORTS)
def shorts_of(b: ir.IRBuilder, value: ir.Value) -> ir.Value:
    """One value in every 16-bit lane."""
    return splat(b, b.trunc(value, ir.IntType(16)), SHORTS)


@operation("ss", SHORTS)
def multiply(b: ir.IRBuilder, x: ir.Value, y: ir.Value) -> ir.Value:
    """Lane by lane, the product's lower 16 bits."""
    return b.mul(x, y)


@operation("ss", SHORTS)
def multiply_high(b: ir.IRBuilder, x: ir.Value, y: ir.Value) -> ir.Value:
    """Lane by lane, the product's upper 16 bits."""
    wide = ir.VectorType(ir.IntType(32), SHORTS.count)
    product = b.mul(b.zext(x, wide), b.zext(y, wide))
    return b.trunc(b.lshr(product, ir.Constant(wide, [16] * SHORTS.count)), vector_type(SHORTS))


@operation("s", SHORTS)
def upper(b: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """Lane by lane, the upper byte as a number."""
    return b.lshr(x, constant(SHORTS, 8))


@operation("ss", BYTES)
def in_turn(b: ir.IRBuilder, x: ir.Value, y: ir.Value) -> ir.Value:
    """Upper bytes of two vectors' lanes, put where `even` and `odd` take them."""
    low = b.lshr(x, constant(SHORTS, 8))
    return b.bitcast(b.or_(low, b.and_(y, constant(SHORTS, 0xFF00))), vector_type(BYTES))
