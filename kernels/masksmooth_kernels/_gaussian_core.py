"""Ranges of weighted means: what `masksmooth_kernels.gaussian` computes, in vectors.

Whole windows of evenly spaced frames, which weigh the same on either side, are unrolled (`_means`), one
function for each window for numba to keep on disk; where 32 pixels are the same in all frames they are
copied. A window that is cut, or whose frames are unevenly spaced, goes through `_any`. Its scalar meaning, for
each pixel ``i``, in integers::

    total = 1 << (shift - 1)
    for (a, b, c, d), (v, w) in entries:
        total += (a[i] + b[i]) * v + (c[i] + d[i]) * w
    out[i] = total >> shift

An entry is four frames: one and the one as far on the other side, which weighs the same, or zeros; twice.
Nothing is rounded before the last shift, so neither the order of the frames nor how they are paired changes
a bit.

Importing this module imports numba.
"""

from __future__ import annotations

from numba.extending import register_jitable

from masksmooth_kernels import _memory as memory
from masksmooth_kernels import _simd as simd
from masksmooth_kernels._frames import addresses, alike, vectors
from masksmooth_kernels._means import means_of, weights_at
from masksmooth_kernels._memory import number
from masksmooth_kernels._tiles import following, put, put_four
from masksmooth_kernels.job import PAIRS
from masksmooth_kernels.recipes import ENTRIES, LONGEST, SHIFTS, TAPS, TERMS, UNIT, WEIGHTS, WHOLE, ZEROS


@register_jitable
def one(window: tuple[int, ...], recipe: int, at: int, to: int, size: int) -> None:
    """Write a range of one output."""
    weights, bits = weights_at(number(recipe, TERMS), window), number(recipe, UNIT)
    half, shift = simd.ints_of(1 << (bits - 1)), simd.ints_of(bits)
    frames, out, last = addresses(at, window), number(to, 0), size - simd.WIDTH
    i = 0
    while True:
        seen = vectors(frames, i)
        mean = seen[0]
        if not alike(seen):
            mean = means_of(seen, (0,), weights, half, shift)[0]
        put(out + i, mean)
        if i == last:
            return
        i = following(out, i, last)


@register_jitable
def four(window: tuple[int, ...], recipe: int, at: int, to: int, size: int) -> None:
    """Write a range of four outputs in turn."""
    weights, bits = weights_at(number(recipe, TERMS), window), number(recipe, UNIT)
    half, shift = simd.ints_of(1 << (bits - 1)), simd.ints_of(bits)
    frames, outs, last = addresses(at, window + (0, 0, 0)), addresses(to, (0, 0, 0, 0)), size - simd.WIDTH
    i = 0
    while True:
        seen = vectors(frames, i)
        means = (seen[0], seen[0], seen[0], seen[0])
        if not alike(seen):
            means = means_of(seen, (0, 0, 0, 0), weights, half, shift)
        put_four(outs, i, means)
        if i == last:
            return
        i = following(outs[0], i, last)


@register_jitable
def _pair_up(recipe: int, output: int, count: int, at: int) -> int:
    """Write the addresses of an output's entries beyond those of its window; return how many entries."""
    first, entries = output * number(recipe, LONGEST), number(number(recipe, ENTRIES), output)
    for q in range(4 * entries):
        k = number(number(recipe, TAPS), 4 * first + q)
        memory.set_number(at, PAIRS + q, number(at, k) if k < count else number(recipe, ZEROS))
    return int(entries)


@register_jitable
def _any(recipe: int, output: int, count: int, at: int, out: int, size: int) -> None:
    """Write a range of one output, whatever its weights."""
    entries, bits = _pair_up(recipe, output, count, at), number(number(recipe, SHIFTS), output)
    pairs, weights = at + 8 * PAIRS, number(recipe, WEIGHTS) + 8 * output * number(recipe, LONGEST)
    shift, half = simd.ints_of(bits), simd.ints_of(1 << (bits - 1))
    i, last = 0, size - simd.WIDTH
    while True:
        even_low, even_high, odd_low, odd_high = half, half, half, half
        for e in range(entries):
            a, b = simd.load(number(pairs, 4 * e) + i), simd.load(number(pairs, 4 * e + 1) + i)
            c, d = simd.load(number(pairs, 4 * e + 2) + i), simd.load(number(pairs, 4 * e + 3) + i)
            weight = simd.ints_of(number(weights, e))
            x, y = simd.add(simd.even(a), simd.even(b)), simd.add(simd.even(c), simd.even(d))
            even_low = simd.add_ints(even_low, simd.weighted_low(x, y, weight))
            even_high = simd.add_ints(even_high, simd.weighted_high(x, y, weight))
            x, y = simd.add(simd.odd(a), simd.odd(b)), simd.add(simd.odd(c), simd.odd(d))
            odd_low = simd.add_ints(odd_low, simd.weighted_low(x, y, weight))
            odd_high = simd.add_ints(odd_high, simd.weighted_high(x, y, weight))
        put(out + i, simd.pack(even_low, even_high, odd_low, odd_high, shift))
        if i == last:
            return
        i = following(out, i, last)


@register_jitable
def means(
    window: tuple[int, ...], recipe: int, which: tuple[int, int, int], at: int, to: int, size: int
) -> None:
    """Write a range of one output, or of four in turn; ``at`` has the addresses of their windows' frames.

    ``recipe`` is where `recipes.gaussian_recipe` put what it needs to know.
    """
    output, together, count = which
    whole = 0
    for j in range(together):
        whole += number(number(recipe, WHOLE), output + j)
    if whole == 4:
        four(window, recipe, at, to, size)
        return
    for j in range(together):
        if number(number(recipe, WHOLE), output + j):
            one(window, recipe, at + 8 * j, to + 8 * j, size)
        else:
            _any(recipe, output + j, count, at + 8 * j, number(to, j), size)


_1, _3, _5, _7, _9, _11, _13, _15 = ((0,) * window for window in range(1, 16, 2))
_17, _19, _21, _23, _25, _27, _29, _31 = ((0,) * window for window in range(17, 32, 2))


def means_1(recipe: int, output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    means(_1, recipe, (output, together, count), at, to, size)


def means_3(recipe: int, output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    means(_3, recipe, (output, together, count), at, to, size)


def means_5(recipe: int, output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    means(_5, recipe, (output, together, count), at, to, size)


def means_7(recipe: int, output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    means(_7, recipe, (output, together, count), at, to, size)


def means_9(recipe: int, output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    means(_9, recipe, (output, together, count), at, to, size)


def means_11(recipe: int, output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    means(_11, recipe, (output, together, count), at, to, size)


def means_13(recipe: int, output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    means(_13, recipe, (output, together, count), at, to, size)


def means_15(recipe: int, output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    means(_15, recipe, (output, together, count), at, to, size)


def means_17(recipe: int, output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    means(_17, recipe, (output, together, count), at, to, size)


def means_19(recipe: int, output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    means(_19, recipe, (output, together, count), at, to, size)


def means_21(recipe: int, output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    means(_21, recipe, (output, together, count), at, to, size)


def means_23(recipe: int, output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    means(_23, recipe, (output, together, count), at, to, size)


def means_25(recipe: int, output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    means(_25, recipe, (output, together, count), at, to, size)


def means_27(recipe: int, output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    means(_27, recipe, (output, together, count), at, to, size)


def means_29(recipe: int, output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    means(_29, recipe, (output, together, count), at, to, size)


def means_31(recipe: int, output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    means(_31, recipe, (output, together, count), at, to, size)
