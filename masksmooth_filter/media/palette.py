"""Frames with a palette each, as GIF wants them."""

from __future__ import annotations

import av

GRAPH = (
    ("split", ""),
    ("palettegen", "stats_mode=single"),
    ("paletteuse", "new=1:dither=bayer:bayer_scale=3"),
)
"""A palette of its own for every picture; a fixed pattern, because error diffusion shimmers in what stands
still and makes the file larger."""


class Palettes:
    """Turns frames into 256 colours, the best for each; times stay."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._graph = av.filter.Graph()

    def apply(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return the frame as pal8.

        Parameters
        ----------
        frame : av.VideoFrame
            In any format, with pts and time base.
        """
        key = (frame.width, frame.height, frame.format.name, frame.time_base)
        if key != self._key:
            self._graph, self._key = self._build(frame), key
        duration = frame.duration
        self._graph.vpush(frame)
        found = self._graph.vpull()
        found.duration = duration
        return found

    @staticmethod
    def _build(frame: av.VideoFrame) -> av.filter.Graph:
        graph = av.filter.Graph()
        size = f"width={frame.width}:height={frame.height}:pix_fmt={frame.format.name}"
        source = graph.add("buffer", f"{size}:time_base={frame.time_base or '1/1000'}")
        split, make, use = (graph.add(name, arguments or None) for name, arguments in GRAPH)
        sink = graph.add("buffersink")
        source.link_to(split)
        split.link_to(use, 0, 0)
        split.link_to(make, 1, 0)
        make.link_to(use, 0, 1)
        use.link_to(sink)
        graph.configure()
        return graph
