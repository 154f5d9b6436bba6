"""Ways to do the same work; each is run in a process of its own, and prints what it took as JSON.

``python -m benchmarks.pipeline.ways WAY FILM FRAMES``; ``tiny.mp4`` beside the film, of `TINY` frames, is run
twice before, and what the second takes is taken off: starting up is not counted.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import masksmooth_filter as mf
from benchmarks.peak import own_peak
from masksmooth_cli.allocator import forget_start_up, give_memory_back
from masksmooth_filter.composite.overlay import Overlay
from masksmooth_filter.filter import through
from masksmooth_filter.media import Demuxer, EncodeOptions, Encoder, OutputFile
from masksmooth_filter.media.encoders import AMPLE
from masksmooth_filter.run.frame_filter import smoother_threads
from masksmooth_filter.run.pipeline import Hooks, run
from masksmooth_filter.segment.litert import Selfie
from masksmooth_filter.segment.masks_save import SaveMasks
from masksmooth_filter.segment.segmenter import Segmenter
from masksmooth_filter.settings import Smoothing
from masksmooth_filter.smoothing.smoother import Smoother
from masksmooth_filter.smoothing.two_steps import Finish, Settle

TINY = 4
"""Frames of the film that shows what it takes to start."""

STAGES = ("decode", "segment", "save", "smooth", "draw", "encode")
BY_MOTION = ("settle", "finish")
"""The stages that stand in place of ``smooth`` by motion, the default."""


def whole(film: Path, out: Path, method: str = "gaussian", **options: Any) -> None:
    """Run what the command runs, in a process that is set up as the command's."""
    give_memory_back()
    settings = mf.Options(segmenter="selfie", method=method, **options)
    run(film, out, settings, hooks=Hooks(on_running=forget_start_up))


def fast(film: Path, out: Path) -> None:
    """Run it with the codec that OpenCV's writer has: nothing to choose between the two but the work."""
    whole(film, out, codec="mpeg4")


def by_motion(film: Path, out: Path) -> None:
    """Run it as it is without options."""
    whole(film, out, method="motion")


def sequential(film: Path, out: Path) -> None:
    """Run the same parts one after the other, frame by frame, in such a process."""
    give_memory_back()
    parts = Parts(film, out)
    for packet in parts.demuxer:
        parts.walk(packet)
    parts.finish()


class Parts:
    """The chain's own filters, unconnected."""

    def __init__(self, film: Path, out: Path, *, motion: bool = False) -> None:
        self.demuxer = Demuxer(film)
        self.out = OutputFile(out, self.demuxer, codec="libx264")
        self.filters: dict[str, Any] = {
            "decode": self.demuxer.decoder,
            "segment": Segmenter(Selfie()),
            "save": SaveMasks(out.with_suffix(".scores.mkv"), overwrite=True),
            **(motion_filters() if motion else {"smooth": Smoother(method="gaussian")}),
            "draw": Overlay(),
            "encode": Encoder(self.out, self.demuxer.info, options=EncodeOptions(room=AMPLE)),
        }
        self.out.start()

    def walk(self, item: Any, *, first: int = 0) -> None:
        """Send an item through the filters from one on, and what comes out to the file."""
        items = [item]
        for filter_ in list(self.filters.values())[first:]:
            items = [out for one in items for out in filter_.push(one)]
        for packet in items:
            self.out.mux(packet)

    def finish(self) -> None:
        """Flush everything and close the file."""
        for number, filter_ in enumerate(self.filters.values(), 1):
            for item in filter_.flush():
                if number < len(self.filters):
                    self.walk(item, first=number)
                else:
                    self.out.mux(item)
        self.filters["save"].close()
        self.out.close()


def motion_filters() -> dict[str, Any]:
    """Return the filters that smooth by motion."""
    smoothing = Smoothing(method="motion", threads=smoother_threads())
    return {"settle": Settle(smoothing, output_size="frame"), "finish": Finish(threads=smoothing.threads)}


def alone(film: Path, out: Path, stage: str) -> tuple[float, float]:
    """Run one stage with all of its input at hand; return its wall and processor seconds."""
    give_memory_back()
    parts = Parts(film, out, motion=stage in BY_MOTION)
    feed: Iterable[Any] = parts.demuxer
    for name, filter_ in parts.filters.items():
        if name == stage:
            break
        feed = list(through(filter_, feed))
    items = list(feed)
    start = time.perf_counter(), time.process_time()
    for _ in through(parts.filters[stage], items):
        pass
    return time.perf_counter() - start[0], time.process_time() - start[1]


def seen(network: Selfie, frame: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return where the same network sees a person in one of OpenCV's frames."""
    import cv2

    size = frame.shape[1], frame.shape[0]
    small = cv2.resize(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), network.input_size(*size))
    return np.asarray(cv2.resize(network.predict(np.asarray(small)[np.newaxis])[0], size) > 127)


def supervision(film: Path, out: Path) -> None:
    """Have supervision convert the film: its callback, its mask annotator, its MPEG-4."""
    import supervision as sv

    network, paint = Selfie(), sv.MaskAnnotator(color=sv.Color.GREEN, opacity=0.5)

    def draw(frame: NDArray[np.uint8], _: int) -> NDArray[np.uint8]:
        mask = seen(network, frame)[np.newaxis]
        found = sv.Detections(xyxy=sv.mask_to_xyxy(mask), mask=mask, class_id=np.zeros(1, int))
        return np.asarray(paint.annotate(frame, found), np.uint8)

    sv.process_video(source_path=str(film), target_path=str(out), callback=draw)


def today(film: Path, out: Path) -> None:
    """Do what a script does today: OpenCV reads, the same network, numpy blends, OpenCV writes."""
    import cv2

    reader, network = cv2.VideoCapture(str(film)), Selfie()
    size = int(reader.get(cv2.CAP_PROP_FRAME_WIDTH)), int(reader.get(cv2.CAP_PROP_FRAME_HEIGHT))
    writer = cv2.VideoWriter(str(out), cv2.VideoWriter.fourcc(*"mp4v"), reader.get(cv2.CAP_PROP_FPS), size)
    green = np.array([0, 255, 0], np.float32)
    while (read := reader.read())[0]:
        frame = read[1]
        weight = seen(network, np.asarray(frame, np.uint8))[..., np.newaxis] * np.float32(0.5)
        writer.write((frame * (1 - weight) + green * weight).astype(np.uint8))
    writer.release()


WAYS: dict[str, Callable[..., None]] = {
    "whole": whole,
    "motion": by_motion,
    "mpeg4": fast,
    "sequential": sequential,
    "today": today,
} | ({"supervision": supervision} if find_spec("supervision") else {})


def timed(way: str, film: Path, out: Path) -> tuple[float, float]:
    """Return the wall and processor seconds that a way, or a stage, takes."""
    if way in (*STAGES, *BY_MOTION):
        return alone(film, out, way)
    start = time.perf_counter(), time.process_time()
    WAYS[way](film, out)
    return time.perf_counter() - start[0], time.process_time() - start[1]


def main() -> None:
    """Run one way and print what it took."""
    way, film, frames = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    films = [film.with_name("tiny.mp4")] * 2 + [film]
    with tempfile.TemporaryDirectory() as folder:
        _, begun, whole = (
            timed(way, one, Path(folder) / f"{number}.mp4") for number, one in enumerate(films)
        )
    wall, cpu = ((a - b) * frames / (frames - TINY) for a, b in zip(whole, begun, strict=True))
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": own_peak()}))


if __name__ == "__main__":
    main()
