"""What the report sees of the picture: a small gray copy, how it moved, and where a scene begins.

Figures that allow for motion are counted on a grid whose short side has at most `ROWS` points, and with a
flow of their own: the smoother's would praise it for agreeing with its own mistakes, and the plain methods
have none. DIS "ultrafast" takes .9 ms there and carries the truth of six DAVIS sequences
with an IoU of .876; "fast" 1.7 ms and .865, "medium" 7.5 ms and .901 (one core of an AMD EPYC).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from masksmooth_filter.frames import Flow, Flows, Mask
from masksmooth_filter.smoothing.cuts import detail, likeness
from masksmooth_filter.smoothing.flow import SMALLEST

ROWS = 180
"""Points of the grid's short side at most."""

FLATTEST = 8
"""Pictures more than this many times as long as wide get a grid that is smaller still."""


def grid_size(width: int, height: int) -> tuple[int, int]:
    """Return width and height of the grid for a picture; never more than the picture has."""
    scale = min(1.0, ROWS / min(width, height), ROWS * FLATTEST / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


LEAST_LIKENESS = 0.4
"""Details that correlate by less along the flow are of another scene: within 14 shots it was .50 at the
least, in the fastest of them, and between pictures of different ones .25 at most."""

ALIKE = 4.0
"""Pictures that differ by less than so many levels, on average, show no cut: most are settled by this."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One picture as the report sees it.

    Attributes
    ----------
    size : (int, int)
        Width and height of the grid.
    scale : float
        Pixels of the frame to one step of the grid, across.
    flow : (h, w, 2) float32, optional
        From each point to where it was in the picture before; None where there is no such picture.
    cut : bool
        Whether a scene begins with this picture, and it is not the first.
    """

    size: tuple[int, int]
    scale: float
    flow: Flow | None
    cut: bool

    def carried(self, mask: Mask) -> Mask:
        """Bring a mask of the picture before, ``(h, w)`` uint8 on the grid, to this picture's places.

        Bilinear between the points, and the nearest one where a place was outside the picture; 0 or 255
        from the middle on.
        """
        import cv2

        if self.flow is None:
            raise ValueError("the picture has none before it to carry a mask from")
        at = self.flow + _places(self.size)
        moved = cv2.remap(mask, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(cv2.threshold(moved, 127, 255, cv2.THRESH_BINARY)[1], np.uint8)

    def on_grid(self, mask: Mask) -> Mask:
        """Shrink a mask at the frame's size to the grid, averaging areas; 0..255."""
        import cv2

        (width, height), (rows, columns) = self.size, mask.shape
        if (columns, rows) == self.size:
            return mask
        if columns % width or rows % height:
            return np.asarray(cv2.resize(mask, self.size, interpolation=cv2.INTER_AREA), np.uint8)
        return _shrunk(mask, self.size)


def _shrunk(mask: Mask, size: tuple[int, int]) -> Mask:
    """Average whole blocks, in the box round the mask alone: a third of the time for a person at 1080p."""
    import cv2

    down, across = mask.shape[0] // size[1], mask.shape[1] // size[0]
    left, top, width, height = cv2.boundingRect(mask)
    out = np.zeros(size[::-1], np.uint8)
    x, y, right, bottom = (
        left // across,
        top // down,
        -(-(left + width) // across),
        -(-(top + height) // down),
    )
    if right > x and bottom > y:
        part = mask[y * down : bottom * down, x * across : right * across]
        out[y:bottom, x:right] = cv2.resize(part, (right - x, bottom - y), interpolation=cv2.INTER_AREA)
    return out


class Eye:
    """Looks at one picture after another; keeps the last small one."""

    def __init__(self) -> None:
        self._dis: Any = None
        self._before: Mask | None = None
        self._scaler = VideoReformatter()  # kept: a new one would cost 1 ms a frame at 1080p

    def look(self, frame: av.VideoFrame) -> Sight:
        """Look at the next frame."""
        width, height = grid_size(frame.width, frame.height)
        luma = self._gray(frame, (width, height))
        before, self._before = self._before, luma
        scale = frame.width / width
        if before is None or before.shape != luma.shape:
            return Sight((width, height), scale, None, before is not None)
        flow = self._flow(before, luma)
        cut = self._is_cut(before, luma, flow)
        return Sight((width, height), scale, None if cut else flow, cut)

    def forget(self) -> None:
        """Forget the last picture: the next one is a first one again."""
        self._before = None

    def _gray(self, frame: av.VideoFrame, size: tuple[int, int]) -> Mask:
        """Return a frame's luma at another width and height, areas averaged by libswscale."""
        small = self._scaler.reformat(frame, *size, format="gray", interpolation="AREA")
        return np.ascontiguousarray(small.to_ndarray(), np.uint8)

    def _flow(self, before: Mask, now: Mask) -> Flow:
        import cv2

        if min(now.shape) < SMALLEST:
            return np.zeros((*now.shape, 2), np.float32)
        if self._dis is None:
            self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        return np.asarray(self._dis.calc(now, before, None), np.float32)

    def _is_cut(self, before: Mask, now: Mask, flow: Flow) -> bool:
        """Tell whether another scene is shown, as the smoother does (`masksmooth_filter.smoothing.cuts`)."""
        import cv2

        if min(now.shape) < SMALLEST or cv2.norm(before, now, cv2.NORM_L1) < ALIKE * now.size:
            return False
        if likeness(detail(before), detail(now), Flows(flow, flow)) >= LEAST_LIKENESS:
            return False
        before, now = (np.asarray(cv2.equalizeHist(luma), np.uint8) for luma in (before, now))
        flow = self._flow(before, now)
        return likeness(detail(before), detail(now), Flows(flow, flow)) < LEAST_LIKENESS


_kept: dict[tuple[int, int], NDArray[np.float32]] = {}


def _places(size: tuple[int, int]) -> NDArray[np.float32]:
    """Return ``(h, w, 2)`` float32: x and y of every point of a grid."""
    if size not in _kept:
        _kept.clear()
        _kept[size] = np.dstack(np.meshgrid(np.arange(size[0]), np.arange(size[1]))).astype(np.float32)
    return _kept[size]
