"""A filter that only looks: figures and worst moments of the masks that pass by."""

from __future__ import annotations

from masksmooth_filter.frames import MaskedFrame
from masksmooth_filter.report.metrics import Stabilities, frame_mask
from masksmooth_filter.report.moments import Moment, Shot, WorstMoments
from masksmooth_filter.timing import seconds_of


class ReportTap:
    """Filter over `MaskedFrame`, right behind the smoother: hands each item on and notes what it saw.

    ``flush`` marks a cut: the frame after it has no neighbour. The figures go on: they are the run's.

    Parameters
    ----------
    radius : int
        Frames on each side of the window of the comparison pictures' filters, 0 to 15.
    sigma : float, optional
        Standard deviation of their Gaussian in frames; by default ``max(radius / 2, 0.5)``.
    threshold : float
        Confidence in 0..1 from which a pixel is foreground.

    Attributes
    ----------
    stability : Stabilities
        Neighbour IoU and changed pixels so far, raw and smoothed.

    Raises
    ------
    OptionError
        If a setting is not allowed.
    """

    latency = 0

    def __init__(self, *, radius: int, sigma: float | None = None, threshold: float = 0.5) -> None:
        self._threshold = threshold
        self._worst = WorstMoments(radius=radius, sigma=sigma, threshold=threshold)
        self.stability = Stabilities()

    @property
    def moments(self) -> tuple[Moment, ...]:
        """The worst moments, worst first; complete after ``flush``."""
        return self._worst.moments

    def push(self, item: MaskedFrame) -> list[MaskedFrame]:
        """Look at one frame and hand it on."""
        self.observe(item)
        return [item]

    def observe(self, item: MaskedFrame) -> Shot:
        """Note one frame; return its masks at the frame's size, for whoever wants to keep them."""
        size = item.frame.width, item.frame.height
        smoothed = frame_mask(item.mask, size, threshold=self._threshold)
        raw = smoothed
        if item.raw is not None and item.raw is not item.mask:
            raw = frame_mask(item.raw, size, threshold=self._threshold)
        seen = self.stability
        seen.add(raw, smoothed, seconds=seconds_of(item.frame))
        changes = seen.raw.last_changed, seen.smoothed.last_changed
        shot = Shot(item, seen.raw.frames - 1, raw, smoothed, *changes)
        self._worst.add(shot)
        return shot

    def flush(self) -> list[MaskedFrame]:
        """Return nothing: no frame is held. Decides on the last moments."""
        self._worst.cut()
        self.stability.cut()
        return []

    def close(self) -> None:
        """Let go of the last frame; the figures and moments stay."""
        self._worst.cut()
        self.stability.cut()
