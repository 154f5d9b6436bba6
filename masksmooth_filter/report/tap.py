"""A filter that only looks: figures and pictures of the masks that pass by."""

from __future__ import annotations

from functools import partial

from masksmooth_filter.frames import Mask, MaskedFrame
from masksmooth_filter.report.looks import Correction, Jump, Shot, jump_between, look_at
from masksmooth_filter.report.metrics import frame_mask
from masksmooth_filter.report.peaks import Peaks
from masksmooth_filter.report.series import RunFigures, Seen
from masksmooth_filter.report.sight import Eye
from masksmooth_filter.segment.masks_file import MasksFromFile
from masksmooth_filter.settings import check_share
from masksmooth_filter.timing import seconds_of

MOST_SHOWN = 10
"""Moments of each kind in the report."""

APART = 8
"""Frames between two of them at least: a third of a second."""


class ReportTap:
    """Filter over `MaskedFrame`, behind the smoother: hands each item on and notes what it saw.

    ``flush`` marks a cut: the frame after it has no neighbour. The figures go on: they are the run's.

    Parameters
    ----------
    threshold : float
        Confidence in 0..1 from which a pixel is foreground.
    truth : MasksFromFile, optional
        The right masks; read by this filter alone.
    methods : tuple of str
        What the run's masks are called, then those of `MaskedFrame.rivals`.

    Attributes
    ----------
    figures : RunFigures
        All that was counted so far.

    Raises
    ------
    OptionError
        If the threshold is not allowed.
    """

    latency = 0

    def __init__(
        self,
        *,
        threshold: float = 0.5,
        truth: MasksFromFile | None = None,
        methods: tuple[str, ...] = ("smoothed",),
    ) -> None:
        check_share("threshold", threshold)
        self._threshold, self._truth = threshold, truth
        self._eye = Eye()
        self._previous: Shot | None = None
        self._worst: Peaks[Jump] = Peaks(keep=MOST_SHOWN, apart=APART)
        self._corrected: Peaks[Correction] = Peaks(keep=MOST_SHOWN, apart=APART)
        self.figures = RunFigures(methods)

    @property
    def worst(self) -> tuple[Jump, ...]:
        """Where the raw mask jumped most, motion allowed for; worst first, complete after ``flush``."""
        return self._worst.found

    @property
    def corrected(self) -> tuple[Correction, ...]:
        """Where smoothing changed most, motion or not; most first, complete after ``flush``."""
        return self._corrected.found

    @property
    def warnings(self) -> list[str]:
        """What there is to say about the truth's file."""
        return [] if self._truth is None else [f"--truth: {line}" for line in self._truth.warnings]

    def push(self, item: MaskedFrame) -> list[MaskedFrame]:
        """Look at one frame and hand it on, without the rivals' masks.

        Raises
        ------
        InputError
            If the truth has no mask for the frame.
        MaskShapeError
            If the truth's mask does not fit the frame.
        """
        self.observe(item)
        return [item.without_rivals()]

    def observe(self, item: MaskedFrame) -> Shot:
        """Note one frame; return its masks at the frame's size, for whoever wants to keep them."""
        figures, masks = self.figures, self._masks(item)
        sight, seconds = self._eye.look(item.frame), seconds_of(item.frame)
        figures.add(Seen(sight, seconds, masks, self._true_mask(item)))
        changes = (one.stability.last_changed for one in figures.series[:2])
        shot = Shot(item, figures.frames - 1, masks, *changes)
        before, self._previous = self._previous, shot
        if before is not None:
            self._worst.add(shot.index, figures.raw.last_jump, partial(jump_between, before, shot))
        corrected = figures.last_corrected
        self._corrected.add(shot.index, corrected, lambda: Correction(corrected, look_at(shot)))
        return shot

    def flush(self) -> list[MaskedFrame]:
        """Return nothing: no frame is held. Decides on the last moments."""
        self._forget()
        if self._truth is not None:
            self._truth.flush()
        return []

    def close(self) -> None:
        """Let go of the last frame; the figures and moments stay."""
        self._forget()
        if self._truth is not None:
            self._truth.close()

    def _masks(self, item: MaskedFrame) -> tuple[Mask, ...]:
        """Return all masks of a frame at its size; what is the same mask is brought up once."""
        size = item.frame.width, item.frame.height
        raw = item.mask if item.raw is None else item.raw
        made: dict[int, Mask] = {}
        for mask in (raw, item.mask, *item.rivals):
            if id(mask) not in made:
                made[id(mask)] = frame_mask(mask, size, threshold=self._threshold)
        return tuple(made[id(mask)] for mask in (raw, item.mask, *item.rivals))

    def _true_mask(self, item: MaskedFrame) -> Mask | None:
        if self._truth is None:
            return None
        (found,) = self._truth.push(item.frame)
        if not isinstance(found, MaskedFrame):
            raise TypeError("the truth's masks are of keyframes only")
        return frame_mask(found.mask, (item.frame.width, item.frame.height))

    def _forget(self) -> None:
        self._worst.cut()
        self._corrected.cut()
        self._previous = None
        self._eye.forget()
        self.figures.cut()
