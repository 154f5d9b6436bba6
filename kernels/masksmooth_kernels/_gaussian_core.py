"""A tile of weighted means: what `masksmooth_kernels.gaussian` computes, in vectors.

Scalar meaning, for each pixel ``i``, in integers::

    total = 1 << (shift - 1)
    for (a, b, c, d), (v, w) in entries:
        total += (a[i] + b[i]) * v + (c[i] + d[i]) * w
    out[i] = total >> shift

An entry is four tiles: a frame and the one as far on the other side, which weighs the same, or zeros; twice.
Bytes become 16-bit lanes (the even ones masked, the odd ones shifted), pairs are added there, and two of
them at once are multiplied and added in 32 bits (pmaddwd). Nothing is rounded before the last shift, so
neither the order of the frames nor how they are paired changes a bit.

Importing this module imports numba.
"""

from __future__ import annotations

from numba.extending import register_jitable

from masksmooth_kernels import _memory as memory
from masksmooth_kernels import _simd as simd
from masksmooth_kernels._tiles import following, put
from masksmooth_kernels.job import PAIRS


@register_jitable
def pair_up(recipe: int, output: int, count: int, at: int) -> tuple[int, int, int]:
    """Write the addresses of an output's entries beyond those of its window; return what goes with them.

    Returns
    -------
    entries : int
        How many there are.
    weights : int
        Where their weights are.
    shift : int
        What these are in units of.
    """
    first, entries = output * memory.number(recipe, 4), memory.number(memory.number(recipe, 2), output)
    for q in range(4 * entries):
        k = memory.number(memory.number(recipe, 0), 4 * first + q)
        address = memory.number(at, k) if k < count else memory.number(recipe, 5)
        memory.set_number(at, PAIRS + q, address)
    return entries, memory.number(recipe, 1) + 8 * first, memory.number(memory.number(recipe, 3), output)


def means(
    recipe: int, output: int, together: int, count: int, at: int, to: int, size: int, head: int
) -> None:
    """Write a tile of outputs in turn; ``at`` has the addresses of their windows' tiles, ``to`` theirs.

    ``recipe`` is where `weights.GaussianRecipe` lies.
    """
    for j in range(together):
        entries, weights, bits = pair_up(recipe, output + j, count, at + 8 * j)
        pairs = at + 8 * (j + PAIRS)
        shift, half = simd.ints_of(bits), simd.ints_of(1 << (bits - 1))
        out = memory.number(to, j)
        i = 0
        while i < size:
            even_low, even_high, odd_low, odd_high = half, half, half, half
            for e in range(entries):
                a, b = (
                    simd.load(memory.number(pairs, 4 * e) + i),
                    simd.load(memory.number(pairs, 4 * e + 1) + i),
                )
                c, d = (
                    simd.load(memory.number(pairs, 4 * e + 2) + i),
                    simd.load(memory.number(pairs, 4 * e + 3) + i),
                )
                weight = simd.ints_of(memory.number(weights, e))
                x, y = simd.add(simd.even(a), simd.even(b)), simd.add(simd.even(c), simd.even(d))
                even_low = simd.add_ints(even_low, simd.weighted_low(x, y, weight))
                even_high = simd.add_ints(even_high, simd.weighted_high(x, y, weight))
                x, y = simd.add(simd.odd(a), simd.odd(b)), simd.add(simd.odd(c), simd.odd(d))
                odd_low = simd.add_ints(odd_low, simd.weighted_low(x, y, weight))
                odd_high = simd.add_ints(odd_high, simd.weighted_high(x, y, weight))
            put(out + i, simd.pack(even_low, even_high, odd_low, odd_high, shift))
            i = following(i, size, head)
