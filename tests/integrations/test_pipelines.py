"""The pipelines in the documents, run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.clips import frame_times, make_clip, stream_entries
from tests.conftest import ROOT
from tests.integrations.gst_harness import gstreamer

FRAMES = 15
TIMEOUT_S = 120
BLOCKS = [
    (path.name, block)
    for path in (ROOT / "README.md", ROOT / "docs" / "integrations.md")
    for block in re.findall(r"```sh\n(.*?)```", path.read_text(), re.S)
    if "gst-" in block or block.startswith("ffmpeg")
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the documents' films are, and the command."""
    for name in ("in.mp4", "in.mkv"):
        make_clip(tmp_path / name, frames=FRAMES, audio=1)
    make_clip(tmp_path / "masks.mkv", frames=FRAMES, pix_fmt="gray", codec="ffv1")
    command = tmp_path / "bin" / "masksmooth-filter"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m masksmooth_cli.main "$@"\n')
    command.chmod(0o755)
    return tmp_path


def shell(block: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a block in bash, with a registry of its own and a limit on time."""
    roots = [*map(str, (ROOT, ROOT / "kernels", ROOT / "cli")), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {
        "PATH": os.pathsep.join([str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join(filter(None, roots)),
        "GST_REGISTRY": str(folder / "registry.bin"),
        "GST_PLUGIN_PATH": str(ROOT / "masksmooth_filter" / "integrations" / "gst" / "plugin"),
    }
    call = ["bash", "-e", "-o", "pipefail", "-c", block]
    return subprocess.run(
        call, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S
    )


@pytest.mark.ffmpeg
@pytest.mark.parametrize(
    ("document", "block"), BLOCKS, ids=[f"{name}-{i}" for i, (name, _) in enumerate(BLOCKS)]
)
def test_a_documents_pipeline_runs_and_keeps_every_frame(document: str, block: str, folder: Path) -> None:
    if "gst-" in block:
        gstreamer()
    before = {path.name for path in folder.iterdir()}
    done = shell(block, folder)
    assert done.returncode == 0, done.stderr
    if "gst-inspect" in block:
        assert_described(done.stdout)
    for name in {path.name for path in folder.iterdir()} - before - {"registry.bin"}:
        out = folder / name
        # Muxers choose a time base of their own, and some move the film to begin at 0 with its sound.
        assert np.abs(since_first(out) - since_first(folder / "in.mp4")).max() < 1e-3
        beside_sound = "mux name=m" in block or "copy" in block
        assert (len(streams(out)) == 2) == beside_sound
        if name == "matte.mkv":
            assert stream_entries(out)["pix_fmt"] == "gray"


def since_first(path: Path) -> np.ndarray:
    """When each frame is shown, in seconds after the first one; FRAMES of them."""
    times = np.array([float(time) for time in frame_times(path)])
    assert len(times) == FRAMES
    return times - times[0]


def streams(path: Path) -> list[str]:
    call = ["ffprobe", "-v", "error", "-show_entries", "stream=codec_type", "-of", "csv=p=0", str(path)]
    return subprocess.run(call, check=True, capture_output=True, text=True).stdout.split()


def assert_described(text: str) -> None:
    """What a user of gst-inspect is told."""
    assert re.search(r"Klass +Filter/Effect/Video", text)
    assert re.search(
        r"radius +: Frames on each side.*\n.*NULL or READY.*\n.*Range: -1 - 15 Default: -1", text
    )
    assert re.search(r"alpha +: Strength.*\n.*PLAYING.*\n.*Range: +0 - +1 Default: +0.5", text)
    assert re.search(r'method +: .*motion, gaussian, median, ema, none.*\n.*\n.*Default: "motion"', text)
    assert re.search(r"qos +:.*\n.*\n.*Default: (true|false)", text)


@pytest.mark.ffmpeg
def test_gst_launch_tells_a_wrong_property_and_fails(folder: Path) -> None:
    gstreamer()
    done = shell(
        "timeout 60 gst-launch-1.0 videotestsrc num-buffers=2 ! masksmooth method=magic ! fakesink", folder
    )
    assert done.returncode != 0
    assert "no method 'magic'; supported values are motion" in done.stderr
