"""The foreground alone, with transparency."""

from __future__ import annotations

import av
import numpy as np

from masksmooth_filter.composite.colour import native_value
from masksmooth_filter.composite.drawing import Drawing
from masksmooth_filter.composite.edges import Edges
from masksmooth_filter.composite.planes import (
    Component,
    FrameCopier,
    Samples,
    alpha_component,
    components,
    drawable,
)
from masksmooth_filter.frames import Mask, MaskedFrame

RIM = 8
"""Pixels of background that stay around the foreground, under an alpha of 0: lossy encoders and players that
scale mix neighbours in. All further off is black, so that what was cut out is not in the file."""


def transparent(pix_fmt: str) -> str:
    """Return the pixel format with transparency that holds a format's samples as they are.

    Parameters
    ----------
    pix_fmt : str
        A `drawable` format.

    Examples
    --------
    >>> transparent("yuv420p10le"), transparent("nv12"), transparent("gray"), transparent("rgb24")
    ('yuva420p10le', 'yuva420p', 'gbrap', 'rgba')
    """
    format_ = av.VideoFormat(pix_fmt)
    if alpha_component(format_) is not None:
        return pix_fmt
    if pix_fmt in _LIKE:
        return _LIKE[pix_fmt]
    bits = max(part.bits for part in format_.components)
    depth = "" if bits == 8 else f"{_at_least(bits, (10, 12, 16))}le"
    if format_.is_rgb or pix_fmt.startswith("gray"):
        return f"gbrap{depth}"
    across, down = _subsampling(format_)
    chroma = {(1, 1): "444", (2, 1): "422", (2, 2): "420"}.get((across, down), "444")
    known = {"420": (8, 9, 10, 16), "422": (8, 9, 10, 12, 16), "444": (8, 9, 10, 12, 16)}[chroma]
    deep = _at_least(bits, known)
    return f"yuva{chroma}p" + ("" if deep == 8 else f"{deep}le")


_LIKE = {"rgb24": "rgba", "bgr24": "bgra", "rgb0": "rgba", "bgr0": "bgra", "0rgb": "argb", "0bgr": "abgr"}


class Cutout(Drawing):
    """Filter: a masked frame in, its foreground with straight alpha out, in the `transparent` format.

    A source's own transparency is multiplied in. The foreground's samples are the decoder's, bit for bit;
    background further than `RIM` pixels off is black.

    Parameters
    ----------
    edges : Edges
        Where the foreground ends.
    """

    def __init__(self, *, edges: Edges = Edges()) -> None:  # noqa: B008 - frozen
        super().__init__()
        self._edges = edges
        self._form = FrameCopier()

    def draw(self, item: MaskedFrame) -> av.VideoFrame:
        """Cut one frame out."""
        source = item.frame
        pixels = drawable(source.format.name)
        if pixels != source.format.name:
            source = self.canvas(source)
        frame = self._form.copy(source, transparent(pixels))
        frame.pict_type = 0
        opacity = self._edges.foreground(item.planes, (frame.width, frame.height))
        _copy_colours(source, frame)
        self._set_alpha(source, frame, opacity)
        self._forget(frame, opacity)
        return frame

    def close(self) -> None:
        """Free the copiers' memory."""
        super().close()
        self._form = FrameCopier()

    def _set_alpha(self, source: av.VideoFrame, frame: av.VideoFrame, opacity: Mask) -> None:
        """Write the source's alpha, or all, times the opacity."""
        from masksmooth_kernels import blend

        part, own = alpha_component(frame.format), alpha_component(source.format)
        assert part is not None
        alpha = part.read(frame)
        alpha[...] = (1 << part.bits) - 1 if own is None else own.read(source)
        blend(alpha, 255 - opacity, 0, out=alpha)
        part.write(frame, alpha)

    def _forget(self, frame: av.VideoFrame, opacity: Mask) -> None:
        """Paint black what is far from the foreground."""
        import cv2

        near = cv2.dilate(opacity, np.ones((2 * RIM + 1, 2 * RIM + 1), np.uint8))
        for part in components(frame.format):
            samples, black = part.read(frame), native_value(frame, part.name, part.bits, (0, 0, 0))
            samples[part.fitted(np.asarray(near, np.uint8)) == 0] = black
            part.write(frame, samples)


def _copy_colours(source: av.VideoFrame, frame: av.VideoFrame) -> None:
    """Copy the samples as they are: swscale would squeeze gray, and round where the depth grows."""
    theirs = {part.name: part for part in components(source.format)}
    for part in components(frame.format):
        there = theirs.get(part.name, theirs.get("y"))
        assert there is not None
        samples = part.read(frame)
        samples[...] = _grown(_spread(there.read(source), part), there, part)
        part.write(frame, samples)


def _spread(samples: Samples, part: Component) -> Samples:
    """Repeat samples where chroma gets finer (4:1:1 has no format with transparency)."""
    down, across = -(-part.height // samples.shape[0]), -(-part.width // samples.shape[1])
    if down == across == 1:
        return samples
    return samples.repeat(down, axis=0).repeat(across, axis=1)[: part.height, : part.width]


def _grown(samples: Samples, there: Component, part: Component) -> Samples:
    """Bring samples to a greater depth (there is no yuva420p12): white stays white in RGB and gray."""
    more = part.bits - there.bits
    if more == 0:
        return samples
    few = samples.astype(np.uint16)
    low = few >> (there.bits - more) if part.name in "rgb" else 0
    return np.asarray(few << more | low, np.uint16)


def _at_least(bits: int, known: tuple[int, ...]) -> int:
    return next(depth for depth in known if depth >= bits)


def _subsampling(format_: av.VideoFormat) -> tuple[int, int]:
    """Return how many luma samples a chroma sample is wide and high."""
    wide = av.VideoFormat(format_.name, 64, 64).components[1]
    return 64 // wide.width, 64 // wide.height
