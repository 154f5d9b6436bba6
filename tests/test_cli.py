"""The command as a person runs it: a process, its exit status, its stderr, its files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.clips import make_clip
from tests.conftest import ROOT

COMMAND = [sys.executable, "-c", "from masksmooth_cli.main import main; main()"]
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "kernels", ROOT / "cli")))}


def run(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "in.mp4", frames=12, audio=1)


def test_two_names_are_enough(clip: Path, tmp_path: Path) -> None:
    done = run(clip, tmp_path / "out.mp4", "--segmenter", "selfie")
    assert (done.returncode, done.stdout) == (0, "")
    assert "out.mp4: 12 frames" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["out.mp4"]


def test_auto_says_which_segmenter_it_took_why_and_how_to_choose(clip: Path, tmp_path: Path) -> None:
    done = run(clip, tmp_path / "out.mp4")
    assert done.returncode == 0
    assert "segmenter selfie (people only): " in done.stderr or "segmenter deeplabv3_resnet50" in done.stderr
    assert "--segmenter" in done.stderr


def test_quiet_says_nothing(clip: Path, tmp_path: Path) -> None:
    done = run(clip, tmp_path / "out.mp4", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_quiet_keeps_warnings(clip: Path, tmp_path: Path) -> None:
    broken = make_clip(tmp_path / "in.mkv", frames=50)
    broken.write_bytes(broken.read_bytes()[: broken.stat().st_size * 2 // 3])
    done = run(broken, tmp_path / "out.mp4", "--quiet")
    assert done.returncode == 0
    assert "masksmooth-filter: warning: input ends early" in done.stderr


def test_version_and_help() -> None:
    assert run("--version").stdout.startswith("masksmooth-filter, version ")
    shown = run("--help").stdout
    for heading in (
        "Masks:",
        "Network:",
        "Smoothing:",
        "Drawing:",
        "Encoding:",
        "Keeping results:",
        "Running:",
    ):
        assert heading in shown
    assert "Exit status: 0 done; 1 --doctor" in shown


def bad_inputs(folder: Path) -> dict[str, Path]:
    (folder / "empty.mp4").touch()
    (folder / "text.mp4").write_text("this is no video\n" * 50)
    (folder / "noise.mp4").write_bytes(os.urandom(20000))
    (folder / "folder.mp4").mkdir()
    return {name: folder / f"{name}.mp4" for name in ("missing", "empty", "text", "noise", "folder")}


@pytest.mark.parametrize("kind", ["missing", "empty", "text", "noise", "folder"])
def test_a_bad_input_gets_one_line_a_status_and_leaves_nothing(kind: str, tmp_path: Path) -> None:
    source = bad_inputs(tmp_path)[kind]
    done = run(source, tmp_path / "out.mkv")
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("masksmooth-filter: error: ")
    assert source.name in done.stderr
    assert "Traceback" not in done.stderr
    assert not [p for p in tmp_path.iterdir() if "out" in p.name]


WRONG = {
    "unknown codec": (["--codec", "h266"], 2, "h266"),
    "unknown class": (["--segmenter", "deeplabv3_resnet50", "--classes", "unicorn"], 2, "unicorn"),
    "unknown segmenter": (["--segmenter", "magic"], 2, "choose from auto, selfie, deeplabv3_resnet50"),
    "radius below 0": (["--radius", "-1"], 2, "radius is -1; give 0"),
    "threshold above 1": (["--threshold", "1.5"], 2, "threshold is 1.5; give a number from 0 to 1"),
    "unknown method": (["--method", "magic"], 2, "motion, gaussian, median, ema, none"),
    "unknown colour": (["--color", "grue"], 2, "green, red"),
    "no such option": (["--magic"], 2, "No such option"),
    "a useless option": (
        ["--segmenter", "selfie", "--weights", "x.pth"],
        2,
        "--weights is of no use with selfie",
    ),
    "no such masks": (["--masks-from", "nowhere"], 3, "nowhere"),
    "cuda that is not there": (["--segmenter", "deeplabv3_resnet50", "--device", "cuda:9"], 6, "cuda:9"),
    "no such model": (["--segmenter", "tflite:nowhere.tflite"], 5, "nowhere.tflite"),
}


@pytest.mark.parametrize(("options", "status", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_option_says_what_there_is(
    clip: Path, tmp_path: Path, options: list[str], status: int, message: str
) -> None:
    if "deeplabv3_resnet50" in options:
        pytest.importorskip("torchvision")
    done = run(clip, tmp_path / "out.mp4", *options)
    assert (done.returncode, "Traceback" in done.stderr) == (status, False)
    assert message in done.stderr
    assert not list(tmp_path.iterdir())


def test_an_unknown_container_lists_those_there_are(clip: Path, tmp_path: Path) -> None:
    done = run(clip, tmp_path / "out.xyz")
    assert done.returncode == 2
    assert ".mp4" in done.stderr
    assert ".mkv" in done.stderr


def test_masks_of_another_shape_are_refused_with_both_sizes(clip: Path, tmp_path: Path) -> None:
    masks = make_clip(tmp_path / "masks.mkv", frames=12, size=(64, 64), pix_fmt="gray", codec="ffv1")
    done = run(clip, tmp_path / "out.mp4", "--masks-from", masks)
    assert done.returncode == 3
    assert "64x64" in done.stderr
    assert "96x64" in done.stderr


def test_an_existing_output_is_refused_and_kept(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    out.write_text("precious")
    done = run(clip, out)
    assert done.returncode == 4
    assert "--overwrite" in done.stderr
    assert out.read_text() == "precious"


def test_a_missing_output_folder_is_an_error_of_the_output(clip: Path, tmp_path: Path) -> None:
    done = run(clip, tmp_path / "no" / "out.mp4")
    assert done.returncode == 4
    assert "is not a folder" in done.stderr


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_the_run_and_removes_what_was_begun(number: int, status: int, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "long.mp4", frames=200, size=(640, 480))
    process = subprocess.Popen(
        [*COMMAND, str(source), str(tmp_path / "out.mp4"), "--preset", "veryslow"],
        env=ENVIRONMENT, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while process.poll() is None and not list(tmp_path.glob(".out*")):
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == status
    assert "no unfinished output is left" in stderr
    assert "Traceback" not in stderr
    assert [p.name for p in tmp_path.iterdir()] == ["long.mp4"]
