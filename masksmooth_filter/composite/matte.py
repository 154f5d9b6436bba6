"""The mask itself as a picture: white foreground on black."""

from __future__ import annotations

from typing import Literal

import av
import numpy as np

from masksmooth_filter.composite.colour import FULL_RANGE
from masksmooth_filter.composite.drawing import Drawing
from masksmooth_filter.composite.edges import Edges
from masksmooth_filter.composite.planes import rows
from masksmooth_filter.composite.upsample import frame_confidence
from masksmooth_filter.frames import Mask, MaskedFrame

MattePixels = Literal["yuv420p", "yuv444p", "gray"]


class Matte(Drawing):
    """Filter: a masked frame in, its matte out, 255 foreground and 0 background, full range.

    Several classes are one foreground. A matte has the frame's time and duration.

    Parameters
    ----------
    edges : Edges
        Where the foreground ends.
    pix_fmt : {'yuv420p', 'yuv444p', 'gray'}
        The matte's pixel format; chroma, if any, is neutral. yuv420p is what every player decodes,
        gray what lossless codecs hold without waste.
    """

    def __init__(self, *, edges: Edges = Edges(), pix_fmt: MattePixels = "yuv420p") -> None:  # noqa: B008
        super().__init__()
        self._edges = edges
        self._pix_fmt = pix_fmt

    def draw(self, item: MaskedFrame) -> av.VideoFrame:
        """Make the matte of one frame."""
        source = item.frame
        frame = av.VideoFrame(source.width, source.height, self._pix_fmt)
        matte = self._edges.foreground(item.planes, (frame.width, frame.height))
        for index, plane in enumerate(frame.planes):
            if index:
                rows(plane)[...] = 128
            else:
                rows(plane)[: frame.height, : frame.width] = matte
        frame.pts, frame.dts, frame.time_base = source.pts, source.dts, source.time_base
        frame.duration, frame.color_range = source.duration, FULL_RANGE
        return frame


def foreground(planes: Mask, size: tuple[int, int], least: int) -> Mask:
    """Return the binary mask of all classes together at the frame's size.

    Parameters
    ----------
    planes : (C, h, w) uint8
        Confidence, one plane a class.
    size : (int, int)
        Width and height of the frame.
    least : int
        The least confidence that is foreground.

    Returns
    -------
    (H, W) uint8
        0 or 255.
    """
    import cv2

    confidence = frame_confidence(planes, size).max(axis=0)
    return np.asarray(cv2.threshold(confidence, least - 1, 255, cv2.THRESH_BINARY)[1], np.uint8)
