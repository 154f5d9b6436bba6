"""The foreground on another background: a colour, an image or a video."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av

from masksmooth_filter.composite.backdrop import Backdrop
from masksmooth_filter.composite.colour import RGB
from masksmooth_filter.composite.drawing import Drawing
from masksmooth_filter.composite.edges import Edges
from masksmooth_filter.composite.planes import components
from masksmooth_filter.composite.tint import tint
from masksmooth_filter.frames import Mask, MaskedFrame


class ReplaceBackground(Drawing):
    """Filter: a masked frame in, its foreground on another background out.

    Parameters
    ----------
    background : (int, int, int) or Path
        Red, green, blue, 0..255; or an image or video. It is scaled to cover the picture, cut evenly at
        what is too much, and brought to the film's pixel format, matrix and range. A video keeps its own
        times and begins again at its end.
    edges : Edges
        Where the foreground ends.
    pixel_aspect : Fraction
        Width to height of the film's pixels, for how a background is scaled.
    start : Fraction, optional
        When the film begins, in seconds, which is where a video begins; with the first frame by default.

    Raises
    ------
    InputError
        If the background cannot be read.
    """

    def __init__(
        self,
        background: RGB | Path,
        *,
        edges: Edges = Edges(),  # noqa: B008 - frozen
        pixel_aspect: Fraction = Fraction(1),
        start: Fraction | None = None,
    ) -> None:
        super().__init__()
        self._edges = edges
        self._colour = None if isinstance(background, Path) else background
        self._backdrop = None
        if isinstance(background, Path):
            self._backdrop = Backdrop(background, pixel_aspect, start=start)

    def draw(self, item: MaskedFrame) -> av.VideoFrame:
        """Put one frame's foreground on the background.

        Raises
        ------
        InputError
            If the background's video breaks off.
        """
        frame = self.canvas(item.frame)
        ground = 255 - self._edges.foreground(item.planes, (frame.width, frame.height))
        if self._colour is not None:
            for part in components(frame.format):
                tint(frame, part, ground, self._colour)
        if self._backdrop is not None:
            self._mix(frame, self._backdrop.behind(frame), ground)
        return frame

    def close(self) -> None:
        """Close the background's file."""
        super().close()
        if self._backdrop is not None:
            self._backdrop.close()

    @staticmethod
    def _mix(frame: av.VideoFrame, behind: av.VideoFrame, ground: Mask) -> None:
        from masksmooth_kernels import mix

        for part, there in zip(components(frame.format), components(behind.format), strict=False):
            samples = part.read(frame)
            mix(samples, part.fitted(ground), there.read(behind))
            part.write(frame, samples)
