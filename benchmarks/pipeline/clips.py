"""Films to measure on, made by recipe: a textured figure that moves over a textured, panning ground."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

SIZES = {"480p": (854, 480), "1080p": (1920, 1080), "2160p": (3840, 2160)}


def make_film(path: Path, size: tuple[int, int], frames: int) -> Path:
    """Write a film of so many frames, 25 a second, H.264 as cameras and editors give it (4 references)."""
    width, height = size
    ground = _texture(0, (height, width + 256))
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"preset": "veryfast", "crf": "23", "refs": "4"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(_picture(ground, number, size), format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def repeat_film(source: Path, path: Path, times: int) -> Path:
    """Write a film's packets several times over: a longer film of the same pictures, for no work."""
    with av.open(str(source)) as film, av.open(str(path), "w") as out:
        stream = out.add_stream_from_template(film.streams.video[0])
        length = sum(1 for packet in film.demux(video=0) if packet.size)
        step = Fraction(1, 25) / (film.streams.video[0].time_base or 1)
        for time in range(times):
            film.seek(0)
            for packet in film.demux(video=0):
                if packet.pts is None or packet.dts is None:
                    continue
                packet.pts += round(time * length * step)
                packet.dts += round(time * length * step)
                packet.stream = stream
                out.mux(packet)
    return path


def figure(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return where the figure is in a frame, 255 on 0."""
    mask = np.zeros(size[::-1], np.uint8)
    _draw(mask, number, (255, 255))
    return mask


def _draw(gray: NDArray[np.uint8], number: int, levels: tuple[int, int]) -> None:
    """Draw the figure, its body and its head."""
    import cv2

    height, width = gray.shape
    centre = round(width * (0.5 + 0.3 * np.sin(number / 25))), height // 2
    cv2.ellipse(gray, centre, (width // 12, height // 3), 0, 0, 360, levels[0], -1)
    cv2.circle(gray, (centre[0], height // 6), height // 10, levels[1], -1)


def _picture(ground: NDArray[np.uint8], number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    width, height = size
    shift = abs(number % 256 - 128)
    picture = np.full((height * 3 // 2, width), 128, np.uint8)
    picture[:height] = ground[:, shift : shift + width]
    gray = np.ascontiguousarray(picture[:height])
    _draw(gray, number, (190, 210))
    picture[:height] = gray
    return picture


def _texture(seed: int, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Return smooth noise with some grain: about as many bits as a filmed scene."""
    import cv2

    rng = np.random.default_rng(seed)
    coarse = cv2.resize(rng.integers(40, 200, (18, 34), np.uint8), shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(coarse + rng.normal(0, 3, shape), 16, 235), np.uint8)
