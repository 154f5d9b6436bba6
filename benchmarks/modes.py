"""How long a 1080p frame takes to draw: ``python benchmarks/modes.py``; the table in docs/modes.md."""

from __future__ import annotations

import statistics
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

import masksmooth_filter as mf
from masksmooth_filter.composite.drawing import Drawing

WIDTH, HEIGHT, ROUNDS = 1920, 1080, 15


def noise(pix_fmt: str) -> av.VideoFrame:
    """Return a frame of noise."""
    rng, frame = np.random.default_rng(0), av.VideoFrame(WIDTH, HEIGHT, pix_fmt)
    deep = frame.format.components[0].bits > 8
    for plane in frame.planes:
        memory = np.frombuffer(memoryview(plane), np.uint16 if deep else np.uint8)
        memory[:] = rng.integers(0, 1024 if deep else 256, memory.size)
    frame.pts, frame.time_base = 0, Fraction(1, 1000)
    return frame


def disc() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return a mask of a disc, 600 pixels across, with a soft slope."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.clip(128 + (300 - np.hypot(x - WIDTH / 2, y - HEIGHT / 2)) * 20, 0, 255).astype(np.uint8)


def ways(image: Path) -> dict[str, Drawing]:
    """Return what is measured."""
    return {
        "overlay": mf.Overlay(),
        "overlay, `--feather 0`": mf.Overlay(edges=mf.Edges(feather=0)),
        "overlay, `--feather 20`": mf.Overlay(edges=mf.Edges(feather=20)),
        "overlay, `--contour 3`": mf.Overlay(contour=3),
        "matte": mf.Matte(),
        "cutout": mf.Cutout(),
        "blur": mf.BlurBackground(),
        "blur, `--blur 1`": mf.BlurBackground(strength=1),
        "replace by an image": mf.ReplaceBackground(image),
        "side-by-side": mf.SideBySide(mf.Overlay()),
    }


def main() -> None:
    """Print the table; the ways take turns."""
    cv2.setNumThreads(1)
    image = Path(tempfile.mkdtemp()) / "image.png"
    cv2.imwrite(str(image), np.random.default_rng(1).integers(0, 256, (720, 1280, 3), np.uint8))
    columns = [measured(pix_fmt, ways(image)) for pix_fmt in ("yuv420p", "yuv420p10le")]
    image.unlink()
    image.parent.rmdir()
    print("| ms a 1080p frame, one thread | yuv420p | yuv420p10le |\n|---|--:|--:|")
    for name in columns[0]:
        print(f"| {name} | " + " | ".join(f"{column[name]:.1f}" for column in columns) + " |")


def measured(pix_fmt: str, drawings: dict[str, Drawing]) -> dict[str, float]:
    """Return the median of each way's CPU time in milliseconds."""
    item = mf.MaskedFrame(noise(pix_fmt), disc())
    item = item.smoothed(item.mask)
    times: dict[str, list[float]] = {name: [] for name in drawings}
    for _ in range(ROUNDS + 1):
        for name, drawing in drawings.items():
            start = time.thread_time()
            drawing.push(item)
            times[name].append(1000 * (time.thread_time() - start))
    return {name: statistics.median(each[1:]) for name, each in times.items()}


if __name__ == "__main__":
    main()
