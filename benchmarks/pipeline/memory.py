"""Peak memory of the command by size, by where masks come from, by method and by length."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import av

from benchmarks.peak import peak_of
from benchmarks.pipeline.clips import SIZES, figure, make_film, repeat_film

SHORTEST = 50
"""Frames that are encoded; longer films repeat them."""


def memory_lines(folder: Path, rows: list[str]) -> list[str]:
    """Run the command for each ``SIZE:MASKS:METHOD:FRAMES``; return a table's lines."""
    lines: list[str] = []
    for row in rows:
        size, masks, method, frames = row.split(":")
        film = make_long(folder, size, int(frames))
        options = ["--method", method, "--quiet", "--overwrite"]
        if masks == "file":
            options += ["--masks-from", str(make_masks(folder / "masks.mkv", size, int(frames)))]
        else:
            options += ["--segmenter", masks]
        lines.append(f"| {size} | {masks} | {method} | {frames} | {peak(film, folder, options):.0f} |")
        print(lines[-1], flush=True)
    return lines


def make_long(folder: Path, size: str, frames: int) -> Path:
    """Write a film of so many frames, a multiple of `SHORTEST`."""
    if frames % SHORTEST:
        raise SystemExit(f"{frames} frames of {size}; give a multiple of {SHORTEST}")
    short = make_film(folder / "short.mp4", SIZES[size], SHORTEST)
    return repeat_film(short, folder / "long.mp4", frames // SHORTEST)


def make_masks(path: Path, size: str, frames: int) -> Path:
    """Write where the figure is in each frame of that film, as a lossless gray video."""
    width, height = SIZES[size]
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, "gray"
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(figure(number % SHORTEST, (width, height)), format="gray")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def peak(film: Path, folder: Path, options: list[str]) -> float:
    """Run the command; return its peak resident memory in MB."""
    command = [sys.executable, "-m", "masksmooth_filter", str(film), str(folder / "out.mp4"), *options]
    return peak_of(command)
