"""Fixtures every test may use. Clips by recipe are in tests/clips.py."""

import os
import shutil
import signal
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def material() -> Path:
    """The private test material; tests that use it are skipped, loudly, where it is absent."""
    path = Path(os.environ.get("MASKSMOOTH_MATERIAL") or ROOT.parent / "shared" / "material")
    if not path.is_dir():
        pytest.skip(f"no private test material at {path} (set MASKSMOOTH_MATERIAL)")
    return path


def pytest_configure() -> None:
    """Take signals as a terminal's foreground gives them: a background job starts with SIGINT ignored and
    nohup with SIGHUP, which every process under test would inherit."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests marked ffmpeg where its programs are missing; in CI that is a failure instead."""
    if shutil.which("ffprobe") and shutil.which("ffmpeg"):
        return
    if os.environ.get("CI"):
        raise pytest.UsageError("ffmpeg and ffprobe are missing: CI must install them")
    for item in items:
        if item.get_closest_marker("ffmpeg"):
            item.add_marker(pytest.mark.skip(reason="ffmpeg and ffprobe are not installed"))
