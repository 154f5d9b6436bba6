"""A colour blended into yuv420p frames by a mask."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
import av.filter
import cv2
import numpy as np

import masksmooth_kernels as mk
from benchmarks.kernels.interleave import Call
from benchmarks.kernels.pictures import FRAMES, Bytes, Entry, masks, over

COLOUR = (150, 60, 190)
"""Y, Cb, Cr of what is blended in."""

Step = Callable[[Bytes, Bytes, int, Bytes], object]


class Frames:
    """yuv420p pictures, each one buffer, and the weights of their luma and chroma planes."""

    def __init__(self) -> None:
        rng = np.random.default_rng(3)
        self.weights = masks(), np.ascontiguousarray(masks()[:, ::2, ::2])
        self.packed: Bytes = rng.integers(16, 236, (FRAMES, 1080 * 3 // 2, 1920), dtype=np.uint8)
        self.out: Bytes = np.empty_like(self.packed[0])

    def shares(self, t: int) -> tuple[Bytes, Bytes, Bytes]:
        """Return the weights of the three planes of frame ``t``."""
        return self.weights[0][t], self.weights[1][t], self.weights[1][t]

    def each(self, step: Step) -> Callable[[int], Bytes]:
        """Return a function that does one frame, plane by plane: plane, weights, colour, target."""

        def one(t: int) -> Bytes:
            arrays = planes(self.packed[t]), self.shares(t), COLOUR, planes(self.out)
            for plane, share, colour, out in zip(*arrays, strict=True):
                step(plane, share, colour, out)
            whole: Bytes = self.out
            return whole

        return one


def planes(packed: Bytes) -> tuple[Bytes, Bytes, Bytes]:
    """Return the three planes that lie in one buffer."""
    flat, luma, chroma = packed.reshape(-1), 1080 * 1920, 540 * 960
    u, v = flat[luma : luma + chroma], flat[luma + chroma :]
    return flat[:luma].reshape(1080, 1920), u.reshape(540, 960), v.reshape(540, 960)


def with_numpy(plane: Bytes, weight: Bytes, colour: int, out: Bytes) -> None:
    """Blend exactly in 32 bits."""
    total = plane.astype(np.uint32) * (255 - weight) + np.uint32(colour) * weight + np.uint32(127)
    out[:] = total // 255


def with_opencv(plane: Bytes, weight: Bytes, colour: int, out: Bytes) -> None:
    """Blend with float32 weights, which ``blendLinear`` asks for."""
    share = cv2.multiply(weight, 1 / 255, dtype=cv2.CV_32F)
    cv2.blendLinear(np.full_like(plane, colour), plane, share, 1 - share, dst=out)


def entries() -> dict[str, Entry]:
    """Return who blends."""
    frames = Frames()
    steps: dict[str, tuple[Step, int, str]] = {
        "ours": (mk.blend, 0, ""),
        "NumPy": (with_numpy, 0, ""),
        "OpenCV blendLinear": (with_opencv, 1, "float32 weights, made from the mask within the time"),
    }
    found = {}
    for name, (step, off, words) in steps.items():
        one = frames.each(step)
        found[name] = Entry(over(one), lambda one=one: one(5).copy(), off, words)  # type: ignore[misc]
    merge = MaskedMerge(frames)
    found["FFmpeg maskedmerge"] = Entry(
        Call(lambda: merge.run("maskedmerge"), lambda: merge.run("")),
        lambda: merge.run("maskedmerge").to_ndarray(format="yuv420p"),
        1,
        "takes the colour as a second picture",
    )
    found["a copy of the frame"] = Entry(
        over(lambda t: np.copyto(frames.out, frames.packed[t])), lambda: None
    )
    return found


class MaskedMerge:
    """FFmpeg's blend of two pictures by a third; without a filter the first is only passed on."""

    def __init__(self, frames: Frames) -> None:
        full = np.empty_like(frames.packed[0])
        for plane, value in zip(planes(full), COLOUR, strict=True):
            plane[:] = value
        self._inputs = []
        for t in range(FRAMES):
            weights = np.empty_like(full)
            for plane, share in zip(planes(weights), frames.shares(t), strict=True):
                plane[:] = share
            self._inputs.append([wrapped(packed, t) for packed in (frames.packed[t], full, weights)])

    def run(self, name: str) -> Any:
        """Take all frames through; return the sixth."""
        graph, kind = av.filter.Graph(), av.VideoFormat("yuv420p")
        graph.threads = 1
        size: dict[str, Any] = {"width": 1920, "height": 1080, "format": kind, "time_base": Fraction(1, 25)}
        sources, sink = [graph.add_buffer(**size) for _ in range(3)], graph.add("buffersink")
        if name:
            merge = graph.add(name)
            for number, source in enumerate(sources):
                source.link_to(merge, 0, number)
            merge.link_to(sink)
        else:
            sources[0].link_to(sink)
            for source in sources[1:]:
                source.link_to(graph.add("nullsink"))
        graph.configure()
        return [self._passed(sources, sink, inputs) for inputs in self._inputs][5]

    def _passed(self, sources: list[Any], sink: Any, inputs: list[Any]) -> Any:
        for source, frame in zip(sources, inputs, strict=True):
            source.push(frame)
        return sink.pull()


def wrapped(packed: Bytes, t: int) -> Any:
    """Return a picture as PyAV has it."""
    frame = av.VideoFrame.from_ndarray(packed, format="yuv420p")
    frame.pts = t
    return frame
