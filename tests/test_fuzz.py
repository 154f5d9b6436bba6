"""A bounded part of the fuzz test; the whole is ``python -m tests.fuzz --cases 2000`` (docs/fuzz.md)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.fuzz.campaign import Worker, campaign, judge

CASES = 60
FINE = {"status": 0, "said": "", "threads": 0}


def test_damaged_films_end_well_or_with_one_line(tmp_path: Path) -> None:
    cases = list(campaign(CASES, seed=20, keep=tmp_path))
    failures = [
        f"{c.number} {c.seed} {c.damage} -> {c.output}: {c.outcome}: {c.detail}" for c in cases if c.failed
    ]
    assert not failures, "\n".join(failures)
    outcomes = Counter(case.outcome for case in cases)
    assert len(cases) == CASES
    assert min(outcomes["ok"], outcomes["refused"]) >= 10, (
        "the damage is too little, or too much, to tell anything"
    )


def test_the_judge_knows_each_failure() -> None:
    def outcome(left: list[str], *, untouched: bool = True, **answer: object) -> str:
        return judge(FINE | answer, left, "out.mp4", untouched=untouched)[0]

    error = "masksmooth-filter: error: no\n"
    assert outcome(["out.mp4"]) == "ok"
    assert outcome(["out.mp4"], said="masksmooth-filter: warning: so\n") == "ok, with warnings"
    assert outcome([], status=3, said=error) == "refused"
    assert outcome([], status=7, said=error) == "unforeseen error"
    assert outcome([], status=3, said=error * 2) == "unforeseen error"
    assert outcome([]) == "leftover"
    assert outcome(["out.mp4"], status=3, said=error) == "leftover"
    assert outcome(["out.mp4"], said="[libx264] hello\n") == "noise"
    assert outcome(["out.mp4"], said="Traceback (most recent call last):\n") == "traceback"
    assert outcome(["out.mp4"], threads=1) == "thread left"
    assert outcome(["out.mp4"], untouched=False) == "input changed"
    assert outcome([], died="hang") == "hang"


def test_a_worker_that_crashes_is_noticed_and_replaced(tmp_path: Path) -> None:
    worker = Worker(tmp_path / "log")
    assert worker.run(["--version"])["status"] == 0
    assert worker._process is not None
    worker._process.kill()
    worker._process.wait()
    assert worker.run(["--version"]) == {"died": "crash: SIGKILL"}
    assert worker.run(["--version"])["status"] == 0
    worker.close()
