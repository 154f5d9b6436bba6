"""Films of several scenes by recipe: textures that drift, a bright blob, now and then a flash."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from tests.clips import make_frame, picture

BASE = Fraction(1, 12800)


def scene_frame(number: int, scene: int, size: tuple[int, int], *, flash: bool = False) -> av.VideoFrame:
    """Return a picture of a scene, without time; a flash is burnt out."""
    width, height = size
    grain = 6 + scene % 4
    cells = height // grain + 1, width // grain + 1
    noise = np.random.default_rng(scene).integers(20, 200, cells, np.uint8)
    texture = np.roll(noise.repeat(grain, 0).repeat(grain, 1)[:height, :width], number, 1)
    blob = picture(number, width, height)
    luma = np.where(blob > 200, blob, texture) if not flash else np.full((height, width), 250, np.uint8)
    frame = make_frame(number, width, height)
    plane = frame.planes[0]
    rows = np.zeros((height, plane.line_size), np.uint8)
    rows[:, :width] = luma
    plane.update(rows.tobytes())
    return frame


def make_scenes(
    path: Path,
    *,
    scenes: Sequence[int] = (24, 24, 24, 24),
    size: tuple[int, int] = (160, 112),
    flashes: Collection[int] = (),
    uneven: bool = False,
    options: dict[str, str] | None = None,
) -> Path:
    """Write a film behind its sound; scenes have so many frames, which, ``uneven``, do not last alike."""
    total = sum(scenes)
    times = [n * 512 + (200 * (n % 3) + 900 * (n > total // 2) if uneven else 0) for n in range(total)]
    numbers = [scene for scene, frames in enumerate(scenes) for _ in range(frames)]
    with av.open(str(path), "w") as out:
        sound: Any = out.add_stream("aac", rate=48000, layout="mono")
        film: Any = out.add_stream("libx264", rate=25, options=options or {"g": "24", "bf": "3", "crf": "10"})
        film.width, film.height = size
        film.codec_context.time_base = BASE
        for number, (ticks, scene) in enumerate(zip(times, numbers, strict=True)):
            frame = scene_frame(number, scene, size, flash=number in flashes)
            frame.pts, frame.time_base = ticks, BASE
            out.mux(film.encode(frame))
        out.mux(film.encode(None))
        tone = np.sin(np.arange(48000 * total // 25) / 20).astype(np.float32)
        for start in range(0, len(tone), 1024):
            piece = av.AudioFrame.from_ndarray(tone[np.newaxis, start : start + 1024], "fltp", "mono")
            piece.sample_rate, piece.pts, piece.time_base = 48000, start, Fraction(1, 48000)
            out.mux(sound.encode(piece))
        out.mux(sound.encode(None))
    return path
