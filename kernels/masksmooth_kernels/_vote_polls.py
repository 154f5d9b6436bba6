"""What the vote needs to know of a window: what its frames weigh, in three finenesses.

Frames' weights are whole numbers in units of 2**-30 of the largest (`vote`), and say what is right. The core
counts in bytes, and in 16 bits where bytes cannot tell. **Small numbers may say the same**: of any two sets
of frames without a common one, which weighs more, or that they weigh as much. Where there are up to `SETS`
pairs of sets (frames that weigh the same are one kind), all are looked at, for weights of several sums, and
the first that are right are taken: with the default sigma bytes are found for up to 7 frames (with a sum of
107), and 16 bits for up to 13. They are doubled, and the centre gets 1 more: so its label wins every tie,
and sums of others stay even. Where none are found weights are rounded, and what leads by more than rounding
can have moved weighs more.

A poll is one row of 64-bit numbers, as the core reads it.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels._jit import native
from masksmooth_kernels.job import TOGETHER, VECTOR, Ints
from masksmooth_kernels.schedule import Schedule
from masksmooth_kernels.volume import aligned
from masksmooth_kernels.weights import gaussian_weights

RECOUNT, POLLS = 0, 1
"""Of a recipe: the address of `_vote_recount.recount`, if a window may need it; and of each output's poll."""

LONGEST = 31
"""Frames of the longest window."""

SETS = 50_000
"""Most pairs of sets that are looked at: 46875 are those of 13 frames, and take 20 ms."""

TRIES = 64
"""Sums of 16-bit weights that are tried, from the largest down."""

ROW = VECTOR // 8
"""Numbers in a vector: a weight is written as often as a vector has lanes."""

(
    GOES_ON,  # the least lead over all that is left to be counted that ends the count, in bytes; above 0
    LEAD,  # the least lead that is sure, in bytes; 0 if all are
    TOTAL,  # sum of the weights in bytes
    FINE,  # GOES_ON, LEAD and TOTAL in 16 bits
) = range(4)

CENTRE, EXACT = 6, 8
"""The centre's place in its window; and, then, its frames' weights."""

BYTES_AT = EXACT + LONGEST + 1
"""Weights in bytes, each 32 times, after three frames of 0: a window that begins later."""

SHORTS_AT = BYTES_AT + ROW * (TOGETHER - 1 + LONGEST + TOGETHER - 1)
"""Weights in 16 bits, each 16 times."""

SIZE = SHORTS_AT + ROW * LONGEST

Floats = NDArray[np.float64]


def vote_recipe(plan: Schedule, radius: int, sigma: float) -> tuple[Ints, list[Ints]]:
    """Return what `_vote_core` needs to know of M outputs, the address of each one's poll, and the polls."""
    fixed = exact_weights(radius, sigma).tolist()
    polls = [
        poll(tuple(fixed[radius - before : radius - before + count]), before)
        for before, count in zip(plan.before.tolist(), plan.counts.tolist(), strict=True)
    ]
    unsure = any(row[LEAD] for row in polls)
    recount = native("_vote_recount", "recount") if unsure else 0
    return np.array([recount, *(row.ctypes.data for row in polls)], np.int64), polls


def exact_weights(radius: int, sigma: float) -> Ints:
    """Return the weights of a whole window in units of 2**-30 of the largest."""
    whole = gaussian_weights(radius, sigma)
    weights: Ints = np.rint(whole / whole.max() * (1 << 30)).astype(np.int64)
    return weights


@functools.lru_cache(maxsize=1024)
def poll(exact: tuple[int, ...], centre: int) -> Ints:
    """Return the poll of one window, given its frames' weights and its centre's place."""
    row, count = aligned(8 * SIZE).view(np.int64), len(exact)
    row[:] = 0
    row[CENTRE], row[EXACT : EXACT + count] = centre, exact
    coarse, row[LEAD] = ballots(exact, centre, 255)
    fine, row[FINE + LEAD] = ballots(exact, centre, 65535)
    for place, numbers in ((0, coarse), (FINE, fine)):
        row[place + GOES_ON] = max(row[place + LEAD], 1)
        row[place + TOTAL] = numbers.sum()
    wide = row[BYTES_AT + ROW * (TOGETHER - 1) :].view(np.uint8).reshape(-1, VECTOR)
    wide[:count] = coarse[:, np.newaxis]
    row[SHORTS_AT:].view(np.uint16).reshape(-1, VECTOR // 2)[:count] = fine[:, np.newaxis]
    return row


def ballots(exact: tuple[int, ...], centre: int, most: int) -> tuple[Ints, int]:
    """Return weights whose sum is at most ``most``, and the least lead that is sure, 0 if all are."""
    weights = np.array(exact, np.int64)
    kinds, which, many = np.unique(weights, return_inverse=True, return_counts=True)
    half = (most - 1) // 2
    tried = candidates(kinds, many, range(1, half + 1) if half < 255 else range(half - TRIES, half + 1))
    found = decisive(kinds, many, tried)
    if found is not None:
        votes = 2 * found.astype(np.int64)[which]
        votes[centre] += 1
        return votes, 0
    tried = candidates(
        kinds, many, range(most // 2, most + 1) if most < 256 else range(most - TRIES, most + 1)
    )
    sums = tried @ many
    moved = np.abs(tried - kinds / weights.sum() * sums[:, np.newaxis]) @ many
    best = int(np.argmin(moved / sums))
    return tried[best].astype(np.int64)[which], int(np.floor(moved[best] + 1e-6)) + 1


def candidates(kinds: Ints, many: Ints, sums: range) -> Floats:
    """Return weights of the kinds, rounded to about each of the sums, none more than the last, ``(N, K)``."""
    scales = np.array(sums, np.float64)[:, np.newaxis] / (kinds @ many)
    rounded = np.rint(kinds * scales)
    return rounded[rounded @ many <= sums[-1]]


def decisive(kinds: Ints, many: Ints, tried: Floats) -> Floats | None:
    """Return the first of the weights tried that say of all pairs of sets what the exact ones do."""
    if np.prod(2.0 * many + 1) > SETS:
        return None
    more = np.zeros((1, 0))  # by how many frames of each kind one set has more than the other
    for count in many.tolist():
        step = np.arange(-count, count + 1.0)
        more = np.hstack([np.repeat(more, len(step), 0), np.tile(step, len(more))[:, np.newaxis]])
    leads = more @ kinds  # exact: below 2**53
    order = np.argsort(np.abs(leads), kind="stable")
    order = order[leads[order] >= 0]
    for part in (order[:1000], order):  # the nearest pairs rule out most
        right = np.sign(more[part] @ tried.T) == np.sign(leads[part])[:, np.newaxis]
        tried = tried[right.all(axis=0)]
        if not len(tried):
            return None
        tried = tried[:8] if part is not order else tried
    first: Floats = tried[0]
    return first
