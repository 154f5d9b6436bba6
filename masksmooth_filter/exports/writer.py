"""What every kind of export has in common: what it is told, and what it does with a masked frame."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import numpy as np
from av.error import FFmpegError

from masksmooth_filter.composite.upsample import frame_confidence
from masksmooth_filter.errors import InputError, MaskShapeError, OptionError, OutputError
from masksmooth_filter.frames import Mask, MaskedFrame
from masksmooth_filter.options import ExportSize
from masksmooth_filter.segment.masks_tag import Kind, ScoreTag
from masksmooth_filter.timing import fraction

LONE = 1
"""The class id of a foreground without a class, in files that know ids only; 255 would be void."""


@dataclass(frozen=True, slots=True)
class About:
    """What an export is to know beside the masks.

    Attributes
    ----------
    labels : tuple of str
        The name of each class id.
    level : int
        The least confidence, 0..255, that is foreground, where a mask is yes or no.
    size : {'mask', 'frame'}
        Size of confidence: the masks' own, or the frames'.
    overwrite : bool
        Whether what is there may be replaced.
    """

    labels: tuple[str, ...] = ()
    level: int = 128
    size: ExportSize = "mask"
    overwrite: bool = False

    def name_of(self, class_id: int) -> str:
        """Return a class id's name."""
        return self.labels[class_id] if class_id < len(self.labels) else f"class {class_id}"

    def confidence(self, item: MaskedFrame) -> Mask:
        """Return ``(C, h, w)`` confidence at the size that is wanted."""
        size = item.frame.width, item.frame.height
        return item.planes if self.size == "mask" else frame_confidence(item.planes, size)

    def ids(self, item: MaskedFrame) -> Mask:
        """Return ``(H, W)`` class ids at the frame's size, 0 background; the surest class wins.

        Raises
        ------
        OptionError
            If a class has an id that labels cannot say.
        """
        planes = frame_confidence(item.planes, (item.frame.width, item.frame.height))
        classes = item.classes or (LONE,)
        if not all(0 < class_id < 255 for class_id in classes):
            raise OptionError("class ids of 1 to 254 can be exported as labels; choose other --classes")
        named = np.array(classes, np.uint8)[planes.argmax(axis=0)]
        return np.where(planes.max(axis=0) >= self.level, named, np.uint8(0))


class MaskWriter(Protocol):
    """A file or folder of masks that is being written."""

    def add(self, item: MaskedFrame) -> None:
        """Write a frame's mask."""
        ...

    def finish(self) -> None:
        """Make what was written whole, under its name."""
        ...

    def discard(self) -> None:
        """Remove what is unfinished. Twice is fine, and after `finish` nothing happens."""
        ...


def cannot_export(path: Path, error: OSError | FFmpegError) -> OutputError:
    """Return what to raise where masks cannot be written."""
    return OutputError(f"masks cannot be exported to {path}: {error.strerror or error}")


def tag_of(item: MaskedFrame, kind: Kind) -> ScoreTag:
    """Return what an export says of itself, for `--masks-from`."""
    return ScoreTag(item.frame.width, item.frame.height, item.classes, kind=kind)


class Times:
    """The times of exported masks, in ticks of the film's time base; and whether masks stay alike."""

    def __init__(self) -> None:
        self.base: Fraction | None = None
        self.ticks: list[int] = []
        self._shape: tuple[int, ...] = ()

    def note(self, item: MaskedFrame) -> int:
        """Note a frame; return its number.

        Raises
        ------
        InputError
            If it has no time, or counts it otherwise than those before.
        MaskShapeError
            If its mask has another shape than those before.
        """
        base = fraction(item.frame.time_base)
        if item.frame.pts is None or base is None or (self.base is not None and base != self.base):
            raise InputError("a frame has no time in the film's own base; its mask cannot be exported")
        if self.ticks and item.planes.shape != self._shape:
            raise MaskShapeError(f"masks changed from {self._shape} to {item.planes.shape} in mid-stream")
        self.base, self._shape = base, item.planes.shape
        self.ticks.append(item.frame.pts)
        return len(self.ticks) - 1
