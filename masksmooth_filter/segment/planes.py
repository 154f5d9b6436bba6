"""A decoded frame's planes as bytes in a row, copied once, for `network_input` to read."""

from __future__ import annotations

import av
import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.segment.network_input import PlaneLayout, Row, yuv_to_rgb

BT601 = (0.299, 0.114)
"""kr, kb of video whose matrix is not named, as FFmpeg takes it."""

MATRICES = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
    10: (0.2627, 0.0593),
}
"""kr, kb by libav's AVColorSpace (ITU-T H.273); others, and the tags nobody can convert, are BT.601."""

FULL = 2
"""libav's AVCOL_RANGE_JPEG."""

_PLANAR = {"nv12": "yuv420p", "nv21": "yuv420p", "nv16": "yuv422p", "nv24": "yuv444p", "nv42": "yuv444p",
           "p010le": "yuv420p10le", "p210le": "yuv422p10le", "p410le": "yuv444p10le", "p016le": "yuv420p16le",
           "p216le": "yuv422p16le", "p416le": "yuv444p16le", "y210le": "yuv422p10le",
           "yuyv422": "yuv422p", "uyvy422": "yuv422p", "yvyu422": "yuv422p"}  # fmt: skip
"""Formats that mix their samples, and the planar one of the same samples."""

_ANY_MATRIX = 5
"""AVCOL_SPC_BT470BG, named as source and target: samples only move, whatever matrix they are by."""


def planar(frame: av.VideoFrame) -> av.VideoFrame:
    """Return the frame itself if each of its colours has a plane of whole samples, else its like that has."""
    format_ = frame.format
    parts = format_.components
    alone = len({part.plane for part in parts}) == len(parts)
    odd = format_.name.endswith(("be", "f16le", "f32le")) or format_.has_palette
    if alone and not odd and min(part.bits for part in parts) >= 8:
        return frame
    if format_.is_rgb or format_.has_palette:
        return frame.reformat(format="gbrp")
    plain = "gray" if len(parts) < 3 else "yuv444p"
    other = format_.name[:-2] + "le" if format_.name.endswith("be") else _PLANAR.get(format_.name, plain)
    found = frame.reformat(format=other, src_colorspace=_ANY_MATRIX, dst_colorspace=_ANY_MATRIX)
    found.colorspace = frame.colorspace
    return found


def layout_of(frame: av.VideoFrame, turns: int = 0) -> PlaneLayout:
    """Return how a `planar` frame's planes lie in a row of bytes, and how its colours are read.

    Parameters
    ----------
    frame : av.VideoFrame
        What `planar` returns.
    turns : int
        Quarter turns that set it upright.
    """
    colours = [part for part in frame.format.components if not part.is_alpha]
    sizes = tuple((part.height, part.width) for part in colours)
    bits = colours[0].bits
    return PlaneLayout(sizes, bits, _to_rgb(frame, len(colours), bits), turns)


def pack(frame: av.VideoFrame, layout: PlaneLayout, out: NDArray[np.uint8]) -> None:
    """Copy a frame's planes into a row of ``layout.nbytes`` bytes, without the padding of their lines."""
    colours = [part for part in frame.format.components if not part.is_alpha]
    for part, (height, width), start in zip(colours, layout.sizes, layout.offsets, strict=False):
        length = width * layout.sample_bytes
        plane = frame.planes[part.plane]
        lines = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        out[start : start + height * length].reshape(height, length)[:] = lines[:height, :length]


def _to_rgb(frame: av.VideoFrame, colours: int, bits: int) -> tuple[Row, Row, Row]:
    scale = 1 / ((1 << bits) - 1)
    if colours < 3:  # swscale, too, takes gray for full range, whatever it says
        return ((scale, 0, 0, 0),) * 3
    if frame.format.is_rgb:
        return (scale, 0, 0, 0), (0, scale, 0, 0), (0, 0, scale, 0)
    full = frame.color_range == FULL or frame.format.name.startswith("yuvj")
    kr, kb = MATRICES.get(int(frame.colorspace), BT601)
    return yuv_to_rgb(kr, kb, full=full, bits=bits)
