"""The filter that gives every frame its mask, and what a network must offer to stand in it."""

from __future__ import annotations

from typing import Any, Protocol

import av
import numpy as np
from av.error import OSError as AvOSError
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from masksmooth_filter.errors import ModelError
from masksmooth_filter.frames import Mask, MaskedFrame

# Area averaging for the shrink (swscale turns it to bilinear for a growth), exact rounding and full
# chroma: within 0.5 to 1.6 levels of the float formula. PyAV's default (bilinear alone) is off by up
# to 4.9 on 10-bit video and 6.4 where it enlarges. 1.6 ms a frame from 1080p to 256 x 144, 0.7 without.
_SCALING = Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT

_BT601 = 5
"""AVCOL_SPC_BT470BG: what FFmpeg takes for video that does not name its matrix."""


class Model(Protocol):
    """A network: upright RGB pictures in, confidence out."""

    @property
    def classes(self) -> tuple[int, ...]:
        """The class id of each plane it gives; empty for one plane without a class."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """The name of every class id it knows; empty if it knows no classes."""
        ...

    @property
    def batch(self) -> int:
        """How many pictures ``predict`` shall be given at a time."""
        ...

    def input_size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height it wants to see of an upright picture of that size."""
        ...

    def predict(self, images: NDArray[np.uint8]) -> Mask:
        """Segment pictures.

        Parameters
        ----------
        images : (N, h, w, 3) uint8
            Upright RGB pictures of `input_size`; N is at most `batch`.

        Returns
        -------
        (N, h', w') or (N, C, h', w') uint8
            Confidence, covering the whole picture at any resolution.
        """
        ...

    def close(self) -> None:
        """Free what the network holds. Calling it twice is fine."""
        ...


class Segmenter:
    """Give every frame its mask; a Filter from av.VideoFrame to MaskedFrame.

    The network sees the picture upright (phones store portrait video lying down, with a rotation
    beside it) and in RGB by the frame's own matrix and range; the mask is turned back to how the frame
    is stored and left at the network's resolution. The frame itself is handed on untouched.

    Parameters
    ----------
    model : Model
        The network; closed with the filter.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._reformatter = VideoReformatter()
        self._frames: list[av.VideoFrame] = []
        self._images: list[NDArray[np.uint8]] = []

    @property
    def latency(self) -> int:
        """A batch less the frame that completes it."""
        return self._model.batch - 1

    def push(self, item: av.VideoFrame, /) -> list[MaskedFrame]:
        """Take a frame; return the masked frames of a batch when it is full."""
        image = self._image(item)
        # A stream may change its size: pictures of one batch must be alike.
        other_size = bool(self._images) and self._images[0].shape != image.shape
        done = self.flush() if other_size else []
        self._frames.append(item)
        self._images.append(image)
        return done + self.flush() if len(self._frames) >= self._model.batch else done

    def flush(self) -> list[MaskedFrame]:
        """Segment the frames that wait for their batch to fill."""
        if not self._frames:
            return []
        frames, images = self._frames, np.stack(self._images)
        self._frames, self._images = [], []
        masks = self._model.predict(images)
        if len(masks) != len(frames):
            raise ModelError(f"the segmenter gave {len(masks)} masks for {len(frames)} pictures")
        return [self._masked(frame, mask) for frame, mask in zip(frames, masks, strict=True)]

    def close(self) -> None:
        """Close the network and forget the frames that wait."""
        self._frames, self._images = [], []
        self._model.close()

    def _image(self, frame: av.VideoFrame) -> NDArray[np.uint8]:
        turns = quarter_turns(frame)
        lying = turns % 2 == 1
        upright = (frame.height, frame.width) if lying else (frame.width, frame.height)
        width, height = self._model.input_size(*upright)
        stored = (height, width) if lying else (width, height)
        return np.rot90(rgb(frame, stored, reformatter=self._reformatter), turns)

    def _masked(self, frame: av.VideoFrame, mask: Mask) -> MaskedFrame:
        stored = np.rot90(mask, -quarter_turns(frame), axes=(-2, -1))
        return MaskedFrame(frame, np.ascontiguousarray(stored), self._model.classes)


def quarter_turns(frame: av.VideoFrame) -> int:
    """Return how often ``np.rot90`` must be applied to a stored picture to set it upright, 0 to 3.

    ``frame.rotation`` is FFmpeg's av_display_rotation_get: degrees counterclockwise, as np.rot90 turns.
    Other angles than quarter turns go to the nearest one.
    """
    return round(frame.rotation / 90) % 4


def rgb(
    frame: av.VideoFrame, size: tuple[int, int], *, reformatter: VideoReformatter | None = None
) -> NDArray[np.uint8]:
    """Convert and scale a frame to RGB in one pass, by its own colour matrix and range.

    Video without a tag is read as BT.601, limited range, as FFmpeg does; so is the rare tag that
    swscale cannot convert (YCgCo, ICtCp, reserved values).

    Parameters
    ----------
    frame : av.VideoFrame
        Any pixel format swscale reads; not written to.
    size : (int, int)
        Width and height of the picture to make.
    reformatter : VideoReformatter, optional
        Reused between frames of one stream; it keeps swscale's tables.

    Returns
    -------
    (height, width, 3) uint8
    """
    reformat = (reformatter or VideoReformatter()).reformat
    width, height = size
    target: dict[str, Any] = {"width": width, "height": height, "format": "rgb24"}
    target |= {"interpolation": _SCALING, "threads": 1}
    try:
        out = reformat(frame, **target)
    except AvOSError:
        out = reformat(frame, src_colorspace=_BT601, dst_colorspace=_BT601, **target)
    return np.asarray(out.to_ndarray(), np.uint8)
