"""Workers for many tests: processes, and a Ray cluster of this machine, started as the README says."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from masksmooth_filter.scale.crew import Crew
from masksmooth_filter.scale.local import local_crew
from masksmooth_filter.scale.workers import Workers
from tests.scale.processes import Lent
from tests.test_cli import ENVIRONMENT

RAY = [sys.executable, "-c", "from ray.scripts.scripts import main; main()"]
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DISABLE_IMPORT_WARNING": "1"}


@dataclass(frozen=True)
class Head:
    """A running cluster of one node."""

    address: str
    process: subprocess.Popen[bytes]

    def workers(self) -> list[int]:
        """Return the processes in which our actors live."""
        return [pid for pid in _family(self.process.pid) if _command(pid).startswith("ray::Actor")]


@pytest.fixture(scope="session")
def crew() -> Iterator[Crew]:
    """Two worker processes that stay for all tests."""
    crew = local_crew(2)
    yield crew
    crew.close()


@pytest.fixture(scope="session")
def workers(crew: Crew) -> Workers:
    return Lent(lent=crew)


@pytest.fixture(scope="session")
def head() -> Iterator[Head]:
    """Two cores of Ray; where Ray is not installed the tests are skipped, loudly, but in CI they fail."""
    if find_spec("ray") is None:
        if os.environ.get("MASKSMOOTH_REQUIRE_RAY"):
            pytest.fail("Ray is not installed: CI must install it (the extra 'cluster')")
        pytest.skip("Ray is not installed (pip install 'masksmooth-filter[cluster]')")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [*RAY, "start", "--head", "--block", "--num-cpus=2", f"--port={port}"]
    command += ["--node-ip-address=127.0.0.1", "--include-dashboard=false", "--memory=4294967296"]
    command += ["--object-store-memory=100000000"]
    process = subprocess.Popen(
        command, env=ENVIRONMENT | QUIET, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        _wait_for(port, process)
        yield Head(f"127.0.0.1:{port}", process)
    finally:
        family = _family(process.pid)
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        for pid in family:
            if Path(f"/proc/{pid}").exists() and "ray" in _command(pid):
                os.kill(pid, signal.SIGKILL)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("ray start did not come up")


def _family(pid: int) -> list[int]:
    """Return the processes of a session, whoever their parents are."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == pid and int(path.parent.name) != pid:
            found.append(int(path.parent.name))
    return found


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""
