"""A frame's pixels as numpy views in their own format and bit depth, and a copy that may be drawn on.

Nothing here goes through RGB: a round trip changes the luma of 96 % of untouched pixels
(docs/design.md), so masks are drawn on the planes the decoder gave.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import av
import numpy as np
from av.video.plane import VideoPlane
from numpy.typing import NDArray

from masksmooth_filter.composite.colour import FULL_RANGE
from masksmooth_filter.errors import InputError
from masksmooth_filter.frames import Mask

Samples = NDArray[np.uint8] | NDArray[np.uint16]

PACKED_RGB = ("rgb24", "bgr24", "rgba", "bgra", "argb", "abgr", "rgb0", "bgr0", "0rgb", "0bgr")
"""Packed formats whose name spells their sample order."""

SEMI_PLANAR = {"nv12": "uv", "nv21": "vu", "nv16": "uv", "nv24": "uv", "nv42": "vu",
               "p010le": "uv", "p016le": "uv", "p210le": "uv", "p410le": "uv"}  # fmt: skip
"""Formats with one luma plane and one plane of chroma pairs, and the order in a pair."""


WITHOUT_LOSS = {
    "pal8": "rgb24",
    "monow": "gray",
    "monob": "gray",
    "yuyv422": "yuv422p",
    "uyvy422": "yuv422p",
    "yvyu422": "yuv422p",
    "rgb48be": "gbrp16le",
    "rgb48le": "gbrp16le",
}
"""For formats masks cannot be drawn on: one that holds the same samples and can."""


@dataclass(frozen=True, slots=True)
class Component:
    """One colour component of a format and where its samples lie.

    Attributes
    ----------
    name : str
        ``y``, ``u``, ``v``, ``r``, ``g``, ``b``, or ``a`` for transparency.
    plane, offset, step : int
        Plane index; first sample of a row and distance between samples, counted in samples.
    bits, shift : int
        Significant bits, and how far they are shifted up in their sample (p010: 6).
    width, height : int
        Size in samples (chroma may be subsampled).
    """

    name: str
    plane: int
    offset: int
    step: int
    bits: int
    shift: int
    width: int
    height: int

    def view(self, frame: av.VideoFrame) -> Samples:
        """Return the samples as a ``(height, width)`` view, writable where the frame is."""
        plane = rows(frame.planes[self.plane], self.bits)
        end = self.offset + self.width * self.step
        return plane[: self.height, self.offset : end : self.step]

    def read(self, frame: av.VideoFrame) -> Samples:
        """Return the samples side by side in native range: the view itself where they lie so, else a copy."""
        view = self.view(frame)
        return view if self.plain else np.ascontiguousarray(view >> self.shift)

    def write(self, frame: av.VideoFrame, samples: Samples) -> None:
        """Put back what `read` has returned, once it is changed."""
        if not self.plain:
            self.view(frame)[...] = samples << self.shift

    @property
    def plain(self) -> bool:
        """Whether the samples of a row lie side by side in native range."""
        return self.step == 1 and self.shift == 0

    def fitted(self, weight: Mask) -> Mask:
        """Return full-size weights at the component's size."""
        return block_mean(weight, (self.height, self.width))


def rows(plane: VideoPlane, bits: int = 8) -> Samples:
    """Return a plane's memory as ``(rows, samples a row)``, padding included; uint16 above 8 bits."""
    memory = memoryview(plane)
    if bits > 8:
        return np.frombuffer(memory, np.uint16).reshape(-1, plane.line_size // 2)
    return np.frombuffer(memory, np.uint8).reshape(-1, plane.line_size)


def components(format_: av.VideoFormat) -> tuple[Component, ...]:
    """Return the colour components of a pixel format (no alpha), empty if masks cannot be drawn on it."""
    name = format_.name
    if name in PACKED_RGB:
        order = name.removesuffix("24")
        return tuple(_component(format_, 0, c, order.index(c), len(order)) for c in "rgb")
    if name in SEMI_PLANAR:
        order = SEMI_PLANAR[name]
        chroma = [_component(format_, 1, c, order.index(c), 2) for c in "uv"]
        return (_component(format_, 0, "y", 0, 1), *chroma)
    if not _is_planar(format_):
        return ()
    letters = "rgb" if format_.is_rgb else "yuv"
    colours = [(i, c) for i, c in enumerate(format_.components) if not c.is_alpha]
    return tuple(_component(format_, i, letters[i], 0, 1) for i, _ in colours)


def alpha_component(format_: av.VideoFormat) -> Component | None:
    """Return where a format keeps its transparency, or None if it has none, or none that can be drawn on."""
    name = format_.name
    index = next((i for i, part in enumerate(format_.components) if part.is_alpha), None)
    if index is None or not components(format_):
        return None
    if name in PACKED_RGB:
        return _component(format_, index, "a", name.index("a"), len(name))
    return _component(format_, index, "a", 0, 1)


def block_mean(weight: Mask, shape: tuple[int, int]) -> Mask:
    """Average a weight plane over the blocks of a subsampled component; 0 only where a block is 0.

    Parameters
    ----------
    weight : (H, W) uint8
        Full-size weights.
    shape : (int, int)
        Rows and columns of the component; the last block of an odd size repeats its edge.
    """
    import cv2

    (rows, columns), (height, width) = shape, weight.shape
    if (rows, columns) == (height, width):
        return weight
    down, across = -(-height // rows), -(-width // columns)
    pad = rows * down - height, columns * across - width
    if any(pad):
        weight = np.asarray(cv2.copyMakeBorder(weight, 0, pad[0], 0, pad[1], cv2.BORDER_REPLICATE), np.uint8)
    return np.asarray(cv2.resize(weight, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)


def drawable(name: str) -> str:
    """Return the pixel format that a frame is drawn on: its own, else one that holds it without loss.

    Raises
    ------
    InputError
        If there is none.
    """
    for candidate in (name, WITHOUT_LOSS.get(name), re.sub("be$", "le", name)):
        if candidate and components(av.VideoFormat(candidate)):
            return candidate
    raise InputError(f"cannot draw masks on {name} pixels; convert the video to yuv420p or yuv444p first")


def _is_planar(format_: av.VideoFormat) -> bool:
    """Tell whether each component has a plane of its own, in whole little-endian integer samples."""
    parts = format_.components
    alone = len({c.plane for c in parts}) == len(parts)
    other = format_.name.endswith(("be", "f16le", "f32le")) or format_.has_palette
    return alone and not other and min(c.bits for c in parts) >= 8


def _component(format_: av.VideoFormat, index: int, name: str, offset: int, step: int) -> Component:
    part = format_.components[index]
    shift = 16 - part.bits if name in "yuv" and format_.name in SEMI_PLANAR and part.bits > 8 else 0
    return Component(name, part.plane, offset, step, part.bits, shift, part.width, part.height)


class FrameCopier:
    """Copy frames so that they may be drawn on, in the `drawable` form of their pixel format.

    Drawing on a decoded frame in place corrupts later frames: the decoder still predicts from it
    (14 of 60 frames changed in a trial). libavfilter's ``copy`` takes every property along (colour
    tags, aspect ratio, side data), which setting them one by one through PyAV cannot.
    """

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._graph = av.filter.Graph()

    def copy(self, frame: av.VideoFrame, pixels: str | None = None) -> av.VideoFrame:
        """Return a frame of its own memory with the same pixels, time and tags.

        Parameters
        ----------
        frame : av.VideoFrame
        pixels : str, optional
            The pixel format of the copy; by default the `drawable` form of the frame's.
        """
        key = (frame.width, frame.height, frame.format.name, frame.time_base, pixels)
        if key != self._key:
            self._graph, self._key = self._build(frame, pixels or drawable(frame.format.name)), key
        self._graph.vpush(frame)
        copy = self._graph.vpull()
        if copy.format.name != frame.format.name:  # a conversion forgets what it was not told
            rgb = copy.format.is_rgb
            copy.colorspace = frame.colorspace if rgb == frame.format.is_rgb else 0 if rgb else 2
            full = rgb or frame.format.name.startswith("yuvj")
            copy.color_range = FULL_RANGE if full else frame.color_range
            copy.color_primaries, copy.color_trc = frame.color_primaries, frame.color_trc
        return copy

    @staticmethod
    def _build(frame: av.VideoFrame, pixels: str) -> av.filter.Graph:
        graph = av.filter.Graph()
        size = f"width={frame.width}:height={frame.height}:pix_fmt={frame.format.name}"
        source = graph.add("buffer", f"{size}:time_base={frame.time_base or '1/1000'}")
        same = pixels == frame.format.name
        copy = graph.add("copy") if same else graph.add("format", f"pix_fmts={pixels}")
        sink = graph.add("buffersink")
        source.link_to(copy)
        copy.link_to(sink)
        graph.configure()
        return graph
