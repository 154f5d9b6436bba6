"""Measures of masks, and the exponential mean."""

from __future__ import annotations

import cv2
import numpy as np

import masksmooth_kernels as mk
from benchmarks.kernels.interleave import Call
from benchmarks.kernels.pictures import Bytes, Entry, masks, over

Counts = tuple[int, int, int]


def overlap() -> dict[str, Entry]:
    """Count what two neighbouring masks share, cover and differ in."""
    frames = masks()

    def numpy(t: int) -> Counts:
        a, b = frames[t - 1] >= 128, frames[t] >= 128
        both, either = int(np.count_nonzero(a & b)), int(np.count_nonzero(a | b))
        return both, either, either - both

    def opencv(t: int) -> Counts:
        _, a = cv2.threshold(frames[t - 1], 127, 255, cv2.THRESH_BINARY)
        _, b = cv2.threshold(frames[t], 127, 255, cv2.THRESH_BINARY)
        both, either = cv2.countNonZero(cv2.bitwise_and(a, b)), cv2.countNonZero(cv2.bitwise_or(a, b))
        return both, either, either - both

    def ours(t: int) -> Counts:
        return mk.overlap_counts(frames[t - 1], frames[t])

    return {
        "ours": Entry(over(ours), lambda: ours(5)),
        "NumPy": Entry(over(numpy), lambda: numpy(5)),
        "OpenCV threshold, and, or, countNonZero": Entry(over(opencv), lambda: opencv(5)),
    }


def ema() -> dict[str, Entry]:
    """Take the exponential mean, frame by frame."""
    frames, share = masks(), 0.3

    def ours() -> Bytes:
        stream = mk.EmaStream(frames.shape[1:], alpha=share)
        out: Bytes
        for plane in frames:
            (out,) = stream.push(plane)
        return out

    def opencv() -> Bytes:
        state, out = frames[0].astype(np.float32), frames[0].copy()
        for plane in frames:
            cv2.accumulateWeighted(plane, state, share)
            cv2.convertScaleAbs(state, out)
        found: Bytes = out
        return found

    words = "float32 state, and convertScaleAbs to bytes"
    return {
        "ours": Entry(Call(ours), ours),
        "OpenCV accumulateWeighted": Entry(Call(opencv), opencv, 1, words),
    }
