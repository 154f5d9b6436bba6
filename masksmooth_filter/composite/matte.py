"""The mask itself as a picture: white foreground on black."""

from __future__ import annotations

from typing import Literal

import av
import numpy as np

from masksmooth_filter.composite.colour import FULL_RANGE
from masksmooth_filter.composite.overlay import level
from masksmooth_filter.composite.planes import rows
from masksmooth_filter.composite.upsample import frame_confidence
from masksmooth_filter.frames import Mask, MaskedFrame

MattePixels = Literal["yuv420p", "yuv444p", "gray"]


class Matte:
    """Filter: a masked frame in, its matte out, 255 foreground and 0 background, full range.

    Several classes are one foreground.

    Parameters
    ----------
    threshold : float
        Confidence in 0..1 from which a pixel is foreground.
    pix_fmt : {'yuv420p', 'yuv444p', 'gray'}
        The matte's pixel format; chroma, if any, is neutral. yuv420p is what every player decodes,
        gray what lossless codecs hold without waste.
    """

    latency = 0

    def __init__(self, *, threshold: float = 0.5, pix_fmt: MattePixels = "yuv420p") -> None:
        self._level = level(threshold)
        self._pix_fmt = pix_fmt

    def push(self, item: MaskedFrame) -> list[av.VideoFrame]:
        """Make the matte of one frame, with the frame's time and duration."""
        source = item.frame
        frame = av.VideoFrame(source.width, source.height, self._pix_fmt)
        self._fill(frame, item)
        frame.pts, frame.dts, frame.time_base = source.pts, source.dts, source.time_base
        frame.duration, frame.color_range = source.duration, FULL_RANGE
        return [frame]

    def flush(self) -> list[av.VideoFrame]:
        """Return nothing: no frame is held."""
        return []

    def close(self) -> None:
        """Nothing is held."""

    def _fill(self, frame: av.VideoFrame, item: MaskedFrame) -> None:
        matte = foreground(item.planes, (frame.width, frame.height), self._level)
        for index, plane in enumerate(frame.planes):
            if index:
                rows(plane)[...] = 128
            else:
                rows(plane)[: frame.height, : frame.width] = matte


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
