"""What the vote does with vectors, in lanes of 8 bits or of 16 by the type of what it is given.

A **tally** of a window is four vectors: each pixel's heaviest label so far, its weight, the next one's, and
the weight of what is not yet counted. Of several windows they lie in one tuple, for these count a label at
once: a frame is compared with it once, and its weight added to each window's sum. Frames are a table of
addresses; lanes of 16 bits hold the even pixels of 32 if ``half`` is 0, and the odd ones if it is 8.

All this is written as IR: as functions for numba it took twice as long to compile. Importing this module
imports numba.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from masksmooth_kernels._simd import (
    BYTES,
    SHORTS,
    WIDTH,
    Values,
    any_set,
    constant,
    emitted,
    greater,
    lesser,
    pointer,
    splat,
    vector_type,
)

NUMBER = ir.IntType(64)


@contextmanager
def frames_of(b: ir.IRBuilder, frames: ir.Value, at: ir.Value) -> Iterator[tuple[ir.Value, ir.Value]]:
    """Make a loop over frames: their places, and their addresses."""
    table = b.inttoptr(at, NUMBER.as_pointer())
    with cgutils.for_range(b, frames) as loop:
        yield loop.index, b.load(b.gep(table, [loop.index]))


def pixels(b: ir.IRBuilder, address: ir.Value, half: ir.Value, kind: ir.VectorType) -> ir.Value:
    vector = b.bitcast(b.load(pointer(b, address), align=1), kind)
    if kind.element.width == BYTES.bits:
        return vector
    return b.and_(b.lshr(vector, splat(b, b.trunc(half, kind.element), SHORTS)), constant(SHORTS, 255))


def variables(b: ir.IRBuilder, first: Values) -> Values:
    """Return places that hold vectors in a loop; LLVM makes registers of them."""
    places = [cgutils.alloca_once(b, vector.type) for vector in first]
    for place, vector in zip(places, first, strict=True):
        b.store(vector, place)
    return places


def number_in(b: ir.IRBuilder, value: ir.Value, like: ir.VectorType) -> ir.Value:
    kind = BYTES if like.element.width == BYTES.bits else SHORTS
    return splat(b, b.trunc(value, like.element), kind)


def excess(b: ir.IRBuilder, x: ir.Value, y: ir.Value) -> ir.Value:
    """By how much one is more than the other, or else 0."""
    name = f"llvm.usub.sat.v{x.type.count}i{x.type.element.width}"
    kind = ir.FunctionType(x.type, [x.type, x.type])
    return b.call(cgutils.get_or_insert_function(b.module, kind, name), [x, y])


@intrinsic
def ranges(_context: Any, frames: Any, at: Any, i: Any, j: Any) -> Any:
    """Return the least and the greatest label of each of 32 pixels at ``i``, and of those at ``j``."""

    def build(b: ir.IRBuilder, frames: ir.Value, at: ir.Value, *offsets: ir.Value) -> Values:
        low, high = ir.Constant(vector_type(BYTES), [255] * WIDTH), ir.Constant(vector_type(BYTES), None)
        places = variables(b, [low, high, low, high])
        with frames_of(b, frames, at) as (_, address):
            for n, offset in enumerate(offsets):
                x = b.load(pointer(b, b.add(address, offset)), align=1)
                b.store(lesser(b, b.load(places[2 * n]), x), places[2 * n])
                b.store(greater(b, b.load(places[2 * n + 1]), x), places[2 * n + 1])
        return [b.load(place) for place in places]

    return emitted(types.UniTuple(BYTES, 4), (types.int64,) * 4, build)


Window = tuple[ir.Value, ir.Value, ir.Value, ir.Value]
"""How many frames, where their addresses lie, and which pixels of these: an offset, and a half."""


def summed(b: ir.IRBuilder, window: Window, ballots: ir.Value, label: ir.Value, sums: Values) -> None:
    """Sum up what a label weighs; ``ballots`` is where weights lie, a window's a step before the last's."""
    none = ir.Constant(label.type, None)
    for total in sums:
        b.store(none, total)
    with frames_of(b, *window[:2]) as (k, address):
        like = b.icmp_unsigned("==", pixels(b, b.add(address, window[2]), window[3], label.type), label)
        for n, total in enumerate(sums):
            there = b.add(ballots, b.mul(b.sub(k, ir.Constant(NUMBER, n)), ir.Constant(NUMBER, WIDTH)))
            weight = b.bitcast(b.load(pointer(b, there), align=1), label.type)
            b.store(b.add(b.load(total), b.select(like, weight, none)), total)


def one_more(b: ir.IRBuilder, label: ir.Value, weight: ir.Value, tally: Values) -> Values:
    best, most, second, left = tally
    weight = lesser(b, weight, left)  # 0 where all labels of a pixel have been counted
    best = b.select(b.icmp_unsigned(">", weight, most), label, best)
    second = greater(b, second, lesser(b, weight, most))
    return [best, greater(b, most, weight), second, b.sub(left, weight)]


def unfinished(b: ir.IRBuilder, tally: Values, lead: ir.Value) -> ir.Value:
    """Return what is 0 where no label that is not yet counted can win, or come nearer than the lead."""
    _best, most, _second, left = tally
    return lesser(b, left, excess(b, lead, excess(b, most, left)))


def above(b: ir.IRBuilder, window: Window, label: ir.Value) -> ir.Value:
    """Return of each pixel the least label above the given one, or else the least of all."""
    ones = ir.Constant(label.type, [-1] * label.type.count)
    beyond = b.sub(label, ones)
    nearest = variables(b, [ones])[0]
    with frames_of(b, *window[:2]) as (_, address):  # what is not above is far above, as numbers go round
        x = pixels(b, b.add(address, window[2]), window[3], label.type)
        b.store(lesser(b, b.load(nearest), b.sub(x, beyond)), nearest)
    return b.add(b.load(nearest), beyond)


def update(b: ir.IRBuilder, label: ir.Value, sums: Values, tallies: Values, lead: ir.Value) -> ir.Value:
    """Bring tallies, in their places, up to date; return what is 0 where no other label can win."""
    found = ir.Constant(lead.type, None)
    for n, total in enumerate(sums):
        places = tallies[4 * n : 4 * n + 4]
        tally = one_more(b, label, b.load(total), [b.load(place) for place in places])
        for place, vector in zip(places, tally, strict=True):
            b.store(vector, place)
        found = b.or_(found, unfinished(b, tally, lead))
    return found


def election(b: ir.IRBuilder, poll: Values, window: Window, ends: Values, windows: int) -> Values:
    """Count labels from the least upwards until no other can win; return the tallies."""
    low, high = ends
    none, lead = ir.Constant(low.type, None), number_in(b, poll[0], low.type)
    label, *tallies = variables(b, [low, *[low, none, none, number_in(b, poll[1], low.type)] * windows])
    sums = variables(b, [none] * windows)
    count, tally, again, rest, done = (
        b.append_basic_block(name) for name in ("count", "tally", "again", "rest", "done")
    )
    b.branch(count)
    b.position_at_end(count)
    summed(b, window, poll[2], b.load(label), sums)
    b.branch(tally)
    b.position_at_end(tally)
    b.cbranch(any_set(b, update(b, b.load(label), sums, tallies, lead)), again, done)
    b.position_at_end(again)
    following = above(b, window, b.load(label))
    b.store(following, label)
    inner = b.and_(b.icmp_unsigned("!=", following, low), b.icmp_unsigned("!=", following, high))
    b.cbranch(any_set(b, b.sext(inner, low.type)), count, rest)
    b.position_at_end(rest)  # what is left is the greatest label's
    b.store(high, label)
    for n, total in enumerate(sums):
        b.store(b.load(tallies[4 * n + 3]), total)
    b.branch(tally)
    b.position_at_end(done)
    return [b.load(place) for place in tallies]


@intrinsic
def elected(_context: Any, poll: Any, window: Any, ends: Any, windows: Any) -> Any:
    """Return the tallies of as many windows as a tuple is long, when nothing left to count can change them.

    ``poll`` is the lead that ends the count, not 0, the weight of all frames, and where each one's lies;
    ``window`` is as `Window`, ``ends`` each pixel's least and greatest label in all its frames.
    """

    def build(b: ir.IRBuilder, poll: Values, window: Window, ends: Values, windows: Values) -> Values:
        return election(b, poll, window, ends, len(windows))

    return emitted(types.UniTuple(ends[0], 4 * len(windows)), (poll, window, ends, windows), build)


def nearer(b: ir.IRBuilder, tally: Values, lead: ir.Value) -> ir.Value:
    _best, most, second, left = tally
    return excess(b, number_in(b, lead, most.type), excess(b, most, greater(b, second, left)))


@intrinsic
def doubts(_context: Any, tallies: Any, lead: Any) -> Any:
    """Return a bit for each window where a pixel's heaviest label leads by less than ``lead``."""

    def build(b: ir.IRBuilder, tallies: Values, lead: ir.Value) -> ir.Value:
        bits = ir.Constant(NUMBER, 0)
        for n in range(len(tallies) // 4):
            found = b.zext(any_set(b, nearer(b, tallies[4 * n : 4 * n + 4], lead)), NUMBER)
            bits = b.or_(bits, b.shl(found, ir.Constant(NUMBER, n)))
        return bits

    return emitted(types.int64, (tallies, types.int64), build)


@intrinsic
def placed(_context: Any, tally: Any, lead: Any, half: Any) -> Any:
    """Return bytes of 32 pixels, 0 but in one half: the heaviest label, and 255 where it leads too little."""

    def build(b: ir.IRBuilder, tally: Values, lead: ir.Value, half: ir.Value) -> Values:
        kind, shift = tally[0].type, number_in(b, half, tally[0].type)
        close = b.icmp_unsigned("!=", nearer(b, tally, lead), ir.Constant(kind, None))
        doubtful = b.select(close, constant(SHORTS, 255), ir.Constant(kind, None))
        return [b.bitcast(b.shl(x, shift), vector_type(BYTES)) for x in (tally[0], doubtful)]

    return emitted(types.UniTuple(BYTES, 2), (tally, types.int64, types.int64), build)
