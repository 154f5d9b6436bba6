"""Ways to do the same work; each is run in a process of its own, and prints what it took as JSON.

``python -m benchmarks.pipeline.ways WAY FILM FRAMES``; ``tiny.mp4`` beside the film, of `TINY` frames, is run
twice before, and what the second takes is taken off: starting up is not counted.
"""

from __future__ import annotations

import itertools
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
from masksmooth_filter.media import Demuxer, EncodeOptions, Encoder, OutputFile
from masksmooth_filter.media.encoders import AMPLE
from masksmooth_filter.run.pipeline import Hooks, run
from masksmooth_filter.segment.litert import Selfie
from masksmooth_filter.segment.masks_save import SaveMasks
from masksmooth_filter.segment.segmenter import Segmenter
from masksmooth_filter.smoothing.smoother import Smoother

TINY = 4
"""Frames of the film that shows what it takes to start."""

STAGES = ("decode", "segment", "save", "smooth", "draw", "encode")


def whole(film: Path, out: Path, **options: Any) -> None:
    """Run what the command runs, in a process that is set up as the command's."""
    give_memory_back()
    settings = mf.Options(segmenter="selfie", method="gaussian", **options)
    run(film, out, settings, hooks=Hooks(on_running=forget_start_up))


def fast(film: Path, out: Path) -> None:
    """Run it with the codec that OpenCV's writer has: nothing to choose between the two but the work."""
    whole(film, out, codec="mpeg4")


def sequential(film: Path, out: Path) -> None:
    """Run the same parts one after the other, frame by frame, in such a process."""
    give_memory_back()
    parts = Parts(film, out)
    for packet in parts.demuxer:
        parts.walk(packet)
    parts.finish()


class Parts:
    """The chain's own filters, unconnected."""

    def __init__(self, film: Path, out: Path) -> None:
        self.demuxer = Demuxer(film)
        self.out = OutputFile(out, self.demuxer, codec="libx264")
        self.filters: dict[str, Any] = {
            "decode": self.demuxer.decoder,
            "segment": Segmenter(Selfie()),
            "save": SaveMasks(out.with_suffix(".scores.mkv"), overwrite=True),
            "smooth": Smoother(output_size="frame", method="gaussian"),
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


def alone(film: Path, out: Path, stage: str, frames: int) -> tuple[float, float]:
    """Run one stage with its input at hand; return its wall and processor seconds."""
    parts = Parts(film, out)
    feed: Iterable[Any] = itertools.islice(parts.demuxer, frames)
    for name, filter_ in parts.filters.items():
        if name == stage:
            break
        feed = [out for item in feed for out in filter_.push(item)]
    items = iter(list(feed))
    work = parts.filters[stage]
    work.push(next(items))  # libraries are loaded, kernels compiled
    start = time.perf_counter(), time.process_time()
    for item in items:
        work.push(item)
    work.flush()
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
    "mpeg4": fast,
    "sequential": sequential,
    "today": today,
} | ({"supervision": supervision} if find_spec("supervision") else {})


def timed(way: Callable[..., None], film: Path, out: Path) -> tuple[float, float]:
    """Return the wall and processor seconds that a way takes."""
    start = time.perf_counter(), time.process_time()
    way(film, out)
    return time.perf_counter() - start[0], time.process_time() - start[1]


def main() -> None:
    """Run one way and print what it took."""
    way, film, frames = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        if way in STAGES:
            wall, cpu = alone(film, Path(folder) / "out.mp4", way, frames)
        else:
            films = [film.with_name("tiny.mp4")] * 2 + [film]
            _, begun, whole = (
                timed(WAYS[way], one, Path(folder) / f"{n}.mp4") for n, one in enumerate(films)
            )
            wall, cpu = ((a - b) * frames / (frames - TINY) for a, b in zip(whole, begun, strict=True))
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": own_peak()}))


if __name__ == "__main__":
    main()
