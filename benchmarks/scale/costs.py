"""What a frame costs, stage by stage: core-seconds of this process, the least of the rounds."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.scale.model import FILM_FRAMES, Costs
from masksmooth_filter.composite.overlay import Overlay
from masksmooth_filter.files import fingerprint
from masksmooth_filter.filter import Filter, through
from masksmooth_filter.frames import CarriedPacket
from masksmooth_filter.media import Demuxer, PlainVideo
from masksmooth_filter.scale.chunk_work import picture_print
from masksmooth_filter.segment.masks_save import SaveMasks
from masksmooth_filter.segment.masks_source import VideoSource
from masksmooth_filter.segment.registry import create_model
from masksmooth_filter.segment.segmenter import Segmenter
from masksmooth_filter.smoothing.smoother import Smoother

START = """
import time; start = time.perf_counter()
from masksmooth_filter.scale.local import local_crew
from masksmooth_filter.scale.chunk_work import describe
from masksmooth_filter.options import Options
if __name__ == "__main__":
    crew = local_crew(1)
    ticket = crew.submit(describe, Options(segmenter="selfie"))
    while ticket.outcome is None:
        crew.pump(1)
    print(time.perf_counter() - start)
    crew.close()
"""


def measure(film: Path, *, method: str, rounds: int) -> Costs:
    """Measure a film's stages one after another, in turns; what each gives the next is kept in memory."""
    runs = [_once(film, method) for _ in range(rounds)]
    least = {name: min(run[name] for run in runs) for name in runs[0]}
    return Costs(**least, order=_order(film), start=_start())


def _once(film: Path, method: str) -> dict[str, float]:
    took: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        frames = _timed(took, "decode", lambda: _decoded(film))
        segmenter = Segmenter(create_model("selfie"))
        masked = _timed(took, "network", lambda: _all(segmenter, frames))
        _timed(took, "checksum", lambda: [picture_print(frame) for frame in frames])
        scores = Path(folder, "scores.mkv")
        save = SaveMasks(scores)
        _timed(took, "keep", lambda: _all(save, masked))
        _timed(took, "read", lambda: [m.pictures[0].confidence() for m in VideoSource(scores).read()])
        smoother = Smoother(method=method, output_size="frame")
        smooth = _timed(took, "smooth", lambda: _all(smoother, masked))
        drawn = _timed(took, "draw", lambda: _all(Overlay(), smooth))
        out = Path(folder, "out.mp4")
        _timed(took, "encode", lambda: _encoded(out, drawn, film))
        sizes = {"film": film, "output": out, "scores": scores}
        took |= {name: path.stat().st_size for name, path in sizes.items()}
    return {name: value / len(frames) for name, value in took.items()}


def _timed(took: dict[str, float], name: str, work: Callable[[], list[Any]]) -> list[Any]:
    start = time.process_time()
    result = work()
    took[name] = time.process_time() - start
    return result


def _all(filter_: Filter[Any, Any], items: Sequence[Any]) -> list[Any]:
    return list(through(filter_, items))


def _decoded(film: Path) -> list[Any]:
    with Demuxer(film) as demuxer:
        films = (packet for packet in demuxer if not isinstance(packet, CarriedPacket))
        return list(through(demuxer.decoder, films))


def _encoded(path: Path, frames: Sequence[Any], film: Path) -> list[Any]:
    with Demuxer(film) as demuxer:
        video = PlainVideo(path, demuxer.info)
        for frame in frames:
            video.write(frame)
        video.close()
    return []


def _order(film: Path) -> float:
    """Return what a cluster's driver does for a film before and after the work: its fingerprint, mostly."""
    size = film.stat().st_size * FILM_FRAMES / max(1, _count(film))
    start = time.process_time()
    fingerprint(film)
    share = min(size, 64 << 20) / min(film.stat().st_size, 64 << 20)
    return (time.process_time() - start) * share


def _count(film: Path) -> int:
    with Demuxer(film) as demuxer:
        return demuxer.info.frames


def _start() -> float:
    done = subprocess.run([sys.executable, "-c", START], capture_output=True, text=True, check=True)
    return float(done.stdout)
