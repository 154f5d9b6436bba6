"""Tint the foreground with a colour, on the frame's own planes."""

from __future__ import annotations

import math

import av
import numpy as np

from masksmooth_filter.composite.colour import NAMED, RGB, native_value, palette_colour
from masksmooth_filter.composite.planes import Component, FrameCopier, components
from masksmooth_filter.composite.upsample import frame_confidence
from masksmooth_filter.frames import Mask, MaskedFrame


def level(threshold: float) -> int:
    """Return the least confidence (0..255) that counts as foreground for a threshold in 0..1."""
    return math.ceil(threshold * 255)


class Overlay:
    """Filter: a masked frame in, the picture with its foreground tinted out.

    Where the mask is 0 the picture keeps the decoder's bytes.

    Parameters
    ----------
    threshold : float
        Confidence in 0..1 from which a pixel is foreground.
    alpha : float
        Strength of the tint, 0..1.
    colour : (int, int, int), optional
        Red, green, blue, 0..255, for every class; by default one plane is green and several have
        the PASCAL VOC palette's colours.
    """

    latency = 0

    def __init__(self, *, threshold: float = 0.5, alpha: float = 0.5, colour: RGB | None = None) -> None:
        self._level = level(threshold)
        self._weight = round(255 * alpha)
        self._colour = colour
        self._copier = FrameCopier()

    def push(self, item: MaskedFrame) -> list[av.VideoFrame]:
        """Draw one frame.

        Raises
        ------
        InputError
            If masks cannot be drawn on the frame's pixel format.
        """
        frame = self._copier.copy(item.frame)
        frame.pict_type = 0  # an encoder would take the decoded type as an order: forced I, P and B frames
        parts = components(frame.format)
        for weight, colour in self._layers(item):
            for part in parts:
                tint(frame, part, weight, colour)
        return [frame]

    def flush(self) -> list[av.VideoFrame]:
        """Return nothing: no frame is held."""
        return []

    def close(self) -> None:
        """Free the copier's memory."""
        self._copier = FrameCopier()

    def _layers(self, item: MaskedFrame) -> list[tuple[Mask, RGB]]:
        """Return weight planes (0 or the tint's strength) with their colours, disjoint."""
        planes = frame_confidence(item.planes, (item.frame.width, item.frame.height))
        if len(planes) == 1:
            return [(self._weigh(planes[0]), self._colour or NAMED["green"])]
        winner = planes.argmax(axis=0)
        ids = item.classes or tuple(range(1, len(planes) + 1))
        return [
            (
                self._weigh(np.where(winner == i, plane, 0).astype(np.uint8)),
                self._colour or palette_colour(id_),
            )
            for i, (plane, id_) in enumerate(zip(planes, ids, strict=True))
            if plane.max() >= self._level
        ]

    def _weigh(self, confidence: Mask) -> Mask:
        import cv2

        return np.asarray(
            cv2.threshold(confidence, self._level - 1, self._weight, cv2.THRESH_BINARY)[1], np.uint8
        )


def tint(frame: av.VideoFrame, part: Component, weight: Mask, colour: RGB) -> None:
    """Blend a colour into one component of a frame, in place.

    Parameters
    ----------
    frame : av.VideoFrame
        A frame of one's own (`FrameCopier`), written to.
    part : Component
        Which component.
    weight : (H, W) uint8
        0 keeps the samples, 255 replaces them.
    colour : (int, int, int)
        Red, green, blue, 0..255.
    """
    from masksmooth_kernels import blend

    samples = part.view(frame)
    value = native_value(frame, part.name, part.bits, colour)
    weight = block_mean(weight, (part.height, part.width))
    if part.step == 1 and part.shift == 0:
        blend(samples, weight, value, out=samples)
    else:
        tinted = blend(np.ascontiguousarray(samples >> part.shift), weight, value)
        np.copyto(samples, tinted << part.shift, where=weight > 0)


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
