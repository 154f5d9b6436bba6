"""The command line of the benchmark."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from benchmarks.quality import sets
from benchmarks.quality.methods import Method, parse_methods, run, warm_up
from benchmarks.quality.metrics import Judge
from benchmarks.quality.page import data_section, write_page
from benchmarks.quality.strips import write_strip
from benchmarks.quality.table import Result
from masksmooth_filter.errors import MaskSmoothError, OptionError


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run: the options of the command."""

    methods: list[Method]
    frames: int
    height: int
    seed: int
    strips: Path | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except MaskSmoothError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


def _run(options: argparse.Namespace) -> int:
    if options.quick:
        options.frames, options.height = 16, 240
        options.sequences = options.sequences or ",".join(sets.QUICK)
    seed = options.seed + sets.TEST_SEED * (options.split == "test")
    plan = Plan(parse_methods(options.methods), options.frames, options.height, seed, options.strips)
    work = list(_work(options))
    if not work:
        raise OptionError("no sequence left; see --data, --sequences and --split")
    results = [result for part in _judged(plan, work, options.jobs) for result in part]
    for data in dict.fromkeys(data for data, _ in work):
        print(f"\n{data_section(results, data)}")
    if options.out:
        settings = (
            f"At most {plan.frames} frames a sequence, {plan.height} rows, split `{options.split}`, "
            f"seed {plan.seed}."
        )
        write_page(options.out, results, settings=settings)
    return 0


def _work(options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Yield set and sequence; a name that is in one of the sets only is taken there."""
    wanted = options.sequences.split(",") if options.sequences else None
    known = {data: sets.sequences(data, options.split) for data in options.data.split(",")}
    every = {name for data in sets.DATA for name in sets.sequences(data, "all")}
    if unknown := sorted(set(wanted or ()) - every):
        raise OptionError(f"no sequence {', '.join(unknown)}; there are {', '.join(sorted(every))}")
    for data, names in known.items():
        yield from ((data, name) for name in names if wanted is None or name in wanted)


def _judged(plan: Plan, work: list[tuple[str, str]], jobs: int) -> Iterator[list[Result]]:
    if jobs == 1:
        yield from map(partial(judge, plan), work)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(partial(judge, plan), work)


def judge(plan: Plan, item: tuple[str, str]) -> list[Result]:
    """Run all methods on one sequence, and draw its strip if asked for."""
    import cv2

    cv2.setNumThreads(1)
    clip = sets.load(*item, frames=plan.frames, height=plan.height, seed=plan.seed)
    court, results, runs = Judge(clip), [], []
    for method in plan.methods:
        warm_up(method, clip)
        made = run(method, clip)
        results.append(Result(*item, method.label, court.score(made.masks >= 128), made.ms))
        runs.append(made.masks >= 128)
        one = results[-1]
        print(f"{item[0]:20} {item[1]:16} {method.label:28} J {one.j:.4f} {one.ms:6.1f} ms", file=sys.stderr)
    if plan.strips:
        write_strip(plan.strips / f"{item[0]}-{item[1]}.jpg", clip, runs, results)
    return results


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument(
        "--methods", default="raw,gaussian,median,ema", help="a,b:key=value:key=value,...; also frozen, truth"
    )
    parser.add_argument("--data", default="osvos,deeplab", help=", ".join(sets.DATA))
    parser.add_argument("--sequences", help="comma separated; all by default")
    parser.add_argument("--split", choices=sets.SPLITS, default="all", help="half of the DAVIS sequences")
    parser.add_argument("--frames", type=int, default=40, help="frames a sequence at most")
    parser.add_argument("--height", type=int, default=480, help="rows: 480 (DAVIS as it is) or 240")
    parser.add_argument("--seed", type=int, default=1, help="of the synthetic clips")
    parser.add_argument("--quick", action="store_true", help="3 sequences, 16 frames, 240 rows")
    parser.add_argument("--out", type=Path, help="write the tables to this Markdown file")
    parser.add_argument("--strips", type=Path, help="write comparison pictures into this folder")
    parser.add_argument("--jobs", type=int, choices=(1, 2), default=1, help="processes")
    return parser
