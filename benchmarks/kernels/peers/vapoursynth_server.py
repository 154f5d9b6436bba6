"""VapourSynth's side of the race: it runs in an environment of its own and obeys lines on stdin.

Each line is a JSON object with ``do``, and each is answered by one JSON line:

* ``load``: ``path`` and ``shape`` of raw uint8 frames; they become VapourSynth frames, every one distinct.
* ``choose``: ``namespace``, ``name`` and ``arguments`` of a filter.
* ``run``: once through the source alone, then once through source and filter; processor and wall time of
  both. VapourSynth caches a node's frames, so every run makes new nodes.
* ``output``: write the filtered frames to ``path``.
* ``versions``: what runs here.

Nothing here imports the project, which this Python may not have.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from typing import Any

import numpy as np
import vapoursynth as vs

core = vs.core
core.num_threads = 1
PACKAGES = ("VapourSynth", "vapoursynth-zsmooth", "vapoursynth-blur-frameblender")


class Server:
    """The loaded frames and the chosen filter."""

    def __init__(self) -> None:
        self.frames: list[Any] = []
        self.filter: dict[str, Any] = {}

    def load(self, path: str, shape: list[int]) -> dict[str, Any]:
        """Copy raw frames into frames of VapourSynth."""
        volume = np.fromfile(path, np.uint8).reshape(shape)
        self.frames = []
        for plane in volume:
            frame = core.create_video_frame(vs.GRAY8, plane.shape[1], plane.shape[0])
            np.copyto(np.asarray(frame[0]), plane)
            self.frames.append(frame)
        return {}

    def choose(self, namespace: str, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Remember the filter; AverageFrames and the like take their arguments as they come."""
        self.filter = {"namespace": namespace, "name": name, "arguments": arguments}
        return {}

    def run(self) -> dict[str, Any]:
        """Time the source alone, then the filter on a new source."""
        alone, _ = clocked(self.source())
        filtered, count = clocked(self.filtered())
        return {"null": alone, "run": filtered, "frames": count}

    def output(self, path: str) -> dict[str, Any]:
        """Write the filtered frames, rows without padding."""
        with open(path, "wb") as file:
            for frame in self.filtered().frames():
                file.write(np.ascontiguousarray(np.asarray(frame[0])).tobytes())
        return {}

    def versions(self) -> dict[str, Any]:
        """Return the versions of VapourSynth and its plugins."""
        return {name: version(name) for name in PACKAGES} | {"Python": sys.version.split()[0]}

    def source(self) -> Any:
        """Return a new node that hands out the loaded frames without a copy."""
        first = self.frames[0]
        blank = core.std.BlankClip(
            format=vs.GRAY8, width=first.width, height=first.height, length=len(self.frames), keep=True
        )
        return core.std.ModifyFrame(blank, blank, lambda n, f: self.frames[n])

    def filtered(self) -> Any:
        """Return a new node of the chosen filter on a new source."""
        plugin = getattr(core, self.filter["namespace"])
        return getattr(plugin, self.filter["name"])(self.source(), **self.filter["arguments"])


def clocked(node: Any) -> tuple[dict[str, float], int]:
    """Ask a node for all its frames; return what that took and how many came."""
    cpu, wall = time.process_time(), time.perf_counter()
    count = sum(1 for _ in node.frames())
    return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}, count


def main() -> None:
    """Answer until stdin closes."""
    server = Server()
    for line in sys.stdin:
        request = json.loads(line)
        answer = getattr(server, request.pop("do"))(**request)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
