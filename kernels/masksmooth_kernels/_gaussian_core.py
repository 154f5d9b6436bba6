"""Ranges of weighted means: what `masksmooth_kernels.gaussian` computes, in vectors.

Whole windows of evenly spaced frames, which weigh the same on either side, are unrolled (`_means`), one
function for each window for numba to keep on disk. A window that is cut, or whose frames are unevenly spaced,
goes through `_any`. Its scalar meaning, for each pixel ``i``, in integers::

    total = 1 << (shift - 1)
    for (a, b), (v, w) in entries:
        total += a[i] * v + b[i] * w
    out[i] = total >> shift

An entry is two frames, or one and the same again. Nothing is rounded before the last shift, so neither the
order of the frames nor how they are paired changes a bit.

Importing this module imports numba.
"""

from __future__ import annotations

from numba.extending import register_jitable

from masksmooth_kernels import _memory as memory
from masksmooth_kernels import _simd as simd
from masksmooth_kernels import _sums as sums
from masksmooth_kernels._frames import addresses, alike, vectors
from masksmooth_kernels._means import means_of, weights_at
from masksmooth_kernels._memory import number
from masksmooth_kernels._tiles import apart, ask, offset, put, put_four
from masksmooth_kernels.job import PAIRS
from masksmooth_kernels.recipes import ENTRIES, LONGEST, SHIFTS, TAPS, TERMS, UNIT, WEIGHTS, WHOLE


@register_jitable
def one(window: tuple[int, ...], recipe: int, at: int, to: int, tiles: int) -> None:
    """Write tiles of one output."""
    weights, bits = weights_at(number(recipe, TERMS), window), number(recipe, UNIT)
    half, shift = sums.ints_of(1 << (bits - 1)), sums.ints_of(bits)
    frames, out, cached = addresses(at, window), number(to, 0), apart(to, 1)
    for v in range(2 * tiles):
        i = offset(to, v)
        ask(to, 1, i)
        put(out + i, means_of(vectors(frames, i), (0,), weights, half, shift)[0], cached)


@register_jitable
def four(window: tuple[int, ...], recipe: int, at: int, to: int, tiles: int) -> None:
    """Write tiles of four outputs in turn."""
    weights, bits = weights_at(number(recipe, TERMS), window), number(recipe, UNIT)
    half, shift = sums.ints_of(1 << (bits - 1)), sums.ints_of(bits)
    frames, outs = addresses(at, (*window, 0, 0, 0)), addresses(to, (0, 0, 0, 0))
    cached = apart(to, 4)
    for v in range(2 * tiles):
        i = offset(to, v)
        ask(to, 4, i)
        seen = vectors(frames, i)
        means = (seen[0], seen[0], seen[0], seen[0])
        if not alike(seen):
            means = means_of(seen, (0, 0, 0, 0), weights, half, shift)
        put_four(outs, i, means, cached)


@register_jitable
def _any(recipe: int, output: int, at: int, to: int, tiles: int) -> None:
    """Write tiles of one output, whatever its weights."""
    first, entries = output * number(recipe, LONGEST), number(number(recipe, ENTRIES), output)
    taps, weights = number(recipe, TAPS) + 16 * first, number(recipe, WEIGHTS) + 8 * first
    bits = number(number(recipe, SHIFTS), output)
    shift, half = sums.ints_of(bits), sums.ints_of(1 << (bits - 1))
    for q in range(2 * entries):
        memory.set_number(at, PAIRS + q, number(at, number(taps, q)))
    pairs, out, cached = at + 8 * PAIRS, number(to, 0), apart(to, 1)
    for v in range(2 * tiles):
        i = offset(to, v)
        ask(to, 1, i)
        same = simd.load(number(pairs, 0) + i)
        unlike = simd.differing(same, same)
        for q in range(1, 2 * entries):
            unlike = simd.either(unlike, simd.differing(same, simd.load(number(pairs, q) + i)))
        if not simd.any_bit(unlike):
            put(out + i, same, cached)
            continue
        even_low, even_high, odd_low, odd_high = half, half, half, half
        for e in range(entries):
            x, y = simd.load(number(pairs, 2 * e) + i), simd.load(number(pairs, 2 * e + 1) + i)
            weight = sums.ints_of(number(weights, e))
            even_low = sums.add_ints(even_low, sums.weighted_low(simd.even(x), simd.even(y), weight))
            even_high = sums.add_ints(even_high, sums.weighted_high(simd.even(x), simd.even(y), weight))
            odd_low = sums.add_ints(odd_low, sums.weighted_low(simd.odd(x), simd.odd(y), weight))
            odd_high = sums.add_ints(odd_high, sums.weighted_high(simd.odd(x), simd.odd(y), weight))
        put(out + i, sums.pack(even_low, even_high, odd_low, odd_high, shift), cached)


@register_jitable
def means(window: tuple[int, ...], recipe: int, which: tuple[int, int], at: int, to: int, tiles: int) -> None:
    """Write tiles of one output, or of four in turn; ``at`` has the addresses of their windows' frames.

    ``recipe`` is where `recipes.gaussian_recipe` put what it needs to know.
    """
    output, together = which
    whole = 0
    for j in range(together):
        whole += number(number(recipe, WHOLE), output + j)
    if whole == 4:
        four(window, recipe, at, to, tiles)
        return
    for j in range(together):
        memory.set_number(to, 0, number(to, j))
        if number(number(recipe, WHOLE), output + j):
            one(window, recipe, at + 8 * j, to, tiles)
        else:
            _any(recipe, output + j, at + 8 * j, to, tiles)


_1, _3, _5, _7, _9, _11, _13, _15 = ((0,) * window for window in range(1, 16, 2))
_17, _19, _21, _23, _25, _27, _29, _31 = ((0,) * window for window in range(17, 32, 2))


def means_1(recipe: int, output: int, together: int, _frames: int, at: int, to: int, tiles: int) -> None:
    means(_1, recipe, (output, together), at, to, tiles)


def means_3(recipe: int, output: int, together: int, _frames: int, at: int, to: int, tiles: int) -> None:
    means(_3, recipe, (output, together), at, to, tiles)


def means_5(recipe: int, output: int, together: int, _frames: int, at: int, to: int, tiles: int) -> None:
    means(_5, recipe, (output, together), at, to, tiles)


def means_7(recipe: int, output: int, together: int, _frames: int, at: int, to: int, tiles: int) -> None:
    means(_7, recipe, (output, together), at, to, tiles)


def means_9(recipe: int, output: int, together: int, _frames: int, at: int, to: int, tiles: int) -> None:
    means(_9, recipe, (output, together), at, to, tiles)


def means_11(recipe: int, output: int, together: int, _frames: int, at: int, to: int, tiles: int) -> None:
    means(_11, recipe, (output, together), at, to, tiles)


def means_13(recipe: int, output: int, together: int, _frames: int, at: int, to: int, tiles: int) -> None:
    means(_13, recipe, (output, together), at, to, tiles)


def means_15(recipe: int, output: int, together: int, _frames: int, at: int, to: int, tiles: int) -> None:
    means(_15, recipe, (output, together), at, to, tiles)


def means_17(recipe: int, output: int, together: int, _frames: int, at: int, to: int, tiles: int) -> None:
    means(_17, recipe, (output, together), at, to, tiles)


def means_19(recipe: int, output: int, together: int, _frames: int, at: int, to: int, tiles: int) -> None:
    means(_19, recipe, (output, together), at, to, tiles)


def means_21(recipe: int, output: int, together: int, _frames: int, at: int, to: int, tiles: int) -> None:
    means(_21, recipe, (output, together), at, to, tiles)


def means_23(recipe: int, output: int, together: int, _frames: int, at: int, to: int, tiles: int) -> None:
    means(_23, recipe, (output, together), at, to, tiles)


def means_25(recipe: int, output: int, together: int, _frames: int, at: int, to: int, tiles: int) -> None:
    means(_25, recipe, (output, together), at, to, tiles)


def means_27(recipe: int, output: int, together: int, _frames: int, at: int, to: int, tiles: int) -> None:
    means(_27, recipe, (output, together), at, to, tiles)


def means_29(recipe: int, output: int, together: int, _frames: int, at: int, to: int, tiles: int) -> None:
    means(_29, recipe, (output, together), at, to, tiles)


def means_31(recipe: int, output: int, together: int, _frames: int, at: int, to: int, tiles: int) -> None:
    means(_31, recipe, (output, together), at, to, tiles)
