"""Between GStreamer's buffers and libav's frames: formats, colour, and a copy of the planes as they are.

The planes are copied, not borrowed: frames wait for those after them, and a decoder with a small pool
of buffers would starve. 1080p I420 costs 0.1 ms.
"""

from __future__ import annotations

from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.composite.planes import rows
from masksmooth_filter.errors import InputError
from masksmooth_filter.integrations.gst.bindings import Gst, GstVideo
from masksmooth_filter.timing import NANOSECONDS

PIX_FMTS = {
    "I420": "yuv420p", "NV12": "nv12", "NV21": "nv21", "Y42B": "yuv422p", "NV16": "nv16",
    "Y444": "yuv444p", "NV24": "nv24", "GRAY8": "gray", "GRAY16_LE": "gray16le",
    "P010_10LE": "p010le", "I420_10LE": "yuv420p10le", "I422_10LE": "yuv422p10le",
    "Y444_10LE": "yuv444p10le", "I420_12LE": "yuv420p12le", "I422_12LE": "yuv422p12le",
    "Y444_12LE": "yuv444p12le", "A420": "yuva420p", "RGB": "rgb24", "BGR": "bgr24", "RGBA": "rgba",
    "BGRA": "bgra", "ARGB": "argb", "ABGR": "abgr", "RGBx": "rgb0", "BGRx": "bgr0", "xRGB": "0rgb",
    "xBGR": "0bgr", "GBR": "gbrp", "GBR_10LE": "gbrp10le", "GBR_12LE": "gbrp12le", "GBRA": "gbrap",
}  # fmt: skip
"""libav's name for each GStreamer format that masks are drawn on; both order their planes alike."""

_MATRICES = {"RGB": 0, "BT709": 1, "FCC": 4, "BT601": 6, "SMPTE240M": 7, "BT2020": 9}
_RANGES = {"16_235": 1, "0_255": 2}
_UNSPECIFIED = 2, 0
"""AVCOL_SPC_UNSPECIFIED, AVCOL_RANGE_UNSPECIFIED."""


class Layout:
    """How pictures of certain caps lie in memory.

    Parameters
    ----------
    caps : Gst.Caps
        Fixed, of raw video in a format of `PIX_FMTS`.

    Attributes
    ----------
    info : GstVideo.VideoInfo
        Their meaning.
    """

    def __init__(self, caps: Any) -> None:
        self.info = GstVideo.VideoInfo.new_from_caps(caps)
        self.pix_fmt = PIX_FMTS[self.info.finfo.name]
        self._shapes = _plane_shapes(av.VideoFormat(self.pix_fmt, self.info.width, self.info.height))
        matrix, range_ = self.info.colorimetry.matrix.value_name, self.info.colorimetry.range.value_name
        matrix_name = matrix.removeprefix("GST_VIDEO_COLOR_MATRIX_")
        self._colorspace = _MATRICES.get(matrix_name, _UNSPECIFIED[0])
        self._color_range = _RANGES.get(range_.removeprefix("GST_VIDEO_COLOR_RANGE_"), _UNSPECIFIED[1])

    def duration_of(self, frames: int) -> int | None:
        """Return the nanoseconds of a number of frames by the caps' rate; None if that varies."""
        rate, per = self.info.fps_n, self.info.fps_d
        return Gst.util_uint64_scale(frames * Gst.SECOND, per, rate) if rate else None

    def read(self, buffer: Any) -> av.VideoFrame:
        """Copy a buffer's picture into a frame of its own, with its colour; the frame has no time."""
        frame = av.VideoFrame(self.info.width, self.info.height, self.pix_fmt)
        frame.colorspace, frame.color_range = self._colorspace, self._color_range
        frame.time_base = NANOSECONDS
        with buffer.map(Gst.MapFlags.READ) as mapped:
            for ours, theirs in zip(self._ours(frame), self._theirs(buffer, mapped.data), strict=True):
                ours[...] = theirs
        return frame

    def write(self, frame: av.VideoFrame, buffer: Any) -> None:
        """Copy a frame's picture into a writable buffer."""
        with buffer.map(Gst.MapFlags.WRITE) as mapped:
            for ours, theirs in zip(self._ours(frame), self._theirs(buffer, mapped.data), strict=True):
                theirs[...] = ours

    def _ours(self, frame: av.VideoFrame) -> list[NDArray[np.uint8]]:
        planes = zip(frame.planes, self._shapes, strict=True)
        return [np.asarray(rows(plane)[:height, :width], np.uint8) for plane, (height, width) in planes]

    def _theirs(self, buffer: Any, data: Any) -> list[NDArray[np.uint8]]:
        """Return views of the planes, by the buffer's own strides where it has some."""
        meta = GstVideo.buffer_get_video_meta(buffer)
        where = self.info if meta is None else meta
        try:
            return [
                np.ndarray(shape, np.uint8, data, where.offset[i], (where.stride[i], 1))
                for i, shape in enumerate(self._shapes)
            ]
        except (TypeError, ValueError) as error:
            raise InputError(f"a buffer of {len(data)} bytes is too small for its caps: {error}") from error


def _plane_shapes(format_: av.VideoFormat) -> list[tuple[int, int]]:
    """Return the rows of each plane and the bytes of a row that are picture, not padding."""
    shapes: dict[int, tuple[int, int]] = {}
    for part in format_.components:
        _, so_far = shapes.get(part.plane, (0, 0))
        shapes[part.plane] = (part.height, so_far + part.width * (2 if part.bits > 8 else 1))
    if len(shapes) == 1:  # packed, perhaps with a byte that is no component
        return [(format_.height, format_.width * format_.padded_bits_per_pixel // 8)]
    return [shapes[plane] for plane in sorted(shapes)]
