"""Explicit vectors for the kernels: 32 bytes at a time, in portable LLVM IR.

With `_sums`, `_shorts`, `_memory`, `_frames`, `_means`, `_networks`, `_bounds`, `_vote_lanes` and `_history`
this is all that speaks IR.

LLVM turns a loop of NumPy bytes into vector code only where numba's 64-bit integers let it prove that
nothing wider is needed, which a sum of products or a sorting network does not. Here every operation says
its width. A vector is 32 bytes (`BYTES`), also seen as 16 lanes of 16 bits (`SHORTS`): one register with
AVX2 or AVX-512, two with SSE or NEON; LLVM splits it where it must, so there is one source for all. Nothing
here asks which machine it is on. A line (`LINES`) is 64 bytes, a register of AVX-512, or a tile.

Addresses are plain integers; nothing is checked.
Importing this module imports numba: kernels name it through `masksmooth_kernels._jit.native`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

WIDTH = 32
"""Bytes in a vector."""

Builder = Callable[..., ir.Value]
Values = list[ir.Value]


class Lanes(types.Type):  # type: ignore[misc]
    """The numba type of a vector."""

    def __init__(self, bits: int, width: int = WIDTH) -> None:
        self.count, self.bits = 8 * width // bits, bits
        super().__init__(name=f"lanes({self.count} x {bits} bits)")


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Lanes) -> None:
        super().__init__(manager, kind, ir.VectorType(ir.IntType(kind.bits), kind.count))


BYTES, SHORTS = Lanes(8), Lanes(16)
LINES = Lanes(8, 2 * WIDTH)
_ARGUMENT = {"a": types.int64, "n": types.int64, "b": BYTES, "s": SHORTS}


def operation(arguments: str, result: types.Type) -> Callable[[Builder], Any]:
    """Make an intrinsic of a function ``(builder, *values) -> value``; arguments by the letters above."""
    kinds = [_ARGUMENT[letter] for letter in arguments]

    def wrap(build: Builder) -> Any:
        def generate(context: Any, builder: ir.IRBuilder, signature: Any, values: list[ir.Value]) -> Any:
            cast = [
                context.cast(builder, v, given, kind)
                for v, given, kind in zip(values, signature.args, kinds, strict=True)
            ]
            return build(builder, *cast) or context.get_dummy_value()

        def typed(_context: Any, *given: types.Type) -> Any:
            return result(*given), generate

        # numba reads the number of arguments off the function itself
        names = ", ".join(f"x{i}" for i in range(len(kinds)))
        scope: dict[str, Any] = {"typed": typed}
        exec(f"def {build.__name__}(context, {names}): return typed(context, {names})", scope)
        function = scope[build.__name__]
        function.__doc__, function.__module__ = build.__doc__, __name__
        return intrinsic(function)

    return wrap


def emitted(result: Any, arguments: tuple[Any, ...], build: Callable[..., Any]) -> Any:
    """Return what numba wants of an intrinsic whose function is ``(builder, *values)``.

    Tuples come and go as lists. Such an intrinsic may say what it takes and gives by what it is given.
    """

    def generate(context: Any, b: ir.IRBuilder, _signature: Any, values: Values) -> Any:
        parts = [
            cgutils.unpack_tuple(b, value) if isinstance(kind, types.BaseTuple) else value
            for kind, value in zip(arguments, values, strict=True)
        ]
        made = build(b, *parts)
        if isinstance(result, types.BaseTuple):
            return context.make_tuple(b, result, made)
        return context.get_dummy_value() if made is None else made

    return result(*arguments), generate


def vector_type(kind: Lanes) -> ir.VectorType:
    return ir.VectorType(ir.IntType(kind.bits), kind.count)


def pointer(builder: ir.IRBuilder, address: ir.Value) -> ir.Value:
    return builder.inttoptr(address, vector_type(BYTES).as_pointer())


def splat(builder: ir.IRBuilder, value: ir.Value, kind: Lanes) -> ir.Value:
    vector = vector_type(kind)
    one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), kind.count), [0] * kind.count)
    return builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), zeros)


def constant(kind: Lanes, value: int) -> ir.Constant:
    return ir.Constant(vector_type(kind), [value] * kind.count)


def shuffle(builder: ir.IRBuilder, a: ir.Value, b: ir.Value, order: list[int]) -> ir.Value:
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), len(order)), order))


def lesser(b: ir.IRBuilder, x: ir.Value, y: ir.Value) -> ir.Value:
    return b.select(b.icmp_unsigned("<", x, y), x, y)


def greater(b: ir.IRBuilder, x: ir.Value, y: ir.Value) -> ir.Value:
    return b.select(b.icmp_unsigned(">", x, y), x, y)


def read(b: ir.IRBuilder, address: ir.Value, kind: Lanes) -> ir.Value:
    return b.load(b.inttoptr(address, vector_type(kind).as_pointer()), align=1)


def write(b: ir.IRBuilder, address: ir.Value, v: ir.Value, *, past: bool = False) -> None:
    """Write a vector; past the caches, which is half the memory traffic, only to a multiple of its size."""
    store = b.store(v, b.inttoptr(address, v.type.as_pointer()), align=v.type.count if past else 1)
    if past:
        store.set_metadata("nontemporal", b.module.add_metadata([ir.Constant(ir.IntType(32), 1)]))


@operation("a", BYTES)
def load(b: ir.IRBuilder, address: ir.Value) -> ir.Value:
    """Read 32 bytes at an address."""
    return read(b, address, BYTES)


@operation("ab", types.none)
def store(b: ir.IRBuilder, address: ir.Value, v: ir.Value) -> None:
    """Write 32 bytes to an address."""
    write(b, address, v)


@operation("n", BYTES)
def bytes_of(b: ir.IRBuilder, value: ir.Value) -> ir.Value:
    """One value in every byte."""
    return splat(b, b.trunc(value, ir.IntType(8)), BYTES)


@operation("b", types.int64)
def first_byte(b: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """Return the value of byte 0."""
    return b.zext(b.extract_element(x, ir.Constant(ir.IntType(32), 0)), ir.IntType(64))


@operation("bb", BYTES)
def minimum(b: ir.IRBuilder, x: ir.Value, y: ir.Value) -> ir.Value:
    """Byte by byte, the lesser."""
    return lesser(b, x, y)


@operation("bb", BYTES)
def maximum(b: ir.IRBuilder, x: ir.Value, y: ir.Value) -> ir.Value:
    """Byte by byte, the greater."""
    return greater(b, x, y)


@operation("bb", BYTES)
def equal(b: ir.IRBuilder, x: ir.Value, y: ir.Value) -> ir.Value:
    """Byte by byte, 255 where equal and 0 where not."""
    return b.sext(b.icmp_unsigned("==", x, y), vector_type(BYTES))


@operation("bb", BYTES)
def either(b: ir.IRBuilder, x: ir.Value, y: ir.Value) -> ir.Value:
    """Bitwise or."""
    return b.or_(x, y)


@operation("bb", BYTES)
def both(b: ir.IRBuilder, x: ir.Value, y: ir.Value) -> ir.Value:
    """Bitwise and."""
    return b.and_(x, y)


@operation("bb", BYTES)
def differing(b: ir.IRBuilder, x: ir.Value, y: ir.Value) -> ir.Value:
    """Bitwise exclusive or."""
    return b.xor(x, y)


def any_set(b: ir.IRBuilder, x: ir.Value) -> ir.Value:
    whole = ir.IntType(x.type.count * x.type.element.width)
    return b.icmp_unsigned("!=", b.bitcast(x, whole), ir.Constant(whole, 0))


@operation("b", types.boolean)
def any_bit(b: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """Whether any bit of the vector is set."""
    return any_set(b, x)


@operation("b", types.int64)
def bits_of(b: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """Return a bit for each byte, set where it is not 0; that of byte 0 is the lowest."""
    some = b.icmp_unsigned("!=", x, constant(BYTES, 0))
    return b.zext(b.bitcast(some, ir.IntType(WIDTH)), ir.IntType(64))


@operation("n", types.int64)
def lowest_bit(b: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """Return which is the lowest bit that is set, of at least one."""
    return b.cttz(x, ir.Constant(ir.IntType(1), 1))


def even_lanes(b: ir.IRBuilder, x: ir.Value) -> ir.Value:
    return b.and_(b.bitcast(x, vector_type(SHORTS)), constant(SHORTS, 255))


def odd_lanes(b: ir.IRBuilder, x: ir.Value) -> ir.Value:
    return b.lshr(b.bitcast(x, vector_type(SHORTS)), constant(SHORTS, 8))


@operation("b", SHORTS)
def even(b: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """Bytes 0, 2, 4 .. as 16-bit lanes."""
    return even_lanes(b, x)


@operation("b", SHORTS)
def odd(b: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """Bytes 1, 3, 5 .. as 16-bit lanes."""
    return odd_lanes(b, x)


@operation("ss", SHORTS)
def add(b: ir.IRBuilder, x: ir.Value, y: ir.Value) -> ir.Value:
    """Lane by lane, the sum."""
    return b.add(x, y)
