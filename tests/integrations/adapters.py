"""The ways frames come to the filter; each takes a film and gives what came out, in one form."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

import masksmooth_filter as mf
from masksmooth_filter.timing import fraction
from tests.conftest import ROOT
from tests.integrations.gst_harness import Bit, gstreamer, piped

NANO = Fraction(1, 1_000_000_000)


@dataclass(frozen=True)
class Shown:
    """A matte that came out."""

    time: Fraction
    duration: Fraction
    matte: NDArray[np.uint8]


def frames_of(path: Path) -> list[av.VideoFrame]:
    """Decode a film."""
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def shown(frame: av.VideoFrame) -> Shown:
    base = fraction(frame.time_base) or Fraction(0)
    gray = frame.to_ndarray() if frame.format.name == "gray" else frame.reformat(format="gray").to_ndarray()
    return Shown((frame.pts or 0) * base, (frame.duration or 0) * base, gray[: frame.height, : frame.width])


def library(film: Path, _target: Path, **options: Any) -> list[Shown]:
    """`frame_filter` and `through`: an iterator of frames."""
    steady = mf.frame_filter(mode="matte", **options)
    return [matte_of(frame) for frame in mf.through(steady, frames_of(film))]


def matte_of(frame: av.VideoFrame) -> Shown:
    """A matte in yuv420p: its luma."""
    base = fraction(frame.time_base) or Fraction(0)
    luma = frame.to_ndarray()[: frame.height, : frame.width]
    return Shown(frame.pts * base, frame.duration * base, np.ascontiguousarray(luma))


def command(film: Path, target: Path, **options: Any) -> list[Shown]:
    """The runner with its threads, from file to file."""
    mf.convert(film, target, mode="matte", codec="ffv1", **options)
    return [shown(frame) for frame in frames_of(target)]


def pyav_loop(film: Path, target: Path, **options: Any) -> list[Shown]:
    """The loop of examples/pyav_loop.py."""
    sys.path.insert(0, str(ROOT / "examples"))
    try:
        loop = importlib.import_module("pyav_loop")
    finally:
        sys.path.pop(0)
    loop.main(str(film), str(target), codec="ffv1", mode="matte", **options)
    return [matte_of(frame) for frame in frames_of(target)]


def pipe(film: Path, target: Path, **options: Any) -> list[Shown]:
    """The command between two pipes."""
    call = [sys.executable, "-m", "masksmooth_cli.main", "-", "-", "--mode", "matte", "--codec", "ffv1"]
    for name, value in options.items():
        flag = f"--{name.replace('_', '-')}"
        call += [flag] if value is True else [flag, str(value)]
    path = os.pathsep.join(map(str, (ROOT, ROOT / "kernels", ROOT / "cli")))
    environment = os.environ | {"PYTHONPATH": path}
    done = subprocess.run([*call, "--quiet"], input=film.read_bytes(), env=environment, capture_output=True)
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    target.write_bytes(done.stdout)
    return [shown(frame) for frame in frames_of(target)]


def gst_element(film: Path, _target: Path, **options: Any) -> list[Shown]:
    """The GStreamer element, fed with the film's frames."""
    gstreamer()
    words = {
        name.replace("_", "-"): str(value).lower() if value is True else value
        for name, value in options.items()
    }
    middle = " ".join(["masksmooth mode=matte", *(f"{name}={value}" for name, value in words.items())])
    frames = frames_of(film)
    if not frames:
        return []
    with piped(middle, caps_of(frames[0])) as running:
        for frame in frames:
            running.set_caps(caps_of(frame))
            running.push(bit_of(frame))
        running.end()
        return [shown_bit(bit) for bit in running.rest()]


def caps_of(frame: av.VideoFrame) -> str:
    size = f"width={frame.width},height={frame.height}"
    return f"video/x-raw,format=I420,{size},framerate=0/1"


def bit_of(frame: av.VideoFrame) -> Bit:
    """A frame as GStreamer's buffers are: rows padded to four bytes."""
    planes = []
    for plane in frame.planes:
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        planes.append(np.pad(rows, ((0, 0), (0, -plane.width % 4))).tobytes())
    base = fraction(frame.time_base) or Fraction(0)
    times = (round(ticks * base / NANO) for ticks in (frame.pts, frame.duration))
    return Bit(b"".join(planes), *times)


def shown_bit(bit: Bit) -> Shown:
    size = {part.split("=")[0]: part.rpartition(")")[2] for part in bit.caps.split(", ")}
    width, height = int(size["width"]), int(size["height"])
    matte = np.frombuffer(bit.data, np.uint8).reshape(height, -1)[:, :width]
    return Shown((bit.pts or 0) * NANO, (bit.duration or 0) * NANO, matte)


ADAPTERS: dict[str, Callable[..., list[Shown]]] = {
    "library iterator": library,
    "PyAV loop": pyav_loop,
    "command": command,
    "pipe": pipe,
    "GStreamer": gst_element,
}
