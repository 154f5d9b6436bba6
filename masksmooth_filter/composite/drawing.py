"""What every filter that draws has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod

import av

from masksmooth_filter.composite.planes import FrameCopier
from masksmooth_filter.frames import MaskedFrame


class Drawing(ABC):
    """Filter: a masked frame in, a drawn frame of its own memory out, with the same time; none is held."""

    latency = 0

    def __init__(self) -> None:
        self._copier = FrameCopier()

    @abstractmethod
    def draw(self, item: MaskedFrame) -> av.VideoFrame:
        """Return a drawn frame.

        Raises
        ------
        InputError
            If masks cannot be drawn on the frame's pixel format.
        """

    def push(self, item: MaskedFrame) -> list[av.VideoFrame]:
        """Draw one frame; see `draw`."""
        return [self.draw(item)]

    def flush(self) -> list[av.VideoFrame]:
        """Return nothing: no frame is held."""
        return []

    def close(self) -> None:
        """Free the copier's memory."""
        self._copier = FrameCopier()

    def canvas(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return a copy of a frame that may be drawn on."""
        copy = self._copier.copy(frame)
        copy.pict_type = 0  # an encoder would take the decoded type as an order: forced I, P and B frames
        return copy
