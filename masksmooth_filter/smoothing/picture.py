"""What the motion smoother sees of a frame: a small picture's luma and Lab colours; its pixels in the end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import av
import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.errors import MaskShapeError
from masksmooth_filter.smoothing.team import Team
from masksmooth_filter.smoothing.tuning import ROWS, TUNED_ROWS

Rgb = NDArray[np.uint8]
"""``(H, W, 3)`` uint8."""

Gray = NDArray[np.uint8]
"""``(H, W)`` uint8."""

_FLATTEST = 8
"""Pictures more than this many times as long as wide are made smaller still, so that none costs much more."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame at its own size and at the size motion is judged at.

    Attributes
    ----------
    source : av.VideoFrame or (H, W, 3) uint8
        The frame. A video frame is converted anew when its pixels are asked for, 1.1 ms at 1080p: as RGB
        every frame that waits would hold 6 MB more.
    luma : (h, w) uint8
        Small; the short side has at most 270 pixels.
    lab : (h, w, 3) uint8
        8-bit CIELAB as OpenCV makes it: L * 2.55, a + 128, b + 128.
    """

    source: av.VideoFrame | Rgb
    luma: Gray
    lab: Rgb

    @classmethod
    def of(cls, frame: av.VideoFrame | Rgb, team: Team) -> Picture:
        """Look at a frame; the team's threads share its rows.

        Raises
        ------
        MaskShapeError
            If it is neither a video frame nor an (H, W, 3) uint8 array.
        """
        import cv2

        rgb = rgb_of(frame)
        low = resized(rgb, low_size(rgb.shape[0], rgb.shape[1]), team)
        source = frame if isinstance(frame, av.VideoFrame) else rgb
        return cls(source, cv2.cvtColor(low, cv2.COLOR_RGB2GRAY), cv2.cvtColor(low, cv2.COLOR_RGB2LAB))

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the frame."""
        if isinstance(self.source, av.VideoFrame):
            return self.source.height, self.source.width
        return self.source.shape[0], self.source.shape[1]

    def pixels(self) -> Rgb:
        """Return the frame's pixels, ``(H, W, 3)`` uint8."""
        return rgb_of(self.source) if isinstance(self.source, av.VideoFrame) else self.source

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the small picture."""
        return self.luma.shape[0], self.luma.shape[1]

    @property
    def grid(self) -> tuple[int, int]:
        """Height and width of the grid of every second pixel of the small picture."""
        return (self.luma.shape[0] + 1) // 2, (self.luma.shape[1] + 1) // 2

    @property
    def scale(self) -> float:
        """What lengths tuned at 240 rows are multiplied with on the small picture."""
        return min(self.size) / TUNED_ROWS

    def seen_as(self, other: Picture) -> Picture:
        """Return the frame's pixels with what another frame of the size shows."""
        return replace(self, luma=other.luma, lab=other.lab)


def rgb_of(frame: av.VideoFrame | Rgb) -> Rgb:
    """Return a frame's pixels, in an array of its own.

    Raises
    ------
    MaskShapeError
        If it is neither a video frame nor an (H, W, 3) uint8 array.
    """
    if isinstance(frame, av.VideoFrame):
        return np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
    is_array = isinstance(frame, np.ndarray) and frame.dtype == np.uint8
    if is_array and frame.ndim == 3 and frame.shape[2] == 3 and frame.size:
        return frame.copy(order="C")
    found = f"{frame.dtype} of shape {frame.shape}" if isinstance(frame, np.ndarray) else type(frame).__name__
    wanted = "an av.VideoFrame or (height, width, 3) uint8 RGB"
    raise MaskShapeError(f"frame is {found}; the motion method follows the picture: give {wanted}")


def low_size(height: int, width: int) -> tuple[int, int]:
    """Return the height and width with the short side brought down to 270; never up."""
    scale = min(1.0, ROWS / min(height, width), ROWS * _FLATTEST / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def resized(image: NDArray[np.uint8], size: tuple[int, int], team: Team) -> NDArray[np.uint8]:
    """Return an image at another height and width: averaged where it shrinks, bilinear where it grows."""
    import cv2

    from masksmooth_kernels.area import shrink

    if image.shape[:2] == size:
        return image
    if image.shape[0] >= size[0] and image.shape[1] >= size[1]:
        low = np.empty((*size, *image.shape[2:]), np.uint8)
        whole = np.ascontiguousarray(image)
        team.run([partial(shrink, whole, low, rows) for rows in team.spans(size[0])])
        return low
    out: NDArray[np.uint8] = cv2.resize(image, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
    return out
