"""Tint the foreground with a colour, on the frame's own planes."""

from __future__ import annotations

from collections.abc import Iterator

import av
import numpy as np

from masksmooth_filter.composite.colour import NAMED, RGB, palette_colour
from masksmooth_filter.composite.drawing import Drawing
from masksmooth_filter.composite.edges import Edges
from masksmooth_filter.composite.edges import level as level
from masksmooth_filter.composite.legend import Entry, Legend
from masksmooth_filter.composite.planes import components
from masksmooth_filter.composite.tint import tint
from masksmooth_filter.composite.upsample import frame_confidence
from masksmooth_filter.errors import OptionError
from masksmooth_filter.frames import Mask, MaskedFrame
from masksmooth_filter.settings import check_share

MAX_CONTOUR = 50
"""Pixels."""

FOREGROUND = 1
"""The id of the class of a network that has but one."""

Layer = tuple[Mask, RGB]
"""Where something is foreground, 0..255, and its colour."""


class Overlay(Drawing):
    """Filter: a masked frame in, the picture with its foreground tinted out.

    Where the mask is 0 the picture keeps the decoder's bytes.

    Parameters
    ----------
    edges : Edges
        Where the foreground ends.
    alpha : float
        Strength of the tint, 0..1.
    colour : (int, int, int), optional
        Red, green, blue, 0..255, for every class; by default one plane is green and several have
        the PASCAL VOC palette's colours.
    contour : int
        Width in pixels of an opaque line along the border, 0 (none) to 50.
    labels : sequence of str, optional
        The name of each class id, for a legend in the picture's corner; none is drawn by default.

    Raises
    ------
    OptionError
        If a value is out of range.
    """

    def __init__(
        self,
        *,
        edges: Edges = Edges(),  # noqa: B008 - frozen
        alpha: float = 0.5,
        colour: RGB | None = None,
        contour: int = 0,
        labels: tuple[str, ...] | None = None,
    ) -> None:
        super().__init__()
        check_share("alpha", alpha)
        if not 0 <= contour <= MAX_CONTOUR:
            raise OptionError(f"contour is {contour}; give a line's width, 0 to {MAX_CONTOUR} pixels")
        self._edges, self._alpha, self._colour = edges, alpha, colour
        self._contour, self._labels = contour, labels
        self._legend = Legend()

    def draw(self, item: MaskedFrame) -> av.VideoFrame:
        """Tint one frame."""
        frame = self.canvas(item.frame)
        parts = components(frame.format)
        for opacity, colour in self._layers(item):
            for weight in self._weights(opacity):
                for part in parts:
                    tint(frame, part, weight, colour)
        if self._labels is not None:
            self._legend.draw(frame, self._entries(item.classes))
        return frame

    def _weights(self, opacity: Mask) -> Iterator[Mask]:
        """Yield the strength of the tint, and that of the line."""
        import cv2

        if self._alpha:
            yield np.asarray(cv2.convertScaleAbs(opacity, alpha=round(255 * self._alpha) / 255), np.uint8)
        if self._contour:
            side = self._contour + 1
            kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
            yield np.asarray(cv2.morphologyEx(opacity, cv2.MORPH_GRADIENT, kernel), np.uint8)

    def _layers(self, item: MaskedFrame) -> Iterator[Layer]:
        """Yield the classes, the surer one winning where they meet; inverted, what is none of them."""
        size, edges = (item.frame.width, item.frame.height), self._edges
        if edges.invert or len(item.planes) == 1:
            yield edges.foreground(item.planes, size), self._colour or NAMED["green"]
            return
        planes = frame_confidence(item.planes, size)
        winner = planes.argmax(axis=0)
        for i, (plane, id_) in enumerate(zip(planes, _ids(item), strict=True)):
            if plane.max() >= edges.level:
                won = np.where(winner == i, plane, 0).astype(np.uint8)
                yield edges.soften(won), self._colour or palette_colour(id_)

    def _entries(self, classes: tuple[int, ...]) -> tuple[Entry, ...]:
        names = self._labels or ()
        if not classes and len(names) == FOREGROUND + 1:  # masks of the only class there is have no id
            classes = (FOREGROUND,)
        plain = self._colour or (NAMED["green"] if len(classes) == 1 or self._edges.invert else None)
        return tuple(
            (names[id_] if id_ < len(names) else f"class {id_}", plain or palette_colour(id_))
            for id_ in classes
        )


def _ids(item: MaskedFrame) -> tuple[int, ...]:
    return item.classes or tuple(range(1, len(item.planes) + 1))
