"""Damage, run, judge, count."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.conftest import ROOT
from tests.fuzz.mutate import damage
from tests.fuzz.seeds import make_seeds

LIMIT = 20.0
"""Seconds a case may take; a whole film of this size takes a fraction of one."""

START = 60.0
"""Seconds a new process may take for its first case, which loads everything."""

FRESH_AFTER = 250
"""Cases after which a process is replaced: what one leaves behind must not pile up for thousands."""

OUTPUTS = (".mp4", ".mkv", ".mkv", ".mov", ".ts", ".avi")
FAST = ("--segmenter", "selfie", "--preset", "ultrafast", "--drop-unsupported", "--log-level", "warning")
GOOD = ("ok", "ok, with warnings", "refused")


@dataclass(frozen=True, slots=True)
class Case:
    """A damaged film and what became of it."""

    number: int
    seed: str
    damage: str
    output: str
    outcome: str
    detail: str

    @property
    def failed(self) -> bool:
        return self.outcome not in GOOD


class Worker:
    """A process that runs cases, replaced when it dies."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._process: subprocess.Popen[str] | None = None
        self._done = 0

    def run(self, arguments: list[str]) -> dict[str, Any]:
        """Run a case; ``{"died": why}`` if it crashed or hung."""
        if self._process is None:
            self._process, self._done = self._start(), 0
        process = self._process
        assert process.stdin
        assert process.stdout
        with suppress(BrokenPipeError):  # dead: reading will tell
            process.stdin.write(json.dumps(arguments) + "\n")
            process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], START if self._done == 0 else LIMIT)
        line = process.stdout.readline() if ready else ""
        self._done += 1
        if not line:
            return {"died": self._end(hung=not ready)}
        if self._done == FRESH_AFTER:
            self.close()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._end(hung=False)

    def _start(self) -> subprocess.Popen[str]:
        path = os.pathsep.join(map(str, (ROOT, ROOT / "kernels", ROOT / "cli")))
        return subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.worker", str(self._log)], cwd=ROOT, text=True,
            env=os.environ | {"PYTHONPATH": path}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def _end(self, *, hung: bool) -> str:
        process, self._process = self._process, None
        assert process is not None
        if hung:
            process.kill()
        with suppress(BrokenPipeError):
            process.communicate()
        code = process.returncode
        return (
            "hang" if hung else f"crash: {signal.Signals(-code).name}" if code < 0 else f"crash: exit {code}"
        )


def campaign(
    cases: int, seed: int, *, share: tuple[int, int] = (0, 1), keep: Path | None = None
) -> Iterator[Case]:
    """Run every ``share[1]``-th case from ``share[0]`` on; a case depends on its number and the seed alone.

    Inputs that failed are copied into ``keep``.
    """
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name)
        (folder / "seeds").mkdir()
        seeds = {path: path.read_bytes() for path in make_seeds(folder / "seeds")}
        worker = Worker(folder / "log")
        for number in range(share[0], cases, share[1]):
            rng = Random(f"{seed} {number}")
            source = rng.choice(list(seeds))
            data, kind = damage(seeds[source], list(seeds.values()), rng)
            case = _run(worker, folder, number, (source, data, kind, rng.choice(OUTPUTS)))
            if case.failed and keep is not None:
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{number:05d}-{case.outcome.split(':')[0]}{source.suffix}").write_bytes(data)
            yield case
        worker.close()


def _run(worker: Worker, folder: Path, number: int, film: tuple[Path, bytes, str, str]) -> Case:
    """Run the command on one damaged film, in a folder of its own."""
    source, data, kind, suffix = film
    room = folder / "room"
    room.mkdir()
    (room / f"in{source.suffix}").write_bytes(data)
    before = {p.name for p in room.iterdir()}
    answer = worker.run([str(room / f"in{source.suffix}"), str(room / f"out{suffix}"), *FAST])
    untouched = (room / f"in{source.suffix}").read_bytes() == data
    left = sorted({p.name for p in room.iterdir()} - before)
    shutil.rmtree(room)
    outcome, detail = judge(answer, left, f"out{suffix}", untouched=untouched)
    return Case(number, source.name, kind, suffix, outcome, detail)


def judge(answer: dict[str, Any], left: list[str], output: str, *, untouched: bool) -> tuple[str, str]:
    """Return the class a case falls in, and what tells it."""
    if not untouched:
        return "input changed", ""
    if "died" in answer:
        return answer["died"], ""
    status, said = answer["status"], answer["said"].strip()
    lines = said.splitlines()
    if "Traceback" in said or "Exception ignored" in said or status < 0:
        return "traceback", said
    if answer["threads"]:
        return "thread left", said
    if left != [output] * (status == 0):
        return "leftover", f"status {status}, left {left}: {said}"
    if any(not line.startswith("masksmooth-filter: ") for line in lines):
        return "noise", said
    if status == 0:
        return ("ok, with warnings" if lines else "ok"), said
    errors = [line for line in lines if line.startswith("masksmooth-filter: error: ")]
    unforeseen = status in (1, 2, 7)  # a file cannot make an option wrong, nor fail a filter unforeseen
    return ("unforeseen error" if unforeseen or len(errors) != 1 else "refused"), f"status {status}: {said}"


def count(cases: list[Case]) -> str:
    """Return a markdown table: outcome by container of the film that was damaged."""
    outcomes = Counter((case.outcome, Path(case.seed).suffix) for case in cases)
    kinds = sorted({Path(case.seed).suffix for case in cases})
    names = [*GOOD, *sorted({case.outcome for case in cases if case.failed})]
    rows = [["outcome", *kinds, "all"], ["---"] * (len(kinds) + 2)]
    for name in names:
        row = [outcomes[name, kind] for kind in kinds]
        rows.append([name, *map(str, row), str(sum(row))])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
