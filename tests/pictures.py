"""Frames and masks by recipe, for tests that need no file."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np

from masksmooth_filter.filter import Filter
from masksmooth_filter.frames import Mask, MaskedFrame

BASE = Fraction(1, 1000)


def random_frame(pix_fmt: str, width: int = 38, height: int = 22, *, seed: int = 0) -> av.VideoFrame:
    """A frame whose every sample is random within the format's bit depth, padding filled with 0xAA."""
    frame = av.VideoFrame(width, height, pix_fmt)
    rng = np.random.default_rng(seed)
    bits = frame.format.components[0].bits
    shift = 16 - bits if pix_fmt.startswith("p0") else 0
    for plane in frame.planes:
        memory = np.frombuffer(memoryview(plane), np.uint16 if bits > 8 else np.uint8)
        memory[:] = rng.integers(0, 1 << bits, memory.size) << shift
    frame.pts, frame.time_base, frame.duration = 40 + seed, BASE, 33
    return frame


def frame_at(pts: int, *, size: tuple[int, int] = (16, 12), pix_fmt: str = "yuv420p") -> av.VideoFrame:
    """A plain frame with a time."""
    frame = random_frame(pix_fmt, *size, seed=pts % 97)
    frame.pts, frame.time_base = pts, BASE
    return frame


def random_mask(shape: tuple[int, ...] = (12, 16), *, seed: int = 0) -> Mask:
    """A mask of random confidence."""
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def masked_frames(count: int, *, shape: tuple[int, ...] = (6, 8)) -> list[MaskedFrame]:
    """Frames at uneven times with random masks."""
    times = np.cumsum(np.random.default_rng(5).integers(17, 60, count)) if count else []
    return [MaskedFrame(frame_at(int(t)), random_mask(shape, seed=i)) for i, t in enumerate(times)]


def noisy_frame(index: int, rng: np.random.Generator, size: tuple[int, int]) -> MaskedFrame:
    """A frame of noise with a raw mask of noise at a quarter of its size, and one that is smoother."""
    width, height = size
    frame = av.VideoFrame.from_ndarray(rng.integers(0, 256, (height, width, 3), np.uint8), format="rgb24")
    frame.pts, frame.time_base = index * 40, BASE
    raw = rng.integers(0, 256, (height // 4, width // 4), np.uint8)
    return MaskedFrame(frame, raw).smoothed(raw // 2 + 64)


def look_on(tap: Filter[MaskedFrame, MaskedFrame], frames: int, size: tuple[int, int]) -> list[MaskedFrame]:
    """Send noise through a filter that only looks; return it."""
    rng = np.random.default_rng(1)
    items = [noisy_frame(i, rng, size) for i in range(frames)]
    out = [item for pushed in items for item in tap.push(pushed)] + tap.flush()
    assert all(a is b for a, b in zip(out, items, strict=True)), "a tap only looks"
    return items
