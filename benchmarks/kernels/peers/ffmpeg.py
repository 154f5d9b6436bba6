"""FFmpeg's temporal filters through PyAV's filter graph, one thread, frame by frame.

The frames are made before the clock starts. A run through FFmpeg's ``null`` filter is timed beside every
run and taken off, so that what PyAV needs to hand frames over is not counted.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import av.filter
import numpy as np

from benchmarks.kernels.interleave import Timing, clocked
from benchmarks.kernels.peers import Bytes, Peer, Prepared, weights_for


class Graph:
    """One filter and its frames; every run configures a new graph."""

    def __init__(self, volume: Bytes, name: str, options: str, trim: tuple[int, int]) -> None:
        self._filter, self._trim = (name, options), trim
        self._frames = [av.VideoFrame.from_ndarray(plane, format="gray") for plane in volume]
        for number, frame in enumerate(self._frames):
            frame.pts = number

    def measure(self) -> Timing:
        """Run once, and once through ``null``."""
        return clocked(lambda: self._pass(*self._filter)) - clocked(lambda: self._pass("null", ""))

    def result(self) -> Bytes:
        """Return the outputs whose whole window is there."""
        found = np.array([frame.to_ndarray() for frame in self._pass(*self._filter, keep=True)])
        return found[self._trim[0] : len(found) - self._trim[1]]

    def close(self) -> None:
        """Nothing to let go of."""

    def _pass(self, name: str, options: str, *, keep: bool = False) -> list[Any]:
        graph, kind, kept = av.filter.Graph(), av.VideoFormat("gray"), []
        graph.threads = 1
        first = self._frames[0]
        source = graph.add_buffer(
            width=first.width, height=first.height, format=kind, time_base=Fraction(1, 25)
        )
        worker, sink = graph.add(name, options or None), graph.add("buffersink")
        source.link_to(worker)
        worker.link_to(sink)
        graph.configure()
        for frame in [*self._frames, None]:
            graph.push(frame)
            while (out := _pulled(graph)) is not None:
                if keep:
                    kept.append(out)
        return kept


def _pulled(graph: Any) -> Any:
    """Return the next frame that is ready, or None."""
    try:
        return graph.pull()
    except (av.error.BlockingIOError, av.error.EOFError):
        return None


def tmix(volume: Bytes, radius: int) -> Prepared:
    """Weighted mean over a window that ends at each frame; T frames come, the start is padded."""
    window = 2 * radius + 1
    weights = " ".join(f"{weight:.9g}" for weight in weights_for(radius))
    return Graph(volume, "tmix", f"frames={window}:weights={weights}", (2 * radius, 0))


def tmedian(volume: Bytes, radius: int) -> Prepared:
    """Median over a window; T - 2r frames come."""
    return Graph(volume, "tmedian", f"radius={radius}", (0, 0))


PEERS = [
    Peer(
        name="FFmpeg tmix",
        functions=("gaussian", "gaussian 0/255"),
        prepare=tmix,
        rate=0.2,
        tolerance=1,
        differs="its window ends at the frame, so the result lags by r frames; the start is padded with the"
        " first frame. float32 weights",
        streams=True,
    ),
    Peer(
        name="FFmpeg tmedian",
        functions=("median", "vote 0/255"),
        prepare=tmedian,
        rate=0.05,
        tolerance=0,
        differs="the result carries the time of the first frame of its window, so it leads by r frames, and"
        " 2r frames never come",
        streams=True,
        ends=False,
    ),
]
