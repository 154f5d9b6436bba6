"""Ranges of weighted means: what `masksmooth_kernels.gaussian` computes, in vectors.

Whole windows of evenly spaced frames, which weigh the same on either side, are unrolled (`_means`; four in
turn by `_pair_means`, where a processor has what that takes), one function for each window for numba to keep
on disk. A window that is cut, or whose frames are unevenly spaced, goes through `several`. Its scalar
meaning, for each pixel ``i``, in integers::

    total = 1 << (shift - 1)
    for (a, b), (v, w) in entries:
        total += a[i] * v + b[i] * w
    out[i] = total >> shift

An entry is two frames, or one and the same again. Nothing is rounded before the last shift, so neither the
order of the frames nor how they are paired changes a bit.

Importing this module imports numba.
"""

from __future__ import annotations

from typing import Any

from masksmooth_kernels import _memory as memory
from masksmooth_kernels import _simd as simd
from masksmooth_kernels import _sums as sums
from masksmooth_kernels._frames import addresses, alike, lines, vectors
from masksmooth_kernels._means import means_of, weights_at
from masksmooth_kernels._memory import number
from masksmooth_kernels._pair_means import available, pair_means, pair_weights
from masksmooth_kernels._part import part
from masksmooth_kernels._tiles import apart, ask, offset, put_line, put_lines, put_tiles
from masksmooth_kernels.job import CACHED, MOVING, PAIRS
from masksmooth_kernels.recipes import (
    BEFORE,
    ENTRIES,
    LONGEST,
    SEVERAL,
    SHIFTS,
    TAPS,
    TERMS,
    UNIT,
    WEIGHTS,
    WHOLE,
)


@part
def one(window: tuple[int, ...], recipe: int, at: int, to: int, tiles: int) -> None:
    """Write tiles of one output."""
    weights, bits = weights_at(number(recipe, TERMS), window), number(recipe, UNIT)
    half, shift = sums.ints_of(1 << (bits - 1)), sums.ints_of(bits)
    frames, out, cached = addresses(at, window), number(to, 0), apart(to, 1)
    for tile in range(tiles):
        i = offset(to, tile)
        ask(to, 1, i)
        lower = means_of(vectors(frames, i), (0,), weights, half, shift)[0]
        upper = means_of(vectors(frames, i + simd.WIDTH), (0,), weights, half, shift)[0]
        put_line(out + i, lower, upper, i | cached)


@part
def four(window: tuple[int, ...], recipe: int, at: int, to: int, tiles: int) -> None:
    """Write tiles of four outputs in turn."""
    weights, bits = weights_at(number(recipe, TERMS), window), number(recipe, UNIT)
    half, shift = sums.ints_of(1 << (bits - 1)), sums.ints_of(bits)
    frames, outs = addresses(at, (*window, 0, 0, 0)), addresses(to, (0, 0, 0, 0))
    cached = apart(to, 4)
    for tile in range(tiles):
        i = offset(to, tile)
        ask(to, 4, i)
        seen, then = vectors(frames, i), vectors(frames, i + simd.WIDTH)
        lower, upper = (seen[0], seen[0], seen[0], seen[0]), (then[0], then[0], then[0], then[0])
        if not alike(seen):
            lower = means_of(seen, (0, 0, 0, 0), weights, half, shift)
        if not alike(then):
            upper = means_of(then, (0, 0, 0, 0), weights, half, shift)
        put_lines(outs, i, lower, upper, cached)


@part
def four_by_pairs(window: tuple[int, ...], recipe: int, at: int, to: int, tiles: int) -> None:
    """Do as `four` does, where `_pair_means` can."""
    weights, bits = pair_weights(number(recipe, TERMS), window), number(recipe, UNIT)
    frames, outs = addresses(at, (*window, 0, 0, 0)), addresses(to, (0, 0, 0, 0))
    cached = number(to, CACHED)
    for tile in range(tiles):
        i = offset(to, tile)
        ask(to, 4, i)
        seen = lines(frames, i)
        means = (seen[0], seen[0], seen[0], seen[0])
        if not alike(seen):
            means = pair_means(seen, weights, bits)
        put_tiles(outs, i, means, cached)


whole_windows = four_by_pairs if available() else four


@part
def _still(frames: int, at: int, i: int) -> bool:
    """Whether a tile is the same in all frames."""
    then = i + simd.WIDTH
    first, second = simd.load(number(at, 0) + i), simd.load(number(at, 0) + then)
    unlike = simd.differing(first, first)
    for k in range(1, frames):
        unlike = simd.either(unlike, simd.differing(first, simd.load(number(at, k) + i)))
        unlike = simd.either(unlike, simd.differing(second, simd.load(number(at, k) + then)))
    return not simd.any_bit(unlike)


@part
def _any(pairs: int, weights: int, entries: int, i: int, units: tuple[Any, Any]) -> Any:
    """Return the means of 32 pixels, whatever the weights."""
    half, shift = units
    even_low, even_high, odd_low, odd_high = half, half, half, half
    for e in range(entries):
        x, y = simd.load(number(pairs, 2 * e) + i), simd.load(number(pairs, 2 * e + 1) + i)
        weight = sums.ints_of(number(weights, e))
        even_low = sums.add_ints(even_low, sums.weighted_low(simd.even(x), simd.even(y), weight))
        even_high = sums.add_ints(even_high, sums.weighted_high(simd.even(x), simd.even(y), weight))
        odd_low = sums.add_ints(odd_low, sums.weighted_low(simd.odd(x), simd.odd(y), weight))
        odd_high = sums.add_ints(odd_high, sums.weighted_high(simd.odd(x), simd.odd(y), weight))
    return sums.pack(even_low, even_high, odd_low, odd_high, shift)


@part
def _moving(recipe: int, output: int, room: tuple[int, int], tiles: int, to: tuple[int, int]) -> None:
    """Write the tiles listed at `MOVING` of one output.

    ``room`` is where that list is, and where the addresses of the output's own window are.
    """
    first, entries = output * number(recipe, LONGEST), number(number(recipe, ENTRIES), output)
    taps, weights = number(recipe, TAPS) + 16 * first, number(recipe, WEIGHTS) + 8 * first
    bits = number(number(recipe, SHIFTS), output)
    units = sums.ints_of(1 << (bits - 1)), sums.ints_of(bits)
    for q in range(2 * entries):
        memory.set_number(room[0], PAIRS + q, number(room[1], number(taps, q)))
    pairs, (out, cached) = room[0] + 8 * PAIRS, to
    for tile in range(tiles):
        i = number(room[0], MOVING + tile)
        lower = _any(pairs, weights, entries, i, units)
        upper = _any(pairs, weights, entries, i + simd.WIDTH, units)
        put_line(out + i, lower, upper, i | cached)


def several(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    """Write tiles of outputs of which some have cut windows or uneven times.

    It is compiled once for all windows, and called by its address: a first call takes a tenth less so, and
    that of another window a third.
    """
    cached, before, moving = apart(to, together), number(recipe, BEFORE) + 8 * output, 0
    for tile in range(tiles):
        i = offset(to, tile)
        ask(to, together, i)
        if _still(frames, at, i):
            lower, upper = simd.load(number(at, 0) + i), simd.load(number(at, 0) + i + simd.WIDTH)
            for j in range(together):
                put_line(number(to, j) + i, lower, upper, i | cached)
        else:
            memory.set_number(at, MOVING + moving, i)
            moving += 1
    for j in range(together):  # its window begins so many frames after the first one's
        own = at + 8 * (j + number(before, 0) - number(before, j))
        _moving(recipe, output + j, (at, own), moving, (number(to, j), cached))


@part
def means(
    window: tuple[int, ...], recipe: int, which: tuple[int, int, int], at: int, to: int, tiles: int
) -> None:
    """Write tiles of one output, or of four in turn; ``at`` has the addresses of the frames they see.

    ``recipe`` is where `recipes.gaussian_recipe` put what it needs to know.
    """
    output, together, frames = which
    whole = 0
    for j in range(together):
        whole += number(number(recipe, WHOLE), output + j)
    if whole == 4:
        whole_windows(window, recipe, at, to, tiles)
    elif whole == together == 1:
        one(window, recipe, at, to, tiles)
    else:
        memory.call(number(recipe, SEVERAL), recipe, output, together, frames, at, to, tiles)


_1, _3, _5, _7, _9, _11, _13, _15 = ((0,) * window for window in range(1, 16, 2))
_17, _19, _21, _23, _25, _27, _29, _31 = ((0,) * window for window in range(17, 32, 2))


def means_1(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    means(_1, recipe, (output, together, frames), at, to, tiles)


def means_3(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    means(_3, recipe, (output, together, frames), at, to, tiles)


def means_5(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    means(_5, recipe, (output, together, frames), at, to, tiles)


def means_7(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    means(_7, recipe, (output, together, frames), at, to, tiles)


def means_9(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    means(_9, recipe, (output, together, frames), at, to, tiles)


def means_11(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    means(_11, recipe, (output, together, frames), at, to, tiles)


def means_13(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    means(_13, recipe, (output, together, frames), at, to, tiles)


def means_15(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    means(_15, recipe, (output, together, frames), at, to, tiles)


def means_17(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    means(_17, recipe, (output, together, frames), at, to, tiles)


def means_19(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    means(_19, recipe, (output, together, frames), at, to, tiles)


def means_21(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    means(_21, recipe, (output, together, frames), at, to, tiles)


def means_23(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    means(_23, recipe, (output, together, frames), at, to, tiles)


def means_25(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    means(_25, recipe, (output, together, frames), at, to, tiles)


def means_27(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    means(_27, recipe, (output, together, frames), at, to, tiles)


def means_29(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    means(_29, recipe, (output, together, frames), at, to, tiles)


def means_31(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    means(_31, recipe, (output, together, frames), at, to, tiles)
