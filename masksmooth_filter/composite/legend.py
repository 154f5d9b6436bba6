"""Which colour is which class, written into a corner of the picture, at its own bit depth."""

from __future__ import annotations

import av
import numpy as np

from masksmooth_filter.composite.colour import RGB
from masksmooth_filter.composite.planes import components
from masksmooth_filter.composite.tint import tint
from masksmooth_filter.frames import Mask

Entry = tuple[str, RGB]
"""A name and its colour."""

Layers = tuple[tuple[Mask, RGB], ...]

_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_SHADE = 160
"""Weight of the ground under the text, of 255: white letters read on it whatever the picture shows."""

_ROWS = 30
"""Lines of text in the picture's short side: 36 pixels each at 1080p."""

_LEAST = 12
"""Pixels a line of text has at least, to be read."""


class Legend:
    """Draws names with patches of their colours at the top left of the picture as it is shown."""

    def __init__(self) -> None:
        self._key: object = None
        self._layers: Layers = ()

    def draw(self, frame: av.VideoFrame, entries: tuple[Entry, ...]) -> None:
        """Draw into a frame of one's own; no entries, no legend.

        Parameters
        ----------
        frame : av.VideoFrame
            Written to; its rotation is respected.
        entries : tuple of (str, (int, int, int))
            From top to bottom.
        """
        turns = round(frame.rotation / 90) % 4
        size = (frame.width, frame.height)
        if (key := (entries, size, turns)) != self._key:
            self._key, self._layers = key, _rastered(entries, size, turns)
        for weight, colour in self._layers:
            _stamp(frame, weight, colour, turns)


def _rastered(entries: tuple[Entry, ...], size: tuple[int, int], turns: int) -> Layers:
    """Return the ground, the patches and the text as weights, turned as the frame is stored."""
    import cv2

    if not entries:
        return ()
    line = max(_LEAST, min(size) // _ROWS)
    font, scale = cv2.FONT_HERSHEY_SIMPLEX, line / 40
    thick = max(1, round(line / 18))
    wide = max(cv2.getTextSize(name, font, scale, thick)[0][0] for name, _ in entries)
    shape = _whole(line * len(entries) + line // 2), _whole(wide + 2 * line)
    layers = [(np.full(shape, _SHADE, np.uint8), _BLACK)]
    text = np.zeros(shape, np.uint8)
    for row, (name, colour) in enumerate(entries):
        top = line // 4 + row * line
        patch = np.zeros(shape, np.uint8)
        patch[top + line // 6 : top + line - line // 6, line // 4 : line] = 255
        layers.append((patch, colour))
        cv2.putText(text, name, (line + line // 3, top + 3 * line // 4), font, scale, 255, thick, cv2.LINE_AA)
    layers.append((text, _WHITE))
    return tuple((np.ascontiguousarray(np.rot90(weight, -turns)), colour) for weight, colour in layers)


def _stamp(frame: av.VideoFrame, weight: Mask, colour: RGB, turns: int) -> None:
    """Blend a colour in the corner that is shown at the top left."""
    weight = weight[: frame.height, : frame.width]
    right, below = frame.width - weight.shape[1], frame.height - weight.shape[0]
    corner = (right if turns in (1, 2) else 0) // 4 * 4, (below if turns in (2, 3) else 0) // 4 * 4
    for part in components(frame.format):
        tint(frame, part, weight, colour, corner=corner)


def _whole(length: int) -> int:
    """Round up to whole blocks of subsampled chroma."""
    return -(-length // 4) * 4
