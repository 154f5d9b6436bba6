"""What the pipeline's gate makes of the clocks it reads, and the benchmark of runs beside others."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

import benchmarks.pipeline.__main__ as pipeline
from benchmarks.pipeline.gate import Moment, Shares, idle_seconds, limited, shares
from masksmooth_filter.cores import usable_cores

CORES = usable_cores()


def test_cores_that_stand_still_count_against_the_run_and_those_of_others_do_not() -> None:
    start = Moment(wall=10.0, cpu=1.0, idle=100.0)
    stalled = shares(start, Moment(wall=20.0, cpu=1.0 + 6 * CORES, idle=100.0 + 4 * CORES), 0.5)
    assert (stalled.reached, stalled.others) == pytest.approx((0.6, 0.0))
    shared = shares(start, Moment(wall=20.0, cpu=1.0 + 8.5 * CORES, idle=100.0), 0.5)
    assert (shared.reached, shared.others) == pytest.approx((1.0, 0.15))


def test_on_a_crowded_machine_a_run_can_fail_by_its_busiest_stage() -> None:
    start, end = Moment(10.0, 1.0, 100.0), Moment(20.0, 1.0 + 6 * CORES, 100.0)
    assert shares(start, end, 0.7).reached == pytest.approx(0.75)
    assert shares(start, end, 0.9).reached == pytest.approx(0.95)


def test_a_stage_that_is_always_at_work_reaches_the_bound_whatever_the_cores_do() -> None:
    start = Moment(0.0, 0.0, 0.0)
    assert shares(start, Moment(10.0, 1.0 * CORES, 9.0 * CORES), 0.95).reached == pytest.approx(0.95)


def test_only_the_cores_we_may_use_are_asked_whether_they_stood_still() -> None:
    core = min(os.sched_getaffinity(0))
    lines = ["cpu  9 9 9 900 9 9", f"cpu{core} 1 2 3 400 50 6 7 8 0 0", "cpu99999 1 2 3 700 1 1", "intr 5"]
    assert idle_seconds("\n".join(lines)) == 450 / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize(
    ("others", "runs", "least"), [((0.0,), 1, 3.0), ((0.4, 0.0), 2, 2.0), ((0.4,) * 4, 4, 0.5)]
)
def test_a_way_is_run_again_while_others_take_part_of_the_cores(
    others: tuple[float, ...], runs: int, least: float, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    walls, seen = iter([3.0, 2.0, 1.0, 0.5]), iter(others)

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(
            command, 0, json.dumps({"wall": next(walls), "cpu": 1.0, "peak": 1.0})
        )

    monkeypatch.setattr(pipeline.subprocess, "run", run)
    monkeypatch.setattr(pipeline, "shares", lambda *_: Shares(0, 0, next(seen)))
    assert pipeline.run("whole", tmp_path / "film.mp4", 10).wall == least
    assert len(list(walls)) == 4 - runs


def test_a_quota_below_the_cores_is_told() -> None:
    assert limited(f"{50000 * CORES} 100000\n")
    assert not limited("max 100000\n")
    assert not limited(f"{100000 * CORES} 100000\n")
