"""Clips by recipe, and what ffprobe and ffmpeg, as independent oracles, say about a file."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.video.codeccontext
import numpy as np
from av.codec.context import Flags
from numpy.typing import NDArray

SAMPLE_RATE = 48000

FORMATS = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm", ".avi": "avi", ".ts": "mpegts"}


def picture(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """(height, width) luma: a texture that drifts, and a bright upright blob that walks across it."""
    y, x = np.mgrid[0:height, 0:width]
    texture = 70 + 30 * np.sin((x + 2 * number) / 5) + 25 * np.cos((y - number) / 7) + (x * 7 + y * 13) % 9
    centre = width * (0.3 + 0.4 * ((number * 3) % width) / max(width, 1))
    blob = ((x - centre) / (0.12 * width + 1)) ** 2 + ((y - 0.55 * height) / (0.4 * height + 1)) ** 2 < 1
    luma: NDArray[np.uint8] = np.where(blob, 215 + 10 * np.sin(x / 3), texture).clip(16, 235).astype(np.uint8)
    return luma


def person_mask(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """(height, width) uint8: 255 where the blob of the same picture is."""
    return np.where(picture(number, width, height) > 200, 255, 0).astype(np.uint8)


def make_frame(number: int, width: int, height: int, *, pix_fmt: str = "yuv420p") -> av.VideoFrame:
    """Return picture ``number`` as a frame without time; luma exact in 8-bit YUV formats."""
    luma = picture(number, width, height)
    frame = av.VideoFrame(width, height, pix_fmt if pix_fmt in ("yuv420p", "yuvj420p", "gray") else "yuv420p")
    for index, plane in enumerate(frame.planes):
        values = luma if index == 0 else np.full((plane.height, plane.width), 118 + 20 * index, np.uint8)
        padded = np.zeros((plane.height, plane.line_size), np.uint8)
        padded[:, : plane.width] = values
        plane.update(padded.tobytes())
    return frame if frame.format.name == pix_fmt else frame.reformat(format=pix_fmt)


def make_clip(
    path: Path,
    *,
    frames: int = 25,
    size: tuple[int, int] = (96, 64),
    pix_fmt: str = "yuv420p",
    codec: str = "libx264",
    pts: Sequence[int] | None = None,
    time_base: Fraction = Fraction(1, 12800),
    rate: int = 25,
    audio: int = 0,
    audio_delay: Fraction = Fraction(0),
    tags: dict[str, int] | None = None,
    sar: Fraction | None = None,
    rotation: int = 0,
    options: dict[str, str] | None = None,
    title: str | None = None,
    chapters: bool = False,
    container_options: dict[str, str] | None = None,
) -> Path:
    """Write a clip; ``pts`` are ticks of ``time_base``, by default ``rate`` frames a second."""
    step = Fraction(1, rate) / time_base
    times = [round(step * n) for n in range(frames)] if pts is None else list(pts)
    with av.open(str(path), "w", format=FORMATS[path.suffix], options=container_options or {}) as out:
        stream = out.add_stream(codec, rate=rate, time_base=time_base, options=options or {})
        assert isinstance(stream, av.VideoStream)
        context = stream.codec_context
        context.width, context.height = size
        context.pix_fmt = pix_fmt
        if sar:
            context.sample_aspect_ratio = sar
        context.flags |= Flags.frame_duration
        for name, value in (tags or {}).items():
            setattr(context, name, value)
        if rotation:
            stream.set_display_rotation(rotation)
        tracks = [_audio_track(out, number) for number in range(audio)]
        if title:
            out.metadata["title"] = title
        if chapters:
            out.set_chapters(_two_chapters(times[-1] * time_base))
        for number, ticks in enumerate(times):
            frame = make_frame(number, *size, pix_fmt=pix_fmt)
            frame.pts, frame.time_base = ticks, time_base
            frame.duration = (times[number + 1] if number + 1 < len(times) else ticks + round(step)) - ticks
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        seconds = times[-1] * time_base + Fraction(1, rate)
        for number, track in enumerate(tracks):
            for sound in _tone(number, seconds, audio_delay):
                out.mux(track.encode(sound))
            out.mux(track.encode(None))
    return path


def _audio_track(out: Any, number: int) -> Any:
    track = out.add_stream("libopus" if out.format.name == "webm" else "aac", rate=SAMPLE_RATE, layout="mono")
    track.time_base = Fraction(1, SAMPLE_RATE)
    track.metadata["language"] = ("eng", "deu")[number]
    return track


def _tone(number: int, seconds: Fraction, delay: Fraction) -> Iterator[av.AudioFrame]:
    total, block = int((seconds - delay) * SAMPLE_RATE), 1024
    for start in range(0, total, block):
        at = np.arange(start, min(start + block, total)) / SAMPLE_RATE
        wave = (0.3 * np.sin(2 * np.pi * (440 + 220 * number) * at)).astype(np.float32)
        sound = av.AudioFrame.from_ndarray(wave[np.newaxis], format="fltp", layout="mono")
        sound.sample_rate = SAMPLE_RATE
        sound.pts, sound.time_base = start + int(delay * SAMPLE_RATE), Fraction(1, SAMPLE_RATE)
        yield sound


def _two_chapters(end: Fraction) -> list[Any]:
    half, full = round(end * 500), round(end * 1000)
    base = Fraction(1, 1000)
    return [
        {"id": 1, "start": 0, "end": half, "time_base": base, "metadata": {"title": "One"}},
        {"id": 2, "start": half, "end": full, "time_base": base, "metadata": {"title": "Two"}},
    ]


def probe(path: Path, *arguments: str) -> dict[str, Any]:
    """Return what ``ffprobe -of json`` says."""
    command = ["ffprobe", "-v", "error", *arguments, "-of", "json", f"file:{path}"]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def frame_times(path: Path, *, stream: str = "v:0") -> list[Fraction]:
    """Return the presentation times of a stream's decoded frames in seconds, exactly."""
    # AVI has no presentation times; there ffprobe's best effort is the decoding time.
    entries = ("-show_entries", "frame=pts,best_effort_timestamp:stream=time_base")
    found = probe(path, "-select_streams", stream, *entries)
    base = Fraction(found["streams"][0]["time_base"])
    return [frame.get("pts", frame["best_effort_timestamp"]) * base for frame in found["frames"]]


def packet_times(path: Path, *, stream: str) -> list[Fraction]:
    """Return the presentation times of a stream's packets in seconds, exactly."""
    entries = ("-show_entries", "packet=pts:stream=time_base")
    found = probe(path, "-select_streams", stream, *entries)
    base = Fraction(found["streams"][0]["time_base"])
    return [packet["pts"] * base for packet in found["packets"]]


def packet_hashes(path: Path, *, stream: str) -> list[str]:
    """Return the MD5 of the content of every packet of a stream."""
    entries = ("-show_data_hash", "md5", "-show_entries", "packet=data_hash")
    return [packet["data_hash"] for packet in probe(path, "-select_streams", stream, *entries)["packets"]]


def stream_entries(path: Path, *, stream: str = "v:0") -> dict[str, Any]:
    """Return all ffprobe tells of one stream."""
    found: dict[str, Any] = probe(path, "-select_streams", stream, "-show_streams")["streams"][0]
    return found


def as_pipe(path: Path) -> Path:
    """Return a named pipe out of which a file comes, once."""
    pipe = path.with_name(f"pipe{path.suffix}")
    os.mkfifo(pipe)

    def feed() -> None:
        with suppress(BrokenPipeError):
            pipe.write_bytes(path.read_bytes())

    threading.Thread(target=feed, daemon=True).start()
    return pipe


def run_ffmpeg(*arguments: str) -> None:
    """Run ffmpeg, overwriting; raise if it complains."""
    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments], check=True, capture_output=True)
