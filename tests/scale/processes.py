"""Real processes to watch, kill and start again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from masksmooth_filter.scale.crew import Crew
from masksmooth_filter.scale.workers import Workers
from tests.test_cli import COMMAND, ENVIRONMENT

FAST = ("--segmenter", "selfie", "--method", "gaussian", "--preset", "ultrafast")
OPTIONS: dict[str, Any] = {"segmenter": "selfie", "method": "gaussian", "preset": "ultrafast"}


def start(*arguments: str | Path, cwd: Path | None = None) -> subprocess.Popen[str]:
    """Start the command and leave it running."""
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.Popen(command, cwd=cwd, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)


IN_CHUNKS = """
import sys
from masksmooth_cli.signals import catch_signals
from masksmooth_filter.scale.workers import Workers
import masksmooth_filter as mf
film, out, cluster, form, frames = sys.argv[1:]
catch_signals()
options = {"segmenter": "selfie", "method": "gaussian", "preset": "ultrafast"}
options |= {"scene_cuts": True} if form == "encode" else {}
spread = {"network": mf.convert_in_chunks, "encode": mf.encode_in_chunks}[form]
spread(film, out, workers=Workers(1, cluster or None), chunk_frames=int(frames), resume=True, **options)
"""


@dataclass(frozen=True)
class Lent(Workers):
    """Workers that stay when a run is over: starting one costs seconds."""

    lent: Crew | None = None

    @contextmanager
    def crew(self) -> Iterator[Crew]:
        assert self.lent is not None
        yield self.lent


def start_in_chunks(
    film: Path, out: Path, *, cluster: str = "", form: str = "network"
) -> subprocess.Popen[str]:
    """Start a run of small chunks, and leave it running; with the form ``encode`` workers do all of it."""
    frames = {"network": "40", "encode": "20"}[form]
    command = [sys.executable, "-c", IN_CHUNKS, str(film), str(out), cluster, form, frames]
    return subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)


def wait_until(found: Callable[[], Any], *, process: subprocess.Popen[str] | None = None) -> Any:
    """Wait for something to be so, half a minute at most, and as long as a process lives."""
    until = time.monotonic() + 30
    while not (value := found()):
        assert time.monotonic() < until, "it never came to be"
        assert process is None or process.poll() is None, f"it ended before: {process.communicate()[1]}"
        time.sleep(0.01)
    return value


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """Return the worker processes of a running command."""
    found = []
    for task in Path(f"/proc/{process.pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text():
                found.append(int(child))
    return found


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def is_gone(pid: int) -> bool:
    """Tell whether a process is no more, or only waits to be asked for its status."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
