"""The order of mean-field rounds, so that what is known of pixels is held for a few rows at a time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_FINE = 2
"""Strips within reach. Finer ones hold less in all, twice the reach and three strips; with 2 a third of the
small picture's rows."""


@dataclass(frozen=True, slots=True)
class Waves:
    """Strips of pixels, and how far one is ahead of the next round.

    A round looks ``reach`` rows up and down. Once the strips there have had it, a strip may have the next
    one, and its likenesses are not wanted after its last: so rounds follow each other down the picture.

    Attributes
    ----------
    strips : list of slice
        Runs of the pixels; those of rows without any are empty.
    lag : int
        Steps by which a round follows the one before it.
    rounds : int
        Rounds.
    """

    strips: list[slice]
    lag: int
    rounds: int

    @classmethod
    def over(cls, pixels: NDArray[np.intp], width: int, reach: int, rounds: int) -> Waves:
        """Cut pixels, counted row by row in a picture of a width, into strips of some rows.

        With a reach of 0 they stay together: a round of all after the other.
        """
        if not reach:
            return cls([slice(0, len(pixels))], 1, rounds)
        high = -(-reach // _FINE)
        first, last = int(pixels[0]) // width, int(pixels[-1]) // width
        ends: list[int] = np.searchsorted(pixels, np.arange(first, last + high + 1, high) * width).tolist()
        return cls([slice(a, b) for a, b in itertools.pairwise(ends)], -(-reach // high) + 1, rounds)

    @property
    def held(self) -> int:
        """Strips that are under way at a time."""
        return min(len(self.strips), self.lag * (self.rounds - 1) + 1)

    @property
    def most(self) -> int:
        """Pixels of the largest strip."""
        sizes: list[int] = [strip.stop - strip.start for strip in self.strips]
        return max(sizes)

    def steps(self) -> Iterator[list[tuple[int, int]]]:
        """Yield rounds, from 0, and strips that may be done side by side."""
        for step in range(len(self.strips) + self.lag * (self.rounds - 1)):
            at = [(number, step - self.lag * number) for number in range(self.rounds)]
            yield [(number, strip) for number, strip in at if 0 <= strip < len(self.strips)]
