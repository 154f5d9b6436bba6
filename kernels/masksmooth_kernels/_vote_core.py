"""Ranges of votes: what `masksmooth_kernels.vote` computes, in vectors.

Scalar meaning: `_vote_recount.exact`. 32 pixels that are the same in all frames of a group's windows are
copied. Of others each pixel's labels are counted, from its least one upwards (`_vote_lanes`): each time every
pixel has one label, what that weighs in each window is summed, and the heaviest so far is kept. That ends
where no label that is left can win, and what is left when only the greatest is, is its weight. So most
vectors that move take one sum (50 % of the recipe's, 98 % of DeepLab's of a running dog) or two (45 %).

Weights are bytes (`_vote_polls`), which for windows of up to 7 frames decide as the exact ones do, ties too.
With longer ones, a vector where a lead is less than sure is counted again (`_vote_recount`).

Two vectors are looked at in one go, for their frames' addresses are read once then: of what is still 10.2
GB/s come out, not 8.0. Importing this module imports numba.
"""

from __future__ import annotations

from typing import Any

from masksmooth_kernels import _memory as memory
from masksmooth_kernels import _simd as simd
from masksmooth_kernels import _vote_lanes as lanes
from masksmooth_kernels._frames import addresses
from masksmooth_kernels._memory import number
from masksmooth_kernels._part import part
from masksmooth_kernels._tiles import ask, offset, put, put_each, put_line
from masksmooth_kernels._vote_polls import BYTES_AT, GOES_ON, LEAD, POLLS, RECOUNT, TOTAL
from masksmooth_kernels.job import CACHED, TOGETHER

FIRST = 8 * BYTES_AT + (TOGETHER - 1) * simd.WIDTH
"""Where weights in bytes begin in a poll, after those of three frames before."""


@part
def _still(together: int, to: int, i: int, label: Any) -> None:
    """Write 32 pixels of each output."""
    for j in range(together):
        put(number(to, j) + i, label, number(to, CACHED))


@part
def _both(together: int, to: int, i: int, labels: tuple[Any, Any]) -> None:
    """Write a tile of each output."""
    for j in range(together):
        put_line(number(to, j) + i, labels[0], labels[1], number(to, CACHED))


@part
def _one(poll: int, window: tuple[int, int], to: int, i: int, ends: tuple[Any, Any]) -> int:
    """Write 32 pixels of one output, given the ends of their labels; return 1 if one is in doubt."""
    numbers = number(poll, GOES_ON), number(poll, TOTAL), poll + FIRST
    tally = lanes.elected(numbers, (*window, i, 0), ends, (0,))
    unsure: int = lanes.doubts(tally, number(poll, LEAD))
    put(number(to, 0) + i, tally[0], number(to, CACHED) | unsure)
    return unsure


@part
def _four(poll: int, window: tuple[int, int], to: int, i: int, ends: tuple[Any, Any]) -> int:
    """Write 32 pixels of four outputs in turn, whose whole windows weigh the same.

    Return a bit for each that has a pixel in doubt.
    """
    numbers = number(poll, GOES_ON), number(poll, TOTAL), poll + FIRST
    tallies = lanes.elected(numbers, (*window, i, 0), ends, (0, 0, 0, 0))
    unsure: int = lanes.doubts(tallies, number(poll, LEAD))
    outs, best = addresses(to, (0, 0, 0, 0)), (tallies[0], tallies[4], tallies[8], tallies[12])
    put_each(outs, i, best, 1 if unsure else number(to, CACHED))
    return unsure


@part
def _recount(recipe: int, which: tuple[int, int], window: tuple[int, int], to: int, i: int) -> None:
    """Have 32 pixels counted anew, of the outputs from ``which[0]`` on that have a bit in ``which[1]``."""
    output, bits = which
    while bits:
        j = simd.lowest_bit(bits)
        poll, at = number(recipe, POLLS + output + j), window[1] + 8 * j
        memory.call(number(recipe, RECOUNT), poll, window[0], at, number(to, j), i, 0, 0)
        bits &= bits - 1


def votes(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    """Write tiles of one output, or of four in turn; ``at`` has the addresses of their windows' frames.

    ``recipe`` is where `_vote_polls.vote_recipe` put what it needs to know.
    """
    poll = number(recipe, POLLS + output)
    for tile in range(tiles):
        i = offset(to, tile)
        then = i + simd.WIDTH
        ask(to, together, i)
        low, high, lower, higher = lanes.ranges(frames, at, i, then)
        moves = simd.either(simd.differing(low, high), simd.differing(lower, higher))
        if not simd.any_bit(moves):
            _both(together, to, i, (low, lower))
            continue
        for n in range(2):
            place, ends = (then, (lower, higher)) if n else (i, (low, high))
            if not simd.any_bit(simd.differing(ends[0], ends[1])):
                _still(together, to, place, ends[0])
                continue
            if together == 1:
                doubts = _one(poll, (frames, at), to, place, ends)
            else:
                doubts = _four(poll, (frames, at), to, place, ends)
            if doubts:
                _recount(recipe, (output, doubts), (frames - together + 1, at), to, place)
