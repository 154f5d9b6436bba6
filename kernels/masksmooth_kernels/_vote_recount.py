"""The vote where bytes cannot tell: 32 pixels of one output anew, in 16 bits, and pixel by pixel.

Scalar meaning: `exact`. Of the vectors that move 1 in 100 comes here with 9 frames, 5 to 9 with 15, and 6 to
12 with 31; of noise all do from 11 on. A pixel that 16 bits leave open is 1 in 6 vectors of such noise.

It is a core of its own, compiled when a window first needs it: in the vote's it was compiled three times
over, as part of what calls it (0.6 s). Importing this module imports numba.
"""

from __future__ import annotations

from masksmooth_kernels import _memory as memory
from masksmooth_kernels import _simd as simd
from masksmooth_kernels import _vote_lanes as lanes
from masksmooth_kernels._memory import number
from masksmooth_kernels._part import part
from masksmooth_kernels._vote_polls import CENTRE, EXACT, FINE, GOES_ON, LEAD, SHORTS_AT, TOTAL


@part
def exact(i: int, at: int, count: int, poll: int) -> int:
    """Return the label of the greatest weight; of several the centre frame's, or else the lowest."""
    weights = poll + 8 * EXACT
    own: int = memory.byte(number(at, number(poll, CENTRE)) + i)
    best, most = own, 0
    for k in range(-1, count):  # the centre first: it keeps a tie
        label = own if k < 0 else memory.byte(number(at, k) + i)
        total = 0
        for q in range(count):
            if memory.byte(number(at, q) + i) == label:
                total += number(weights, q)
        if total > most or (total == most and best != own and label < best):
            best, most = label, total
    return best


def recount(poll: int, count: int, at: int, out: int, i: int, _6: int, _7: int) -> None:
    """Write 32 pixels of one output, counted in 16 bits, and pixel by pixel where that is not enough."""
    low, high, _low, _high = lanes.ranges(count, at, i, i)
    best = simd.differing(low, low)
    doubtful, ends = best, ((simd.even(low), simd.even(high)), (simd.odd(low), simd.odd(high)))
    votes = number(poll, FINE + GOES_ON), number(poll, FINE + TOTAL), poll + 8 * SHORTS_AT
    for n in range(2):
        tally = lanes.elected(votes, (count, at, i, 8 * n), ends[n], (0,))
        some, unsure = lanes.placed(tally, number(poll, FINE + LEAD), 8 * n)
        best, doubtful = simd.either(best, some), simd.either(doubtful, unsure)
    simd.store(out + i, best)
    bits = simd.bits_of(doubtful)
    while bits:
        q = i + simd.lowest_bit(bits)
        memory.set_byte(out + q, exact(q, at, count, poll))
        bits &= bits - 1
