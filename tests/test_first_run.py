"""What a run by motion calls is compiled before it by a process of its own, once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from masksmooth_cli import first_run
from masksmooth_kernels.crf import _mean_field
from tests.clips import make_clip
from tests.test_cli import ENVIRONMENT


def kept(folder: Path) -> set[str]:
    """Names of the machine code in numba's folder."""
    return {path.name for path in folder.rglob("*.nbc")}


def test_a_run_finds_all_it_calls_compiled(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mp4", size=(512, 320), frames=12)
    environment = {**ENVIRONMENT, "NUMBA_CACHE_DIR": str(tmp_path / "kept")}

    def python(*words: str) -> str:
        command = [sys.executable, *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stderr

    python("-c", "from masksmooth_cli.first_run import compile_apart; compile_apart('motion')")
    compiled = kept(tmp_path / "kept")
    assert len(compiled) > 10
    said = python("-m", "masksmooth_filter", str(clip), str(tmp_path / "out.mp4"), "--segmenter", "selfie")
    assert "compiling" not in said
    assert kept(tmp_path / "kept") == compiled


@pytest.mark.parametrize(("method", "missing"), [("motion", True), ("motion", False), ("gaussian", True)])
def test_only_motions_loops_are_compiled_apart_and_only_if_they_are_missing(
    monkeypatch: pytest.MonkeyPatch, method: str, missing: bool
) -> None:
    begun: list[object] = []
    monkeypatch.setattr(first_run, "_missing", lambda: missing)
    done = subprocess.CompletedProcess([], 0)
    monkeypatch.setattr(subprocess, "run", lambda *words, **_: begun.append(words) or done)
    first_run.compile_apart(method)
    assert bool(begun) == (method == "motion" and missing)


def test_a_run_says_that_it_compiles_the_loops_itself_where_another_process_could_not(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(first_run, "_missing", lambda: True)
    monkeypatch.setattr(first_run, "__name__", "no_such_module")
    first_run.compile_apart("motion")
    (warning,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "No module named 'no_such_module'" in warning
    assert "this run compiles them itself" in warning


def test_code_older_than_its_source_counts_as_missing(tmp_path: Path) -> None:
    index = tmp_path / f"crf._mean_field-1.py{sys.version_info[0]}{sys.version_info[1]}.nbi"
    index.touch()
    assert _mean_field._is_in(tmp_path)
    os.utime(index, (0, 0))
    assert not _mean_field._is_in(tmp_path)
