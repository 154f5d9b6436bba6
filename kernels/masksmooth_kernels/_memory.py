"""Numbers, also in memory by their address, and a call by address, for the kernels' loops.

The kernels take addresses and no arrays: an array handed from function to function is counted, which cost
0.3 us a tile, and the more arrays a kernel takes, the longer numba needs to compile it. Nothing is checked.
Importing this module imports numba.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils

from masksmooth_kernels._simd import operation


@operation("an", types.int64)
def number(b: ir.IRBuilder, table: ir.Value, index: ir.Value) -> ir.Value:
    """Element of a table of 64-bit integers."""
    return b.load(b.gep(b.inttoptr(table, ir.IntType(64).as_pointer()), [index]))


@operation("ann", types.none)
def set_number(b: ir.IRBuilder, table: ir.Value, index: ir.Value, value: ir.Value) -> None:
    """Write an element of a table of 64-bit integers."""
    b.store(value, b.gep(b.inttoptr(table, ir.IntType(64).as_pointer()), [index]))


@operation("nn", types.int64)
def lesser(b: ir.IRBuilder, x: ir.Value, y: ir.Value) -> ir.Value:
    """Return the lesser of two numbers; numba's own ``min`` takes 0.04 s to compile."""
    return b.select(b.icmp_signed("<", x, y), x, y)


@operation("nn", types.int64)
def greater(b: ir.IRBuilder, x: ir.Value, y: ir.Value) -> ir.Value:
    """Return the greater of two numbers."""
    return b.select(b.icmp_signed(">", x, y), x, y)


@operation("a", types.int64)
def byte(b: ir.IRBuilder, address: ir.Value) -> ir.Value:
    """Read one byte."""
    return b.zext(b.load(b.inttoptr(address, ir.IntType(8).as_pointer())), ir.IntType(64))


@operation("an", types.none)
def set_byte(b: ir.IRBuilder, address: ir.Value, value: ir.Value) -> None:
    """Write one byte."""
    b.store(b.trunc(value, ir.IntType(8)), b.inttoptr(address, ir.IntType(8).as_pointer()))


@operation("an", types.none)
def set_short(b: ir.IRBuilder, address: ir.Value, value: ir.Value) -> None:
    """Write 16 bits."""
    b.store(b.trunc(value, ir.IntType(16)), b.inttoptr(address, ir.IntType(16).as_pointer()))


@operation("nnnnnnnn", types.none)
def call(b: ir.IRBuilder, function: ir.Value, *numbers: ir.Value) -> None:
    """Call a function of seven 64-bit integers by its address."""
    kind = ir.FunctionType(ir.VoidType(), [ir.IntType(64)] * 7)
    b.call(b.inttoptr(function, kind.as_pointer()), numbers)


@operation("a", types.none)
def prefetch(b: ir.IRBuilder, address: ir.Value) -> None:
    """Ask for the cache line at an address, any address, to be fetched."""
    pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
    function = cgutils.get_or_insert_function(b.module, kind, "llvm.prefetch.p0")
    b.call(function, [b.inttoptr(address, pointer), *(ir.Constant(number, n) for n in (0, 2, 1))])
