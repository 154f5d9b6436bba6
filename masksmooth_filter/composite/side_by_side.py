"""Raw and smoothed beside each other, to judge the smoothing by."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import av
import numpy as np

from masksmooth_filter.composite.drawing import Drawing
from masksmooth_filter.composite.overlay import Overlay
from masksmooth_filter.composite.planes import Component, alpha_component, components, drawable
from masksmooth_filter.composite.tint import tint
from masksmooth_filter.frames import MaskedFrame

WHITE = (255, 255, 255)

Axis = Literal["across", "down"]


def doubled(size: tuple[int, int], pix_fmt: str, rotation: int) -> tuple[int, int]:
    """Return the width and height of a side-by-side picture.

    Each half is a whole number of chroma samples: of an odd width one column more.

    Parameters
    ----------
    size : (int, int)
        Width and height of the film's frames.
    pix_fmt : str
        Their `drawable` format.
    rotation : int
        Degrees by which a player turns them: film that is shown turned by 90 is stacked as it is stored.
    """
    width, height = size
    if _axis(rotation) == "across":
        return 2 * _whole(width, _chroma_step(pix_fmt, "across")), height
    return width, 2 * _whole(height, _chroma_step(pix_fmt, "down"))


class SideBySide(Drawing):
    """Filter: a masked and smoothed frame in, a picture twice as wide out: raw left, smoothed right.

    Both are drawn with the same overlay; a thin white line parts them. A film that players turn is laid out
    so that raw is left as it is shown.

    Parameters
    ----------
    overlay : Overlay
        Draws the masks.
    """

    def __init__(self, overlay: Overlay) -> None:
        super().__init__()
        self._overlay = overlay

    def draw(self, item: MaskedFrame) -> av.VideoFrame:
        """Draw one frame twice."""
        raw = item if item.raw is None else replace(item, mask=item.raw)
        halves = [self._overlay.draw(raw), self._overlay.draw(item)]
        source = item.frame
        if _comes_second(source.rotation):
            halves.reverse()
        pixels = drawable(source.format.name)
        width, height = doubled((source.width, source.height), pixels, source.rotation)
        frame = av.VideoFrame(width, height, pixels)
        for part in _all_parts(frame.format):
            _fill(frame, part, halves)
        _copy_properties(source, frame)
        self._divide(frame, _axis(source.rotation))
        return frame

    def close(self) -> None:
        """Free the copiers' memory."""
        super().close()
        self._overlay.close()

    @staticmethod
    def _divide(frame: av.VideoFrame, axis: Axis) -> None:
        """Draw the line, over the halves' seam."""
        thick = max(4, max(frame.width, frame.height) // 960 * 4)
        if axis == "across":
            corner, shape = (_before(frame.width // 2, thick), 0), (frame.height, thick)
        else:
            corner, shape = (0, _before(frame.height // 2, thick)), (thick, frame.width)
        for part in components(frame.format):
            tint(frame, part, np.full(shape, 255, np.uint8), WHITE, corner=corner)


def _all_parts(format_: av.VideoFormat) -> tuple[Component, ...]:
    alpha = alpha_component(format_)
    return (*components(format_), *([] if alpha is None else [alpha]))


def _fill(frame: av.VideoFrame, part: Component, halves: list[av.VideoFrame]) -> None:
    """Copy both halves' samples of a component; a column or row too many repeats the last."""
    view = part.view(frame)
    for index, half in enumerate(halves):
        there = next(p for p in _all_parts(half.format) if p.name == part.name)
        samples = there.view(half)
        if half.height == frame.height:
            wide = part.width // 2
            target = view[:, index * wide : (index + 1) * wide]
        else:
            high = part.height // 2
            target = view[index * high : (index + 1) * high]
        rows, columns = min(len(target), there.height), min(target.shape[1], there.width)
        target[:rows, :columns] = samples[:rows, :columns]
        target[:, columns:] = target[:, columns - 1 : columns]
        target[rows:] = target[rows - 1 : rows]


def _copy_properties(source: av.VideoFrame, frame: av.VideoFrame) -> None:
    frame.pts, frame.dts, frame.time_base = source.pts, source.dts, source.time_base
    frame.duration, frame.color_range, frame.colorspace = (
        source.duration,
        source.color_range,
        source.colorspace,
    )
    frame.color_primaries, frame.color_trc = source.color_primaries, source.color_trc


def _before(seam: int, thick: int) -> int:
    """Return where a line over a seam begins, on whole chroma samples."""
    return max(seam - thick // 2, 0) // 4 * 4


def _axis(rotation: int) -> Axis:
    return "down" if round(rotation / 90) % 2 else "across"


def _comes_second(rotation: int) -> bool:
    """Tell whether what is stored first is shown last: upside down, or turned clockwise."""
    return round(rotation / 90) % 4 in (2, 3)


def _chroma_step(pix_fmt: str, axis: Axis) -> int:
    """Return how many pixels a chroma sample is wide or high."""
    parts = av.VideoFormat(pix_fmt, 64, 64).components
    return max(64 // (part.width if axis == "across" else part.height) for part in parts)


def _whole(length: int, step: int) -> int:
    return -(-length // step) * step
