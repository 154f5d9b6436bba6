"""VapourSynth, with zsmooth and frameblender: another Python, which its wheels need, driven line by line.

The frames go over once, as a file in memory; what is timed there is processor and wall time of that
process, one thread, distinct frames, a new node for every run (VapourSynth keeps what a node gave), and a
run through the source alone taken off. One blank frame, as zsmooth's own benchmark has it, would stay in
the cache and be several times faster; masks that change are what a filter gets.
"""

from __future__ import annotations

import atexit
import functools
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kernels.interleave import Timing
from benchmarks.kernels.peers import Bytes, Peer, Prepared, weights_for
from benchmarks.kernels.peers.environment import interpreter

SERVER = Path(__file__).with_name("vapoursynth_server.py")


class Child:
    """The other Python."""

    def __init__(self, python: Path) -> None:
        shared = Path("/dev/shm")
        self._folder = tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None)
        self.exchange = Path(self._folder.name) / "frames"
        self._process = subprocess.Popen(
            [python, "-I", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.loaded: object = None
        atexit.register(self.close)

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send a request; return the answer."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(request) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise RuntimeError("VapourSynth's process ended; its words are above")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process and remove the file."""
        self._process.communicate()
        self._folder.cleanup()


@functools.cache
def child() -> Child | None:
    """Return the one running child, or None where it is absent."""
    python = interpreter()
    return None if python is None else Child(python)


def absent() -> str | None:
    """Return why it cannot be run, or None."""
    return None if interpreter() else "no Python >= 3.12 was found when `make bench` looked for one"


def versions() -> dict[str, str]:
    """Return the versions that run there; nothing where it is absent."""
    there = child()
    return {} if there is None else there.ask(do="versions")


class Node:
    """A filter of VapourSynth on a volume."""

    def __init__(self, volume: Bytes, radius: int, name: str, arguments: dict[str, Any]) -> None:
        there = child()
        assert there is not None
        self._there, self._shape, self._radius = there, volume.shape, radius
        key = (volume.ctypes.data, volume.shape)
        if there.loaded != key:
            volume.tofile(there.exchange)
            there.ask(do="load", path=str(there.exchange), shape=volume.shape)
            there.loaded = key
        namespace, function = name.split(".")
        there.ask(do="choose", namespace=namespace, name=function, arguments=arguments)

    def measure(self) -> Timing:
        """Run once there, and the source alone."""
        answer = self._there.ask(do="run")
        return Timing(**answer["run"]) - Timing(**answer["null"])

    def result(self) -> Bytes:
        """Return the frames whose whole window is there."""
        self._there.ask(do="output", path=str(self._there.exchange))
        found = np.fromfile(self._there.exchange, np.uint8).reshape(self._shape)
        return found[self._radius : len(found) - self._radius]

    def close(self) -> None:
        """The process goes on for the next one; its frames are no longer this volume's."""
        self._there.loaded = None


def temporal_median(volume: Bytes, radius: int) -> Prepared:
    """zsmooth's median."""
    return Node(volume, radius, "zsmooth.TemporalMedian", {"radius": radius})


def temporal_soften(volume: Bytes, radius: int) -> Prepared:
    """zsmooth's mean, every frame of the window counted alike."""
    arguments = {"radius": radius, "threshold": [255], "scenechange": 0}
    return Node(volume, radius, "zsmooth.TemporalSoften", arguments)


def average_frames(volume: Bytes, radius: int) -> Prepared:
    """VapourSynth's own weighted mean; its weights are whole numbers up to 1023."""
    weights = weights_for(radius)
    whole = np.rint(weights / weights.max() * 1023).astype(int).tolist()
    return Node(volume, radius, "std.AverageFrames", {"weights": whole})


def frame_blend(volume: Bytes, radius: int) -> Prepared:
    """frameblender's weighted mean."""
    arguments = {"weights": weights_for(radius).tolist()}
    return Node(volume, radius, "frameblender.FrameBlend", arguments)


UNFILTERED = "the first and last r frames come unfiltered"

PEERS = [
    Peer(
        "zsmooth TemporalMedian", ("median", "vote 0/255"), temporal_median, 3.0, 0, UNFILTERED,
        streams=True, ends=False, widest=21, absent=absent,
    ),
    Peer(
        "zsmooth TemporalSoften", ("gaussian",), temporal_soften, 2.0, 255,
        "a box, not a Gaussian: less to compute; every neighbour counts alike", streams=True, widest=15,
        same=False, absent=absent,
    ),
    Peer(
        "VapourSynth AverageFrames", ("gaussian",), average_frames, 0.3, 2,
        "whole-numbered weights; the ends repeat the border frame", streams=True, absent=absent,
    ),
    Peer(
        "frameblender FrameBlend", ("gaussian",), frame_blend, 0.3, 1,
        "the ends repeat the border frame", streams=True, absent=absent,
    ),
]  # fmt: skip
