"""The work dir's moments, picked while the clip passes by: where the raw mask changes most.

A frame whose mask changed is put up as a candidate when there is none; one that changed more within the
next ``2 * radius`` frames takes its place; else it is a moment. So two moments are at least
``2 * radius + 1`` frames apart, and one candidate in hand is enough. (The greatest first, its neighbours
barred, would need the whole clip: a later frame can always overturn the one before.)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from masksmooth_filter.frames import Mask, MaskedFrame
from masksmooth_filter.report.looks import Jump, Look, Shot, look_at
from masksmooth_filter.report.metrics import frame_mask
from masksmooth_filter.report.pictures import thumbnail, upright
from masksmooth_filter.settings import Smoothing, check_share


@dataclass(frozen=True, slots=True)
class Moment(Jump):
    """A frame whose raw mask jumped, and what the two plain filters make of it.

    Attributes
    ----------
    gaussian, median : (h, w) uint8
        The raw masks smoothed by a temporal Gaussian and a temporal median, whatever the run used.
    """

    gaussian: Mask
    median: Mask


@dataclass(slots=True)
class _Candidate:
    shot: Shot
    changed: int
    before: Look
    now: Look
    age: int = 0
    filtered: tuple[Mask, Mask] | None = None


class _Stream(Protocol):
    def push(self, plane: Mask, /) -> list[Mask]: ...
    def flush(self) -> list[Mask]: ...


class WorstMoments:
    """The ``keep`` worst moments so far.

    Holds ``2 * radius + 1`` raw masks, one frame and ``keep + 1`` pairs of thumbnails, however long the clip.

    Parameters
    ----------
    radius : int
        Frames on each side of the two filters' window, 0 to 15.
    sigma : float, optional
        Standard deviation of the Gaussian in frames; by default ``max(radius / 2, 0.5)``.
    threshold : float
        Confidence in 0..1 from which a pixel is foreground.
    keep : int
        How many moments are kept.

    Raises
    ------
    OptionError
        If radius, sigma or threshold is not allowed.
    """

    def __init__(
        self, *, radius: int, sigma: float | None = None, threshold: float = 0.5, keep: int = 5
    ) -> None:
        Smoothing(method="gaussian", radius=radius, sigma=sigma)  # checks them
        check_share("threshold", threshold)
        self._radius, self._sigma, self._threshold, self._keep = radius, sigma, threshold, keep
        self._masks: deque[Mask] = deque(maxlen=2 * radius + 1)
        self._previous: Shot | None = None
        self._candidate: _Candidate | None = None
        self._best: list[Moment] = []

    @property
    def moments(self) -> tuple[Moment, ...]:
        """The moments found so far, worst first."""
        return tuple(self._best)

    def add(self, shot: Shot) -> None:
        """Take the next frame; its arrays must not be written to afterwards."""
        raw = _raw(shot.item)
        if self._masks and self._masks[-1].shape != raw.shape:
            self.cut()
        self._masks.append(raw)
        if self._candidate:
            self._candidate.age += 1
        if self._previous and self._may_be_moment(shot.changed or 0):
            self._candidate = self._nominate(self._previous, shot)
        self._settle(end=False)
        self._previous = shot

    def cut(self) -> None:
        """End the sequence: decide on the candidate in hand; the next frame is a first one again."""
        self._settle(end=True)
        self._masks.clear()
        self._previous = None

    def _may_be_moment(self, changed: int) -> bool:
        kept_out = self._best[-1].changed if len(self._best) == self._keep else 0
        return changed > max(kept_out, self._candidate.changed if self._candidate else 0)

    @staticmethod
    def _nominate(previous: Shot, shot: Shot) -> _Candidate:
        return _Candidate(shot, shot.changed or 0, look_at(previous), look_at(shot))

    def _settle(self, *, end: bool) -> None:
        """Filter the candidate once its window is complete, and admit it once no neighbour can beat it."""
        candidate = self._candidate
        if candidate is None:
            return
        if candidate.filtered is None and (end or candidate.age >= self._radius):
            candidate.filtered = self._filter(candidate)
        if candidate.filtered is not None and (end or candidate.age >= 2 * self._radius):
            self._candidate, calm = None, candidate.shot.changed_smoothed or 0
            moment = Moment(candidate.changed, calm, candidate.before, candidate.now, *candidate.filtered)
            self._best = sorted([*self._best, moment], key=lambda m: -m.changed)[: self._keep]

    def _filter(self, candidate: _Candidate) -> tuple[Mask, Mask]:
        from masksmooth_kernels import GaussianStream, MedianStream  # imported here: numba takes 0.5 s

        centre, shape = len(self._masks) - 1 - candidate.age, self._masks[-1].shape
        gaussian = _run(GaussianStream(shape, radius=self._radius, sigma=self._sigma), self._masks)[centre]
        median = _run(MedianStream(shape, radius=self._radius), self._masks)[centre]
        return self._view(candidate.shot, gaussian), self._view(candidate.shot, median)

    def _view(self, shot: Shot, mask: Mask) -> Mask:
        frame = shot.item.frame
        full = frame_mask(mask, (frame.width, frame.height), threshold=self._threshold)
        return thumbnail(upright(full, frame.rotation))


def _run(stream: _Stream, masks: Iterable[Mask]) -> list[Mask]:
    return [out for mask in masks for out in stream.push(mask)] + stream.flush()


def _raw(item: MaskedFrame) -> Mask:
    return item.mask if item.raw is None else item.raw
