"""Ranges of votes: what `masksmooth_kernels.vote` computes, in vectors.

Scalar meaning: `_exact`. Where 32 pixels are the same in all frames of a group's windows they are copied.
Otherwise, 32 pixels at once: what has more than half of the weight wins, and it can only be one. Of each
pixel the least and the greatest label are tried, which where there are two labels are both. Where neither
wins (`_chosen`), the labels next to them are weighed too, and if these are all there are, the heaviest of
the four wins. Weights are bytes here; `recipes.vote_recipe` says from what sum, or lead, on the exact weights
say the same. What is nearer to a tie, or has five labels, goes to `_exact` pixel by pixel.

Importing this module imports numba.
"""

from __future__ import annotations

from typing import Any

from numba.extending import register_jitable

from masksmooth_kernels import _memory as memory
from masksmooth_kernels import _simd as simd
from masksmooth_kernels._memory import number
from masksmooth_kernels._tiles import offset, put
from masksmooth_kernels.job import CACHED
from masksmooth_kernels.recipes import BALLOTS, CENTRES, EXACT, FRAMES, LEADS, WINS


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
def _range(frames: int, at: int, i: int) -> tuple[Any, Any]:
    """Return the least and the greatest label of each pixel."""
    low = simd.load(number(at, 0) + i)
    high = low
    for k in range(1, frames):
        x = simd.load(number(at, k) + i)
        low, high = simd.minimum(low, x), simd.maximum(high, x)
    return low, high


@register_jitable
def _reaches(score: Any, least: Any) -> Any:
    """Return 255 where a score is not below the other, 0 elsewhere."""
    return simd.equal(simd.maximum(score, least), score)


@register_jitable
def _pick(where: Any, x: Any, y: Any) -> Any:
    """Return ``x`` where there is 255, and ``y`` where there is 0."""
    return simd.either(simd.both(where, x), simd.both(simd.differing(where, simd.bytes_of(255)), y))


@register_jitable
def _chosen(at: int, i: int, count: int, ballots: int, lead: int) -> tuple[Any, Any]:
    """Return of each pixel the heaviest label, and 255 where it is that for certain."""
    low, high = _range(count, at, i)
    none = simd.differing(low, low)
    above, below = simd.bytes_of(255), none
    for k in range(count):
        x = simd.load(number(at, k) + i)
        above = simd.minimum(above, simd.either(x, simd.equal(x, low)))
        below = simd.maximum(below, _pick(simd.equal(x, high), none, x))
    lows, highs, aboves, belows = none, none, none, none
    for k in range(count):
        x, ballot = simd.load(number(at, k) + i), simd.bytes_of(number(ballots, k))
        lows = simd.plus(lows, simd.both(ballot, simd.equal(x, low)))
        highs = simd.plus(highs, simd.both(ballot, simd.equal(x, high)))
        aboves = simd.plus(aboves, simd.both(ballot, simd.equal(x, above)))
        belows = simd.plus(belows, simd.both(ballot, simd.equal(x, below)))
    highs = _pick(simd.equal(high, low), none, highs)
    aboves = _pick(_reaches(above, high), none, aboves)
    belows = _pick(_reaches(above, below), none, belows)
    most, more = simd.maximum(lows, highs), simd.maximum(aboves, belows)
    label = _pick(
        _reaches(most, more),
        _pick(_reaches(lows, highs), low, high),
        _pick(_reaches(aboves, belows), above, below),
    )
    next_most = simd.maximum(
        simd.minimum(most, more), simd.maximum(simd.minimum(lows, highs), simd.minimum(aboves, belows))
    )
    lead_of = simd.minus(simd.maximum(most, more), next_most)
    every = simd.equal(simd.plus(simd.plus(lows, highs), simd.plus(aboves, belows)), simd.bytes_of(255))
    return label, simd.both(every, _reaches(lead_of, simd.bytes_of(lead)))


@register_jitable
def _finish(recipe: int, m: int, place: tuple[int, int, int, int, int], label: Any, won: Any) -> None:
    """Write 32 pixels of an output, given the labels that have more than half, and 255 where one does."""
    count, at, out, cached, i = place
    if simd.bits_of(won) == (1 << simd.WIDTH) - 1:
        put(out + i, label, cached)
        return
    row = 8 * m * number(recipe, FRAMES)
    other, certain = _chosen(at, i, count, number(recipe, BALLOTS) + row, number(number(recipe, LEADS), m))
    simd.store(out + i, _pick(won, label, other))
    doubtful = simd.bits_of(simd.differing(simd.either(won, certain), simd.bytes_of(255)))
    while doubtful:
        q = i + simd.lowest_bit(doubtful)
        window = count, number(recipe, EXACT) + row, number(number(recipe, CENTRES), m)
        memory.set_byte(out + q, _exact(q, at, window))
        doubtful &= doubtful - 1


@register_jitable
def _majority(scores: tuple[Any, Any], labels: tuple[Any, Any], wins: Any) -> tuple[Any, Any]:
    """Return the label that has more than half, and 255 where one does."""
    low, high = _reaches(scores[0], wins), _reaches(scores[1], wins)
    return simd.either(simd.both(low, labels[0]), simd.both(high, labels[1])), simd.either(low, high)


@register_jitable
def _one(recipe: int, m: int, place: tuple[int, int, int, int, int]) -> None:
    """Write 32 pixels of one output."""
    count, at, _out, _cached, i = place
    labels = _range(count, at, i)
    ballots = number(recipe, BALLOTS) + 8 * m * number(recipe, FRAMES)
    lows = simd.differing(labels[0], labels[0])
    highs = lows
    for k in range(count):
        x, ballot = simd.load(number(at, k) + i), simd.bytes_of(number(ballots, k))
        lows = simd.plus(lows, simd.both(ballot, simd.equal(x, labels[0])))
        highs = simd.plus(highs, simd.both(ballot, simd.equal(x, labels[1])))
    label, won = _majority((lows, highs), labels, simd.bytes_of(number(number(recipe, WINS), m)))
    _finish(recipe, m, place, label, won)


@register_jitable
def _four(recipe: int, m: int, place: tuple[int, int, int, int]) -> None:
    """Write 32 pixels of four outputs in turn, whose whole windows weigh the same."""
    count, at, to, i = place
    cached = number(to, CACHED)
    labels = _range(count + 3, at, i)
    ballots = number(recipe, BALLOTS) + 8 * m * number(recipe, FRAMES)
    none = simd.differing(labels[0], labels[0])
    a, b, c, d = none, none, none, none  # scores of the least label in each window
    e, f, g, h = none, none, none, none  # and of the greatest
    third, second, first = none, none, none
    for k in range(count + 3):  # a ballot wanders from the first window to the last
        x = simd.load(number(at, k) + i)
        ballot = simd.bytes_of(number(ballots, k) if k < count else 0)
        low, high = simd.equal(x, labels[0]), simd.equal(x, labels[1])
        a, e = simd.plus(a, simd.both(ballot, low)), simd.plus(e, simd.both(ballot, high))
        b, f = simd.plus(b, simd.both(first, low)), simd.plus(f, simd.both(first, high))
        c, g = simd.plus(c, simd.both(second, low)), simd.plus(g, simd.both(second, high))
        d, h = simd.plus(d, simd.both(third, low)), simd.plus(h, simd.both(third, high))
        third, second, first = second, first, ballot
    wins = simd.bytes_of(number(number(recipe, WINS), m))
    label, won = _majority((a, e), labels, wins)
    _finish(recipe, m, (count, at, number(to, 0), cached, i), label, won)
    label, won = _majority((b, f), labels, wins)
    _finish(recipe, m + 1, (count, at + 8, number(to, 1), cached, i), label, won)
    label, won = _majority((c, g), labels, wins)
    _finish(recipe, m + 2, (count, at + 16, number(to, 2), cached, i), label, won)
    label, won = _majority((d, h), labels, wins)
    _finish(recipe, m + 3, (count, at + 24, number(to, 3), cached, i), label, won)


def votes(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    """Write tiles of one output, or of four in turn; ``at`` has the addresses of their windows' frames.

    ``recipe`` is where `recipes.vote_recipe` put what it needs to know.
    """
    first, count, cached = number(to, 0), frames - together + 1, number(to, CACHED)
    for v in range(2 * tiles):
        i = offset(to, v)
        if not _moving(frames, at, i):
            same = simd.load(number(at, 0) + i)
            for j in range(together):
                put(number(to, j) + i, same, cached)
        elif together == 1:
            _one(recipe, output, (count, at, first, cached, i))
        else:
            _four(recipe, output, (count, at, to, i))
