"""Ranges of votes: what `masksmooth_kernels.vote` computes, in vectors.

Scalar meaning: `_exact`. Where 32 pixels are the same in all frames of a group's windows they are copied.
Otherwise, 32 pixels at once: what has more than half of the weight wins, and it can only be one. Of each
pixel the least and the greatest label of its window are tried, which where there are two labels are both, and
if neither wins everywhere, its own. They are weighed in bytes; `recipes.vote_recipe` says how many are
certainly more than half. On the masks of a network that leaves few pixels, where three regions meet, which
go to `_exact` one by one.

Importing this module imports numba.
"""

from __future__ import annotations

from typing import Any

from numba.extending import register_jitable

from masksmooth_kernels import _memory as memory
from masksmooth_kernels import _simd as simd
from masksmooth_kernels._memory import number
from masksmooth_kernels._tiles import following, put
from masksmooth_kernels.recipes import BALLOTS, CENTRES, EXACT, FRAMES, WINS


@register_jitable
def _exact(i: int, at: int, window: tuple[int, int, int]) -> int:
    """Return the label of the greatest weight; of several the centre frame's, or else the lowest."""
    count, weights, centre = window
    own = memory.byte(number(at, centre) + i)
    best, most = own, 0
    for k in range(-1, count):  # the centre first: it keeps a tie
        label = own if k < 0 else memory.byte(number(at, k) + i)
        total = 0
        for q in range(count):
            if memory.byte(number(at, q) + i) == label:
                total += number(weights, q)
        if total > most or (total == most and best != own and label < best):
            best, most = label, total
    return int(best)


@register_jitable
def _moving(frames: int, at: int, i: int) -> bool:
    """Whether 32 pixels are not the same in all frames."""
    first = simd.load(number(at, 0) + i)
    unlike = simd.differing(first, first)
    for k in range(1, frames):
        unlike = simd.either(unlike, simd.differing(first, simd.load(number(at, k) + i)))
    return bool(simd.any_bit(unlike))


@register_jitable
def _chosen(at: int, i: int, count: int, ballots: int, wins: Any) -> tuple[Any, Any]:
    """Return of each pixel the least or the greatest label if it wins, and 255 where one does."""
    low = simd.load(number(at, 0) + i)
    high = low
    for k in range(1, count):
        x = simd.load(number(at, k) + i)
        low, high = simd.minimum(low, x), simd.maximum(high, x)
    lows = simd.differing(low, low)
    highs = lows
    for k in range(count):
        x, ballot = simd.load(number(at, k) + i), simd.bytes_of(number(ballots, k))
        lows = simd.plus(lows, simd.both(ballot, simd.equal(x, low)))
        highs = simd.plus(highs, simd.both(ballot, simd.equal(x, high)))
    highest, lowest = simd.equal(simd.maximum(highs, wins), highs), simd.equal(simd.maximum(lows, wins), lows)
    return simd.either(simd.both(highest, high), simd.both(lowest, low)), simd.either(highest, lowest)


@register_jitable
def _own(at: int, i: int, count: int, centre: int, ballots: int, wins: Any) -> tuple[Any, Any]:
    """Return of each pixel its own label if it wins, and 255 where it does."""
    own = simd.load(number(at, centre) + i)
    score = simd.differing(own, own)
    for k in range(count):
        same = simd.equal(own, simd.load(number(at, k) + i))
        score = simd.plus(score, simd.both(simd.bytes_of(number(ballots, k)), same))
    won = simd.equal(simd.maximum(score, wins), score)
    return simd.both(won, own), won


@register_jitable
def _decide(recipe: int, output: int, count: int, at: int, out: int, i: int) -> None:
    """Write 32 pixels of an output."""
    row = 8 * output * number(recipe, FRAMES)
    ballots, centre = number(recipe, BALLOTS) + row, number(number(recipe, CENTRES), output)
    wins = simd.bytes_of(number(number(recipe, WINS), output))
    label, won = _chosen(at, i, count, ballots, wins)
    lost = simd.bits_of(simd.differing(won, simd.bytes_of(255)))
    if lost == 0:
        put(out + i, label)
        return
    own, also = _own(at, i, count, centre, ballots, wins)
    simd.store(out + i, simd.either(label, own))
    lost &= simd.bits_of(simd.differing(also, simd.bytes_of(255)))
    while lost:
        q = i + simd.lowest_bit(lost)
        memory.set_byte(out + q, _exact(q, at, (count, number(recipe, EXACT) + row, centre)))
        lost &= lost - 1


def votes(recipe: int, output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    """Write a range of outputs in turn; ``at`` has the addresses of their windows' frames, ``to`` theirs.

    ``recipe`` is where `recipes.vote_recipe` put what it needs to know.
    """
    i, last, first = 0, size - simd.WIDTH, number(to, 0)
    while True:
        if _moving(count + together - 1, at, i):
            for j in range(together):
                _decide(recipe, output + j, count, at + 8 * j, number(to, j), i)
        else:
            same = simd.load(number(at, 0) + i)
            for j in range(together):
                put(number(to, j) + i, same)
        if i == last:
            return
        i = following(first, i, last)
