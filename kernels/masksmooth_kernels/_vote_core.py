"""A tile of votes: what `masksmooth_kernels.vote` computes, in vectors.

Scalar meaning: `_exact`. It is what decides wherever a pixel sees three labels or more, or two that are too
near to a tie for the vectors' weights. Otherwise, 32 pixels at once: the least and the greatest label of each
pixel's window, and the sum of the weights of the frames that have the greatest, which wins if that is more
than half. On the masks of a network that is all but a few pixels where three regions meet.

Importing this module imports numba.
"""

from __future__ import annotations

from typing import Any

from numba.extending import register_jitable

from masksmooth_kernels import _memory as memory
from masksmooth_kernels import _simd as simd
from masksmooth_kernels._gaussian_core import pair_up
from masksmooth_kernels._tiles import following, put
from masksmooth_kernels.job import PAIRS


@register_jitable
def _exact(i: int, at: int, window: tuple[int, int, int]) -> int:
    """Return the label of the greatest weight; of several the centre frame's, or else the lowest."""
    count, weights, centre = window
    own = memory.byte(memory.number(at, centre) + i)
    best, most = own, 0
    for k in range(-1, count):  # the centre first: it keeps a tie
        label = own if k < 0 else memory.byte(memory.number(at, k) + i)
        total = 0
        for q in range(count):
            if memory.byte(memory.number(at, q) + i) == label:
                total += memory.number(weights, q)
        if total > most or (total == most and best != own and label < best):
            best, most = label, total
    return int(best)


@register_jitable
def _range(here: int, count: int, i: int) -> tuple[Any, Any, Any]:
    """Return the least and the greatest label of each pixel, and 255 where there is no other."""
    low = simd.load(memory.number(here, 0) + i)
    high = low
    for k in range(1, count):
        x = simd.load(memory.number(here, k) + i)
        low, high = simd.minimum(low, x), simd.maximum(high, x)
    known = simd.bytes_of(255)
    for k in range(count):
        x = simd.load(memory.number(here, k) + i)
        known = simd.both(known, simd.either(simd.equal(x, low), simd.equal(x, high)))
    return low, high, known


@register_jitable
def _scores(pairs: int, weights: int, entries: int, i: int, label: Any) -> Any:
    """Return the weight of each pixel's ``label``, as `_gaussian_core` sums."""
    one, nothing = simd.bytes_of(1), simd.ints_of(0)
    even_low, even_high, odd_low, odd_high = nothing, nothing, nothing, nothing
    for e in range(entries):
        a = simd.both(one, simd.equal(label, simd.load(memory.number(pairs, 4 * e) + i)))
        b = simd.both(one, simd.equal(label, simd.load(memory.number(pairs, 4 * e + 1) + i)))
        c = simd.both(one, simd.equal(label, simd.load(memory.number(pairs, 4 * e + 2) + i)))
        d = simd.both(one, simd.equal(label, simd.load(memory.number(pairs, 4 * e + 3) + i)))
        weight = simd.ints_of(memory.number(weights, e))
        x, y = simd.add(simd.even(a), simd.even(b)), simd.add(simd.even(c), simd.even(d))
        even_low = simd.add_ints(even_low, simd.weighted_low(x, y, weight))
        even_high = simd.add_ints(even_high, simd.weighted_high(x, y, weight))
        x, y = simd.add(simd.odd(a), simd.odd(b)), simd.add(simd.odd(c), simd.odd(d))
        odd_low = simd.add_ints(odd_low, simd.weighted_low(x, y, weight))
        odd_high = simd.add_ints(odd_high, simd.weighted_high(x, y, weight))
    return even_low, even_high, odd_low, odd_high


@register_jitable
def _halves(scores: Any, more: Any, shift: Any) -> Any:
    """Return how many halves of all the weight a score with something added has, 0 .. 255."""
    return simd.pack(
        simd.add_ints(scores[0], more),
        simd.add_ints(scores[1], more),
        simd.add_ints(scores[2], more),
        simd.add_ints(scores[3], more),
        shift,
    )


def votes(
    recipe: int, output: int, together: int, count: int, at: int, to: int, size: int, head: int
) -> None:
    """Write a tile of outputs in turn; ``at`` has the addresses of their windows' tiles, ``to`` theirs.

    ``recipe`` is where `vote._core` put what it needs to know.
    """
    all_bits, two = simd.bytes_of(255), simd.bytes_of(2)
    for j in range(together):
        first, here, out = output + j, at + 8 * j, memory.number(to, j)
        pairs = here + 8 * PAIRS
        entries, weights, bits = pair_up(recipe, first, count, here)
        shift, margin = simd.ints_of(bits - 1), (1 << bits) // 8192 + 1  # 3 times what weights are off by
        above, below = simd.ints_of((1 << bits) + margin), simd.ints_of((1 << bits) - margin)
        exact = memory.number(recipe, 6) + 8 * first * memory.number(recipe, 7)
        window = count, exact, memory.number(memory.number(recipe, 8), first)
        i = 0
        while i < size:
            low, high, known = _range(here, count, i)
            moving = simd.differing(simd.equal(low, high), all_bits)
            if simd.any_bit(moving):
                scores = _scores(pairs, weights, entries, i, high)
                most, least = _halves(scores, above, shift), _halves(scores, below, shift)
                loses = simd.equal(most, two)  # one half is what was added, and another is not reached
                low = simd.either(simd.both(loses, low), simd.both(simd.differing(loses, all_bits), high))
                unsure = simd.either(simd.differing(known, all_bits), simd.differing(most, least))
                put(out + i, low)
                if simd.any_bit(simd.both(moving, unsure)):
                    for q in range(i, i + simd.WIDTH):
                        memory.set_byte(out + q, _exact(q, here, window))
            else:
                put(out + i, low)
            i = following(i, size, head)
