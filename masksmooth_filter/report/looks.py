"""What is kept of single frames for the report: small pictures with their masks, as the viewer sees them."""

from __future__ import annotations

from dataclasses import dataclass

from masksmooth_filter.frames import Mask, MaskedFrame
from masksmooth_filter.report.pictures import Picture, thumbnail, upright, upright_picture
from masksmooth_filter.timing import seconds_of


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame of the run with its masks at the frame's size.

    Attributes
    ----------
    item : MaskedFrame
        What passed by.
    index : int
        Number of the frame, from 0.
    masks : tuple of (H, W) uint8
        0 or 255, in the frame's own orientation: raw, the run's, then those of methods compared with.
    changed, changed_smoothed : int or None
        Pixels by which the first two differ from those of the frame before; None if there is none.
    """

    item: MaskedFrame
    index: int
    masks: tuple[Mask, ...]
    changed: int | None
    changed_smoothed: int | None


@dataclass(frozen=True, slots=True)
class Look:
    """A frame and its masks as the viewer sees them, upright and at most 640 pixels long.

    Attributes
    ----------
    index : int
        Number of the frame, from 0.
    seconds : float or None
        Its presentation time.
    picture : (h, w, 3) uint8
        RGB.
    masks : tuple of (h, w) uint8
        Raw, the run's, then others'; between 0 and 255 where a pixel of the thumbnail is partly in the mask.
    """

    index: int
    seconds: float | None
    picture: Picture
    masks: tuple[Mask, ...]

    @property
    def raw(self) -> Mask:
        """The mask as it came."""
        return self.masks[0]

    @property
    def smoothed(self) -> Mask:
        """The mask the run made of it."""
        return self.masks[1]


@dataclass(frozen=True, slots=True)
class Jump:
    """A frame whose raw mask jumped, with the frame before it.

    Attributes
    ----------
    changed, changed_smoothed : int
        Pixels by which the raw and the smoothed mask differ from those of the frame before.
    before, now : Look
        The frame before, and the frame itself.
    """

    changed: int
    changed_smoothed: int
    before: Look
    now: Look


@dataclass(frozen=True, slots=True)
class Correction:
    """A frame whose mask smoothing changed.

    Attributes
    ----------
    corrected : int
        Pixels in which the run's mask differs from the raw one.
    now : Look
        The frame.
    """

    corrected: int
    now: Look


def look_at(shot: Shot) -> Look:
    """Make what is kept of a frame."""
    frame = shot.item.frame
    masks = tuple(thumbnail(upright(mask, frame.rotation)) for mask in shot.masks)
    return Look(shot.index, seconds_of(frame), thumbnail(upright_picture(frame)), masks)


def jump_between(before: Shot, now: Shot) -> Jump:
    """Make what is kept of two neighbours."""
    return Jump(now.changed or 0, now.changed_smoothed or 0, look_at(before), look_at(now))
