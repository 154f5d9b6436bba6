"""All figures of a run: of the masks as they came, and of those every method made of them."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass, field

import numpy as np

from masksmooth_filter.frames import Mask
from masksmooth_filter.report.accuracy import Accuracy
from masksmooth_filter.report.following import BLINK_S, Following, Lag, around
from masksmooth_filter.report.measures import Figures, border
from masksmooth_filter.report.metrics import Stability
from masksmooth_filter.report.sight import Sight

RATE = 25
"""Frames a second where frames have no times."""


@dataclass(frozen=True, slots=True)
class Series:
    """The figures of one sequence of masks.

    Attributes
    ----------
    name : str
        ``raw``, ``smoothed``, or in a comparison the method.
    stability : Stability
        At the frame's size.
    following : Following
        On the grid.
    lag : Lag
        Behind the truth where there is one, else behind the raw masks.
    accuracy : Accuracy
        Empty where there is no truth.
    """

    name: str
    stability: Stability = field(default_factory=Stability)
    following: Following = field(default_factory=Following)
    lag: Lag = field(default_factory=Lag)
    accuracy: Accuracy = field(default_factory=Accuracy)

    @property
    def last_jump(self) -> float:
        """How many pixels jumped in the frame added last: what is not consistent, of the larger neighbour."""
        return self.stability.last_larger * (1 - self.following.last_consistency)

    def cut(self) -> None:
        """Forget the last masks; what was counted stays."""
        self.stability.cut()
        self.following.cut()
        self.lag.cut()


@dataclass(frozen=True, slots=True)
class Seen:
    """One frame with all its masks at the frame's size, 0 or 255.

    Attributes
    ----------
    sight : Sight
        The picture.
    seconds : float or None
        Its time.
    masks : tuple of (H, W) uint8
        Raw, then one a method.
    truth : (H, W) uint8, optional
        What is right.
    """

    sight: Sight
    seconds: float | None
    masks: tuple[Mask, ...]
    truth: Mask | None = None


class RunFigures:
    """Figures of a run, filled frame by frame.

    Parameters
    ----------
    methods : tuple of str
        The names of what was made of the raw masks; the first is the run's own.

    Attributes
    ----------
    series : tuple of Series
        Raw, then one a method.
    grid : (int, int), optional
        Width and height of the grid, once a frame was seen.
    scale : float
        Pixels of the frame to one step of the grid.
    ms_per_frame : dict of str to float
        What each method took, where that was measured.
    """

    def __init__(self, methods: tuple[str, ...] = ("smoothed",)) -> None:
        self.series = tuple(Series(name) for name in ("raw", *methods))
        self.grid: tuple[int, int] | None = None
        self.scale = 1.0
        self.ms_per_frame: dict[str, float] = {}
        self._seconds, self._clock = array("d"), array("d")
        self._cuts = array("i")
        self._corrected = array("i")
        self._speed, self._width = array("f"), array("f")

    @property
    def raw(self) -> Series:
        """The masks as they came."""
        return self.series[0]

    @property
    def smoothed(self) -> Series:
        """What the run made of them."""
        return self.series[1]

    @property
    def frames(self) -> int:
        """How many frames were added."""
        return len(self._seconds)

    @property
    def seconds(self) -> Figures:
        """Presentation time of each frame in seconds; NaN where it has none."""
        return np.array(self._seconds, np.float64)

    @property
    def cuts(self) -> list[int]:
        """The frames with which a new scene begins; the first is not among them."""
        return self._cuts.tolist()

    @property
    def corrected(self) -> Figures:
        """Pixels in which the run's mask differs from the raw one, a frame."""
        return np.array(self._corrected, np.float64)

    @property
    def last_corrected(self) -> int:
        """The same of the frame added last."""
        return self._corrected[-1]

    @property
    def speed(self) -> Figures:
        """Mean motion of the picture under the raw mask, pixels of the frame a frame; NaN where unknown."""
        return np.array(self._speed, np.float64)

    @property
    def width(self) -> Figures:
        """How wide the raw mask is on average, pixels of the frame: twice its area by its border; or NaN."""
        return np.array(self._width, np.float64)

    @property
    def span(self) -> float:
        """Seconds from the first frame to the last; at `RATE` frames a second where times are missing."""
        return self._clock[-1] - self._clock[0] if self._clock else 0.0

    @property
    def step(self) -> float | None:
        """Mean time from frame to frame in seconds, or None."""
        return self.span / (self.frames - 1) if self.frames > 1 and self.span > 0 else None

    def add(self, seen: Seen) -> None:
        """Take the next frame; its arrays are kept until a few frames later, never written to."""
        from masksmooth_kernels import overlap_counts  # imported here: numba takes 0.5 s

        if seen.sight.cut:
            self._cuts.append(self.frames)
            for one in self.series:
                one.following.cut()
                one.lag.cut()
        self.grid, self.scale = seen.sight.size, seen.sight.scale
        self._tick(seen.seconds)
        recent = min(self.frames - 2, bisect_left(self._clock, self._clock[-1] - BLINK_S - 1e-6))
        insides = [
            self._count(one, mask, seen, recent) for one, mask in zip(self.series, seen.masks, strict=True)
        ]
        reference = insides[0] if seen.truth is None else _cut(seen.sight.on_grid(seen.truth))
        for one, inside in zip(self.series, insides, strict=True):
            one.lag.add(inside, reference)
        raw, own = seen.masks[:2]
        self._corrected.append(0 if own is raw else overlap_counts(raw, own)[2])
        self._measure(seen.sight, insides[0])

    def cut(self) -> None:
        """Forget the last masks: the next frame has no neighbour."""
        for one in self.series:
            one.cut()

    @staticmethod
    def _count(one: Series, mask: Mask, seen: Seen, recent: int) -> Mask:
        one.stability.add(mask)
        if seen.truth is not None:
            one.accuracy.add(mask, seen.truth)
        return one.following.add(seen.sight.on_grid(mask), seen.sight, recent=recent)

    def _tick(self, seconds: float | None) -> None:
        """Note a frame's time, and one that always goes on for what is counted by the second."""
        self._seconds.append(float("nan") if seconds is None else seconds)
        last = self._clock[-1] if self._clock else None
        if seconds is None or (last is not None and seconds <= last):
            seconds = 0.0 if last is None else last + 1 / RATE
        self._clock.append(seconds)

    def _measure(self, sight: Sight, inside: Mask) -> None:
        """Note how fast and how wide the object is."""
        import cv2

        area, speed, width = cv2.countNonZero(inside), float("nan"), float("nan")
        if area and sight.flow is not None:
            moved = cv2.magnitude(sight.flow[..., 0], sight.flow[..., 1])
            speed = cv2.mean(moved, inside)[0] * sight.scale
        if area and (length := np.count_nonzero(border(inside[around(inside, 2)] > 0))):
            width = 2 * area / length * sight.scale
        self._speed.append(speed)
        self._width.append(width)


def _cut(soft: Mask) -> Mask:
    import cv2

    return np.asarray(cv2.threshold(soft, 127, 255, cv2.THRESH_BINARY)[1], np.uint8)
