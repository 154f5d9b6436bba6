"""Through pipes: NUT or Matroska in, NUT out, sound and uneven times exact, nothing else on stdout."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.acceptance.judge import film, others
from tests.acceptance.traps import SPARSE, picture, sound
from tests.clips import run_ffmpeg
from tests.conftest import ROOT

ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "kernels", ROOT / "cli")))}
COMMAND = shlex.join(
    [sys.executable, "-c", "from masksmooth_cli.main import main; main()", "-", "-", "--segmenter", "selfie"]
)


def shell(line: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], env=ENVIRONMENT, capture_output=True, timeout=120
    )


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An uneven film with sound, in NUT."""
    path = tmp_path_factory.mktemp("pipe") / "in.nut"
    run_ffmpeg(*shlex.split(f"{picture()} {sound()} {SPARSE} -c:a mp2 -metadata:s:1 language=deu {path}"))
    return path


def assert_the_same(source: Path, output: Path) -> None:
    assert film(output).times == film(source).times
    (before,), (after,) = others(source), others(output)
    assert (after.hashes, after.times) == (before.hashes, before.times)
    assert after.said["tags"]["language"] == before.said["tags"]["language"]


@pytest.mark.ffmpeg
def test_between_two_ffmpegs_sound_and_uneven_times_are_exact(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.nut"
    read, write = (
        f"ffmpeg -v error -i {source} -map 0 -c copy -f nut -",
        f"ffmpeg -v error -f nut -i - -c copy {out}",
    )
    done = shell(f"{read} | {COMMAND} | {write} -map 0")
    assert done.returncode == 0, done.stderr.decode()
    assert_the_same(source, out)


@pytest.mark.ffmpeg
def test_matroska_comes_in_too(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.nut"
    done = shell(f"ffmpeg -v error -i {source} -map 0 -c copy -f matroska - | {COMMAND} --quiet > {out}")
    assert (done.returncode, done.stderr) == (0, b"")
    matroska = tmp_path / "same.mkv"
    run_ffmpeg("-i", str(source), "-map", "0", "-c", "copy", str(matroska))
    assert_the_same(matroska, out)


@pytest.mark.ffmpeg
def test_the_encoder_may_chatter_but_not_on_stdout(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.nut"
    done = shell(f"{COMMAND} --codec libx265 < {source} > {out}")
    assert done.returncode == 0
    assert b"masksmooth-filter" in done.stderr
    assert_the_same(source, out)


def test_garbage_gives_one_line_on_stderr_and_nothing_on_stdout() -> None:
    done = shell(f"head -c 5000 /dev/urandom | {COMMAND}")
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.count(b"\n") == 1
    assert done.stderr.startswith(b"masksmooth-filter: error: standard input cannot be read")


def test_an_empty_pipe_is_an_input_error() -> None:
    assert shell(f"{COMMAND} < /dev/null").returncode == 3


@pytest.mark.ffmpeg
def test_a_reader_that_leaves_is_an_output_error(source: Path) -> None:
    done = shell(f"({COMMAND} < {source}; echo $? >&2) | head -c 10 > /dev/null")
    assert done.stderr.decode().split()[-1] == "4"
    assert b"Traceback" not in done.stderr


@pytest.mark.ffmpeg
@pytest.mark.parametrize(("kind", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_a_run_that_waits_for_its_pipe(source: Path, kind: signal.Signals, status: int) -> None:
    run = subprocess.Popen(
        shlex.split(COMMAND),
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert run.stdin is not None
    run.stdin.write(source.read_bytes()[: source.stat().st_size * 3 // 4])
    run.stdin.flush()
    time.sleep(6)
    run.send_signal(kind)
    assert run.wait(timeout=20) == status
    run.stdin.close()
    assert run.stderr is not None
    run.stderr.close()
