"""``python -m benchmarks.scale``: measure stages, model workers, run one and two, render docs/scale.md."""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.page import write_part
from benchmarks.pipeline.clips import SIZES, make_film, repeat_film
from benchmarks.scale.costs import measure
from benchmarks.scale.model import CODED, LINK, RATE, WORKERS, Costs, batch, chunks, here, knee
from masksmooth_filter.run.frame_filter import MOST_THREADS

ROOT = Path(__file__).resolve().parents[2]
DRIVER_CORES = 16
FILMS = 4
HOUR = 3600 * RATE
"""Frames of an hour of film."""

STAGES = ("decode", "network", "smooth", "draw", "encode", "checksum", "keep", "read")
SLOW = "deeplabv3_resnet50"


def slow_network() -> float:
    """Return ResNet-50's core-seconds a picture of 455x256, from docs/benchmarks_segment.md."""
    for line in (ROOT / "docs" / "benchmarks_segment.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if cells[1:2] == [SLOW] and cells[3].startswith("this filter, fp32"):
            return float(cells[4])
    raise SystemExit(f"docs/benchmarks_segment.md has no row of {SLOW}")


def cost_lines(costs: Costs, name: str) -> list[str]:
    """Return the table of what a frame costs."""
    found = {stage: getattr(costs, stage) for stage in STAGES}
    sizes = f"film {costs.film / 1e3:.1f}, output {costs.output / 1e3:.1f}, scores {costs.scores / 1e3:.1f}"
    return [
        f"A frame of {name}, core-milliseconds:",
        "",
        "| " + " | ".join(STAGES) + " |",
        "|" + "---|" * len(STAGES),
        "| " + " | ".join(f"{1000 * value:.1f}" for value in found.values()) + " |",
        "",
        f"Kilobytes: {sizes}. A cluster's driver spends {1000 * costs.order:.0f} ms on a film "
        f"(its fingerprint); a worker is ready {costs.start:.1f} s after the command began.",
        "",
    ]


def model_lines(costs: Costs, network: str) -> list[str]:
    """Return the table of throughput against workers."""
    cut = partial(chunks, cores=DRIVER_CORES)
    lines = [
        f"With {network}:",
        "",
        "| workers | batch, frames/s | most by | one film, frames/s | most by |",
        "|--:|--:|---|--:|---|",
    ]
    for workers in WORKERS:
        many, one = batch(costs, workers), cut(costs, workers)
        lines.append(f"| {workers} | {many.fps:.4g} | {many.why} | {one.fps:.4g} | {one.why} |")
    hours = [HOUR * each / 3600 for each in (costs.chain, costs.worker + costs.driver)]
    knees = knee(batch, costs), knee(chunks, costs, cores=DRIVER_CORES)
    return [
        *lines,
        "",
        f"An hour of film costs {hours[0]:.2f} core-hours in a batch and {hours[1]:.2f} in chunks. A batch "
        f"gains nothing beyond {knees[0]} workers, one film in chunks nothing beyond {knees[1]}.",
        "",
    ]


def run(*arguments: str | Path) -> tuple[float, float]:
    """Run the command; return its seconds, and the core-seconds of it and its workers."""
    command = [sys.executable, "-m", "masksmooth_filter", *map(str, arguments), "--quiet"]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def timed_runs(film: Path, rounds: int) -> dict[tuple[str, int], list[tuple[float, float]]]:
    """Run a batch of films, and one film as long as all of them, with one worker and two, in turns."""
    took: dict[tuple[str, int], list[tuple[float, float]]] = {}
    options = ("--segmenter", "selfie")
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "films")
        archive.mkdir()
        for number in range(FILMS):
            shutil.copy(film, archive / f"{number}.mp4")
        long = repeat_film(film, Path(folder, "long.mp4"), FILMS)
        for _ in range(rounds):
            for jobs in (1, 2):
                out = Path(folder, "out")
                many = run("--batch", archive, "--output-dir", out, "--jobs", str(jobs), *options)
                shutil.rmtree(out)
                one = run(long, Path(folder, "out.mp4"), "--jobs", str(jobs), "--overwrite", *options)
                took.setdefault(("batch", jobs), []).append(many)
                took.setdefault(("one film", jobs), []).append(one)
    return took


def check_lines(film: Path, costs: Costs, frames: int, *, rounds: int) -> list[str]:
    """Return the table of real runs with one and two workers, beside what the model says of this machine."""
    cores = len(os.sched_getaffinity(0))
    lines = [
        f"{FILMS} films of {frames} frames, or one of {FILMS * frames}, run here; the rest of the "
        "core-milliseconds is starting: Python, the kernels and the network, once in each process.",
        "",
        "| | workers | frames/s | model | core-ms a frame | model |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    total = FILMS * frames
    for (form, jobs), taken in sorted(timed_runs(film, rounds).items()):
        cut = form == "one film"
        told = total / (costs.start + total / here(costs, jobs, cores, cut=cut))
        wall, core = (min(each[place] for each in taken) for place in (0, 1))
        work = costs.worker + costs.driver if cut else costs.chain
        cells = f"{total / wall:.1f} | {told:.1f} | {1000 * core / total:.0f} | {1000 * work:.0f}"
        lines.append(f"| {form} | {jobs} | {cells} |")
    return [*lines, ""]


def footer(load: float) -> str:
    """Return where and when this was measured."""
    cores = len(os.sched_getaffinity(0))
    return (
        f"Measured by `make bench-scale` on {processor()}, {cores} cores, load {load:.1f} at the start, "
        f"Python {platform.python_version()}.\n"
    )


def processor() -> str:
    """Return the processor's name."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def main() -> None:
    """Measure, print, and render."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="a page with a part 'model' to write it into")
    parser.add_argument("--size", choices=SIZES, default="480p")
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--method", default="motion")
    given = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        film = make_film(Path(folder, "film.mp4"), SIZES[given.size], given.frames)
        costs = measure(film, method=given.method, rounds=given.rounds)
        checked = check_lines(film, costs, given.frames, rounds=given.rounds)
    lines = [
        *cost_lines(costs, f"{given.size}, selfie, {given.method}, x264"),
        *model_lines(costs, "`selfie`"),
        *model_lines(replace(costs, network=slow_network()), f"`{SLOW}` at 455x256, fp32 on a core"),
        f"Model: each worker on a core of its own, the driver on {DRIVER_CORES} with {MOST_THREADS} threads "
        f"for the smoother; {LINK / 1e9:.3g} GB/s of shared storage or network; films of a "
        f"minute, {CODED / 1e3:.0f} kB a frame at least (5 Mbit/s).",
        "",
        *checked,
        footer(load),
    ]
    text = "\n".join(lines)
    print(text)
    if given.out is not None:
        write_part(given.out, "model", text)


if __name__ == "__main__":
    main()
