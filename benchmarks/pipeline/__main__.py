"""``python -m benchmarks.pipeline``: measure, print, and render docs/benchmarks.md's part."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks.page import write_part
from benchmarks.pipeline.clips import SIZES, make_film
from benchmarks.pipeline.gate import Moment, gate, shares
from benchmarks.pipeline.memory import memory_lines
from benchmarks.pipeline.ways import BY_MOTION, STAGES, TINY, WAYS

TRIES, ALONE = 4, 0.05
"""Runs of a way at most, and the share of the cores that others may take. A neighbour with one of two cores
made the command at 480p look 1.7 times as slow."""

NAMES = {
    "whole": "the command, method gaussian (x264)",
    "sequential": "the same parts in a loop (x264)",
    "motion": "the command, method motion (x264)",
    "mpeg4": "the command, method gaussian, MPEG-4 part 2",
    "today": "OpenCV reads and writes MPEG-4 part 2, numpy blends",
    "supervision": "supervision's process_video and MaskAnnotator, MPEG-4 part 2",
}


@dataclass(frozen=True, slots=True)
class Took:
    """What one way took: the least over the rounds, for others' work on the machine can only add."""

    wall: float
    cpu: float
    peak: float


def run(way: str, film: Path, frames: int) -> Took:
    """Run a way in a process of its own, and again while others took part of the cores; the best counts."""
    command = [sys.executable, "-m", "benchmarks.pipeline.ways", way, str(film), str(frames)]
    found: list[Took] = []
    for _ in range(TRIES):
        start = Moment.now(children=True)
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found.append(Took(**json.loads(done.stdout.splitlines()[-1])))
        if shares(start, Moment.now(children=True), 0).others < ALONE:
            return found[-1]
    return _least(found)


def in_turns(film: Path, frames: int, rounds: int) -> dict[str, Took]:
    """Give every way its turn in each round; return the least."""
    ways = [*WAYS, *STAGES, *BY_MOTION]
    taken = [{way: run(way, film, frames) for way in ways} for _ in range(rounds)]
    return {way: _least([one[way] for one in taken]) for way in ways}


def stages_of(way: str) -> tuple[str, ...]:
    """Return the stages of a way that is the chain's; none of another."""
    if way not in ("whole", "sequential", "motion"):
        return ()
    by = BY_MOTION if way == "motion" else ("smooth",)
    at = STAGES.index("smooth")
    return *STAGES[:at], *by, *STAGES[at + 1 :]


def bound(took: dict[str, Took], stages: Sequence[str]) -> float:
    """Return the least wall time there can be: the slowest stage alone, or all work on all cores."""
    cores = len(os.sched_getaffinity(0))
    return max(max(took[s].wall for s in stages), sum(took[s].cpu for s in stages) / cores)


def speed_lines(size: str, took: dict[str, Took], frames: int) -> list[str]:
    """Return a table's lines for one size."""
    lines = []
    for way, name in NAMES.items():
        if way not in took:  # supervision comes with the examples' extra
            continue
        one, stages = took[way], stages_of(way)
        cells = f"{frames / one.wall:.1f} | {1000 * one.cpu / frames:.0f} | {one.peak:.0f}"
        share = f"{bound(took, stages) / one.wall:.2f}" if stages else ""
        lines.append(f"| {size} | {name} | {cells} | {share} |")
    parts = ", ".join(f"{s} {1000 * took[s].wall / frames:.1f}" for s in (*STAGES, *BY_MOTION))
    slowest, cpu = (max(took[s].wall for s in STAGES), sum(took[s].cpu for s in STAGES))
    lines.append(f"| {size} | stages alone, ms a frame: {parts}; the slowest, and CPU of all, by gaussian | "
                 f"{frames / slowest:.1f} | {1000 * cpu / frames:.0f} | | |")  # fmt: skip
    return lines


def _least(taken: list[Took]) -> Took:
    return Took(*(min(getattr(one, name) for one in taken) for name in ("wall", "cpu", "peak")))


def machine() -> str:
    """Return the machine and the versions in a line."""
    names = [line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]  # fmt: skip
    packages = ", ".join(
        f"{n} {version(n)}" for n in ("av", "numba", "opencv-python-headless", "ai-edge-litert")
    )
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    return f"{names[0]}, {len(names)} cores, load {load}; Python {platform.python_version()}, {packages}"


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="480p,1080p,2160p", help="empty for none")
    parser.add_argument("--frames", default="900,200,60", help="of each size, in their order")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--memory",
        default="1080p:selfie:gaussian:100,1080p:selfie:motion:100",
        metavar="ROWS",
        help="SIZE:MASKS:METHOD:FRAMES,...; MASKS selfie or file; empty for none",
    )
    parser.add_argument("--gate", type=float, help="only check that this share of the bound is reached")
    parser.add_argument("--out", type=Path, help="the page whose part is rendered")
    asked = parser.parse_args()
    if asked.gate is not None:
        gate(asked.gate)
        return
    with tempfile.TemporaryDirectory() as name:
        speed: list[str] = []
        sizes = [size for size in asked.sizes.split(",") if size]
        for size, count in zip(sizes, map(int, asked.frames.split(",")), strict=False):
            film = make_film(Path(name) / f"{size}.mp4", SIZES[size], count)
            make_film(film.with_name("tiny.mp4"), SIZES[size], TINY)
            took = in_turns(film, count, asked.rounds)
            lines = speed_lines(size, took, count)
            print(*lines, sep="\n", flush=True)
            speed += lines
        memory = memory_lines(Path(name), [row for row in asked.memory.split(",") if row])
    if asked.out is not None:
        write_part(asked.out, "pipeline", page(speed, memory, asked.rounds))


def page(speed: list[str], memory: list[str], rounds: int) -> str:
    """Return the part of the page."""
    titles = [
        "",
        "| film | way | frames/s | CPU ms a frame | peak MB | share of the bound |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    head = [
        f"Rendered by `make bench-pipeline` on {machine()}.",
        f"Rounds: {rounds}, every way in turn; the least of each.",
        *(titles if speed else ["", "Speeds are not rendered yet: they need a machine that is idle."]),
    ]
    peaks = [
        "",
        "| film | masks | method | frames | peak MB of the command |",
        "| --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *speed, *(peaks if memory else []), *memory]) + "\n"


if __name__ == "__main__":
    main()
