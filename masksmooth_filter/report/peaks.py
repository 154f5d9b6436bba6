"""The greatest values of a stream, well apart from each other, with something to remember each by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Candidate(Generic[T]):
    index: int
    score: float
    make: Callable[[], T]


class Peaks(Generic[T]):
    """The ``keep`` greatest scores so far, each more than ``apart`` frames from the next.

    A candidate gives way to a greater score within ``apart`` frames, else it is a peak. (The greatest first,
    its neighbours barred, would need the whole clip: a later frame can always overturn the one before.)

    Parameters
    ----------
    keep : int
        How many are kept.
    apart : int
        Frames.
    """

    def __init__(self, *, keep: int, apart: int) -> None:
        self._keep, self._apart = keep, apart
        self._candidate: _Candidate[T] | None = None
        self._best: list[tuple[float, T]] = []

    @property
    def found(self) -> tuple[T, ...]:
        """What was made of the peaks, the greatest first; complete after `cut`."""
        return tuple(thing for _, thing in self._best)

    def add(self, index: int, score: float, make: Callable[[], T]) -> None:
        """Take the next frame's score; ``make`` is called if it becomes one of the peaks kept."""
        if self._candidate is not None and index - self._candidate.index > self._apart:
            self.cut()
        kept_out = self._best[-1][0] if len(self._best) == self._keep else 0.0
        if score > max(kept_out, self._candidate.score if self._candidate else 0.0):
            self._candidate = _Candidate(index, score, make)

    def cut(self) -> None:
        """Decide on the candidate in hand."""
        candidate, self._candidate = self._candidate, None
        if candidate is not None:
            self._best.append((candidate.score, candidate.make()))
            self._best = sorted(self._best, key=lambda pair: -pair[0])[: self._keep]
