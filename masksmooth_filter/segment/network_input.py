"""From the bytes of video planes to what a network sees, on the device the network runs on.

Uploading yuv420p costs 1.5 bytes a pixel, a float picture 12, and the CPU does nothing but copy. Neither
PyAV nor a GPU is needed here: the same arithmetic runs on every device.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

Row = tuple[float, float, float, float]

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
"""ImageNet's, which the published weights were trained with."""

_ALIGNMENT = 16
"""Planes begin at multiples of it: 16-bit samples must, and copies are faster."""


@dataclass(frozen=True, slots=True)
class PlaneLayout:
    """How the planes of a picture lie in one row of bytes, and how to read colours from them.

    Attributes
    ----------
    sizes : tuple of (int, int)
        Height and width of each plane in samples: one plane (gray), or three.
    bits : int
        Significant bits of a sample; above 8 it takes two bytes, low byte first.
    to_rgb : three rows of four floats
        R, G and B in 0..1 are the planes' samples times the first three, plus the last.
    turns : int
        Quarter turns (`numpy.rot90`) that set the picture upright.
    """

    sizes: tuple[tuple[int, int], ...]
    bits: int
    to_rgb: tuple[Row, Row, Row]
    turns: int = 0

    @property
    def offsets(self) -> tuple[int, ...]:
        """Where each plane begins, in bytes, and last where the picture ends."""
        ends = [0]
        for size in self.sizes:
            length = prod(size) * self.sample_bytes
            ends.append(ends[-1] + -(-length // _ALIGNMENT) * _ALIGNMENT)
        return tuple(ends)

    @property
    def nbytes(self) -> int:
        """Bytes a picture takes."""
        return self.offsets[-1]

    @property
    def sample_bytes(self) -> int:
        """Bytes a sample takes."""
        return 2 if self.bits > 8 else 1

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height of the picture when it stands upright."""
        height, width = self.sizes[0]
        return (height, width) if self.turns % 2 else (width, height)


def yuv_to_rgb(kr: float, kb: float, *, full: bool, bits: int = 8) -> tuple[Row, Row, Row]:
    """Return the rows of `PlaneLayout.to_rgb` for Y'CbCr (ITU-T H.273, 8.3).

    Parameters
    ----------
    kr, kb : float
        Weights of red and blue in luma.
    full : bool
        Whether samples use all values, or 16..235 and 16..240 (times 2^(bits-8)).
    bits : int
        Of a sample.
    """
    step, kg = 1 << (bits - 8), 1 - kr - kb
    luma, chroma = ((1 << bits) - 1, (1 << bits) - 1) if full else (219 * step, 224 * step)
    black, neutral = (0 if full else 16 * step), 128 * step
    y, red, blue = 1 / luma, 2 * (1 - kr) / chroma, 2 * (1 - kb) / chroma

    def row(cb: float, cr: float) -> Row:
        return y, cb, cr, -black * y - neutral * (cb + cr)

    return row(0, red), row(-blue * kb / kg, -red * kr / kg), row(blue, 0)


def network_input(raw: torch.Tensor, layout: PlaneLayout, size: tuple[int, int]) -> torch.Tensor:
    """Turn pictures as bytes into normalised RGB at the network's size.

    Planes are scaled first and mixed to RGB then, as swscale does; within 2 levels of 255 of swscale and
    of torchvision's preset on smooth pictures (tests/test_network_input.py).

    Parameters
    ----------
    raw : (N, layout.nbytes) uint8
        On any device.
    layout : PlaneLayout
    size : (int, int)
        Width and height the upright picture shall have.

    Returns
    -------
    (N, 3, height, width) float32
    """
    import torch
    from torch.nn import functional

    stored = size if layout.turns % 2 else size[::-1]
    planes = []
    for (height, width), start in zip(layout.sizes, layout.offsets, strict=False):
        samples = raw[:, start : start + height * width * layout.sample_bytes]
        if layout.sample_bytes == 2:
            # Not uint16: few of torch's operations know it.
            samples = samples.contiguous().view(torch.int16).int().bitwise_and_(0xFFFF)
        picture = samples.reshape(-1, 1, height, width).float()
        planes.append(functional.interpolate(picture, size=stored, mode="bilinear", antialias=True))
    mixed = []
    for row, mean, std in zip(layout.to_rgb, MEAN, STD, strict=True):
        weighted = (plane * weight for plane, weight in zip(planes, row, strict=False) if weight)
        colour = sum(weighted, torch.full_like(planes[0], row[3]))
        mixed.append((colour.clamp_(0, 1) - mean) / std)
    return torch.cat(mixed, dim=1).rot90(layout.turns, dims=(2, 3))
