"""Ranges of weighted means: what `masksmooth_kernels.gaussian` computes, in vectors.

Four whole windows of evenly spaced frames in turn, as most are, are unrolled (`whole`), one function for each
window for numba to keep on disk. `one` and `four` do all others, as those that are cut, or of unevenly spaced
frames. Each is compiled where it is needed first, and called by its address. The scalar meaning of `one` and
`four`, for each pixel ``i``, in integers::

    total = 1 << (shift - 1)
    for (a, b), (v, w) in entries:
        total += a[i] * v + b[i] * w
    out[i] = total >> shift

An entry is two frames, or one and the same again. A weight is 0 where a frame is none of a window's.

Importing this module imports numba.
"""

from __future__ import annotations

from masksmooth_kernels import _memory as memory
from masksmooth_kernels._frames import addresses, alike, lines, still
from masksmooth_kernels._means import four_means, halves, means_of, repeated, weighed, weights_at
from masksmooth_kernels._memory import number
from masksmooth_kernels._part import part
from masksmooth_kernels._tiles import ask, offset, put_each
from masksmooth_kernels.job import CACHED, PAIRS, TOGETHER
from masksmooth_kernels.recipes import BEGIN, ENTRIES, SHIFTS, TAPS, TERMS, UNIT, WAYS, WEIGHTS


def means(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    """Write tiles of one output, or of four in turn; ``at`` has the addresses of the frames they see.

    ``recipe`` is where `recipes.gaussian_recipe` put what it needs to know.
    """
    memory.call(number(number(recipe, WAYS), output), recipe, output, together, frames, at, to, tiles)


@part
def whole(window: tuple[int, ...], recipe: int, at: int, to: int, tiles: int) -> None:
    """Write tiles of four outputs in turn, whose windows are whole."""
    weights, shift = weights_at(number(recipe, TERMS), window), number(recipe, UNIT)
    frames, outs = addresses(at, (*window, 0, 0, 0)), addresses(to, (0, 0, 0, 0))
    cached = number(to, CACHED)
    for tile in range(tiles):
        i = offset(to, tile)
        ask(to, 4, i)
        seen = lines(frames, i)
        means = repeated(seen[0], outs)
        if not alike(seen):
            means = four_means(seen, weights, shift)
        put_each(outs, i, means, cached)


@part
def some(outputs: tuple[int, ...], recipe: int, output: int, at: int, to: int, tiles: int) -> None:
    """Write tiles of outputs, whatever their windows."""
    first, entries = number(number(recipe, BEGIN), output), number(number(recipe, ENTRIES), output)
    taps, weights = number(recipe, TAPS) + 16 * first, number(recipe, WEIGHTS) + 8 * TOGETHER * first
    shifts, outs = addresses(number(recipe, SHIFTS) + 8 * output, outputs), addresses(to, outputs)
    pairs, cached = at + 8 * PAIRS, number(to, CACHED)
    for q in range(2 * entries):
        memory.set_number(pairs, q, number(at, number(taps, q)))
    for tile in range(tiles):
        i = offset(to, tile)
        ask(to, len(outputs), i)
        means = repeated(lines(addresses(pairs, (0,)), i)[0], outs)
        if len(outputs) == 1 or not still(pairs, 2 * entries, i):
            totals = halves(shifts)
            for e in range(entries):
                totals = weighed(totals, pairs + 16 * e, i, weights + 8 * TOGETHER * e)
            means = means_of(totals, shifts)
        put_each(outs, i, means, cached)


def one(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    some((0,), recipe, output, at, to, tiles)


def four(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    some((0, 0, 0, 0), recipe, output, at, to, tiles)


_1, _3, _5, _7, _9, _11, _13, _15 = ((0,) * window for window in range(1, 16, 2))
_17, _19, _21, _23, _25, _27, _29, _31 = ((0,) * window for window in range(17, 32, 2))


def whole_1(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    whole(_1, recipe, at, to, tiles)


def whole_3(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    whole(_3, recipe, at, to, tiles)


def whole_5(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    whole(_5, recipe, at, to, tiles)


def whole_7(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    whole(_7, recipe, at, to, tiles)


def whole_9(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    whole(_9, recipe, at, to, tiles)


def whole_11(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    whole(_11, recipe, at, to, tiles)


def whole_13(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    whole(_13, recipe, at, to, tiles)


def whole_15(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    whole(_15, recipe, at, to, tiles)


def whole_17(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    whole(_17, recipe, at, to, tiles)


def whole_19(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    whole(_19, recipe, at, to, tiles)


def whole_21(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    whole(_21, recipe, at, to, tiles)


def whole_23(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    whole(_23, recipe, at, to, tiles)


def whole_25(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    whole(_25, recipe, at, to, tiles)


def whole_27(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    whole(_27, recipe, at, to, tiles)


def whole_29(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    whole(_29, recipe, at, to, tiles)


def whole_31(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    whole(_31, recipe, at, to, tiles)
