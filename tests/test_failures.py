"""A failure loses nothing: the input is as it was, nothing unfinished stays, and one line says what was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest

import masksmooth_filter as mf
from masksmooth_filter.files import PendingFile
from tests.clips import make_clip
from tests.test_cli import COMMAND, ENVIRONMENT, run

SELFIE = ("--segmenter", "selfie", "--preset", "ultrafast")

MOMENTS = {
    "while the model loads": "prepare.wire 1",
    "before the header is written": "prepare.OutputFile.start 1",
    "while the threads start": "threading.Thread.start 3",
    "at the first packet": "pipeline.Watch.__call__ 1",
    "in the middle": "pipeline.Watch.__call__ 20",
    "while the threads end": "runner._join 1",
    "while the file is finished": "prepare.OutputFile.close 1",
    "while it gets its name": "pipeline.PendingFile.commit 1",
}
"""What is called when, in the main thread, and which call of it."""

AT_A_MOMENT = """
import os, sys, threading
from masksmooth_filter.run import pipeline, prepare, runner
path, count, *numbers = sys.argv.pop(1).split()
*owner, name = path.split('.')
place = eval('.'.join(owner))
original, calls = getattr(place, name), []

def wrapped(*arguments, **options):
    calls.append(name)
    if len(calls) == int(count):
        for number in numbers:
            os.kill(os.getpid(), int(number))
    return original(*arguments, **options)

setattr(place, name, wrapped)
from masksmooth_cli.main import main
main()
"""


def run_until(moment: str, *numbers: int, arguments: list[Any]) -> subprocess.CompletedProcess[str]:
    """Run the command; it gets the signals when it comes to a moment."""
    what = " ".join([moment, *map(str, map(int, numbers))])
    command = [sys.executable, "-c", AT_A_MOMENT, what, *map(str, arguments)]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)


@pytest.fixture
def clip(tmp_path: Path) -> Iterator[Path]:
    """A film alone in its folder, which must be as it was after each test."""
    path = make_clip(tmp_path / "in.mp4", frames=30, audio=1)
    before = path.read_bytes()
    yield path
    assert path.read_bytes() == before


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def one_error(done: subprocess.CompletedProcess[str], status: int) -> str:
    """Check a run that failed as it must; return its error."""
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("masksmooth-filter: error: ")]
    assert len(errors) == 1, done.stderr
    return errors[0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_a_signal_at_any_moment_leaves_nothing(clip: Path, moment: str, number: int) -> None:
    done = run_until(moment, number, arguments=[clip, clip.with_name("out.mp4"), *SELFIE])
    assert "no unfinished output is left" in one_error(done, 128 + number)
    assert names(clip.parent) == ["in.mp4"]


def test_a_signal_leaves_the_masks_of_a_run_that_shall_be_resumed(clip: Path) -> None:
    output = clip.with_name("out.mp4")
    done = run_until(MOMENTS["in the middle"], signal.SIGTERM, arguments=[clip, output, *SELFIE, "--resume"])
    one_error(done, 128 + signal.SIGTERM)
    scores, *others = (name for name in names(clip.parent) if name != "in.mp4")
    assert "out.mp4.scores" in scores
    assert not others
    again = run(clip, output, *SELFIE, "--resume")
    assert "are used again" in again.stderr
    assert names(clip.parent) == ["in.mp4", "out.mp4"]


def test_a_second_signal_does_not_disturb_the_cleaning_up(clip: Path) -> None:
    moment = "pipeline.PendingFile.discard 1"
    output = clip.with_name("out.mp4")
    script = AT_A_MOMENT.replace("main()\n", "sys.argv[1:1] = []\nmain()\n")
    first = "original_mux = prepare.OutputFile.mux\ndef mux(*a):\n    os.kill(os.getpid(), 2)\n"
    script = script.replace(
        "from masksmooth_cli", f"{first}prepare.OutputFile.mux = mux\nfrom masksmooth_cli"
    )
    command = [sys.executable, "-c", script, f"{moment} 2 15 1", str(clip), str(output), *SELFIE]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)
    one_error(done, 130)
    assert names(clip.parent) == ["in.mp4"]


def test_a_signal_while_verifying_keeps_the_file(clip: Path, tmp_path: Path) -> None:
    moment = "importlib.import_module('masksmooth_filter.verification.verify').measure 1"
    script = AT_A_MOMENT.replace("import os", "import importlib, os").replace(
        "*owner, name = path.split('.')\nplace = eval('.'.join(owner))",
        "from masksmooth_filter.verification import verify as place\nname = 'measure'",
    )
    what = f"{moment.split()[0]} 1 15"
    command = [sys.executable, "-c", script, what, str(clip), str(tmp_path / "out.mp4"), *SELFIE, "--verify"]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)
    one_error(done, 143)
    assert names(tmp_path) == ["in.mp4", "out.mp4"]


def test_what_a_killed_run_left_is_removed_by_the_next(clip: Path) -> None:
    output = clip.with_name("out.mp4")
    done = run_until(MOMENTS["in the middle"], signal.SIGKILL, arguments=[clip, output, *SELFIE])
    assert done.returncode == -signal.SIGKILL
    assert not output.exists()
    left, scores = sorted((n for n in names(clip.parent) if n != "in.mp4"), key=lambda n: "scores" in n)
    assert left.startswith(".out.part-")
    assert "out.mp4.scores" in scores
    again = run(clip, output, *SELFIE)
    assert again.returncode == 0
    assert f"{left}, which a run that was killed had left" in again.stderr
    assert names(clip.parent) == ["in.mp4", "out.mp4"]


@pytest.mark.parametrize("reaped", [True, False])
def test_only_leftovers_of_the_same_target_and_of_dead_processes_are_removed(
    reaped: bool, tmp_path: Path
) -> None:
    gone = subprocess.Popen(["true"])
    if reaped:
        gone.wait()
    else:  # as where nobody asks for the status of a worker whose driver was killed
        os.waitid(os.P_PID, gone.pid, os.WEXITED | os.WNOWAIT)
    pending = PendingFile(tmp_path / "out.mp4")
    dead = pending.path.with_name(pending.path.name.replace(str(os.getpid()), str(gone.pid)))
    alive = pending.path.with_name(pending.path.name.replace(str(os.getpid()), str(os.getppid())))
    other_place = tmp_path / f".out.part-00000000-{gone.pid}.mp4"
    other_target = dead.with_name(dead.name.replace(".out.", ".out2."))
    for path in (dead, alive, other_place, other_target):
        path.touch()
    pending.remove_leftovers(dead)
    assert dead.exists(), "it is the input of this run"
    pending.remove_leftovers()
    assert sorted(tmp_path.iterdir()) == sorted([alive, other_place, other_target])
    gone.wait()


def with_file_limit(size: int, *arguments: Any) -> subprocess.CompletedProcess[str]:
    """Run the command where no file can grow beyond a size, as on a full disk."""
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))"
    command = [sys.executable, "-c", f"{limit}; {COMMAND[-1]}", *map(str, arguments)]
    environment = ENVIRONMENT | {"NUMBA_CACHE_DIR": os.devnull}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
@pytest.mark.parametrize("size", [100, 1000, 5000])
def test_a_full_disk_leaves_nothing(clip: Path, size: int, suffix: str) -> None:
    done = with_file_limit(size, clip, clip.with_name(f"out{suffix}"), *SELFIE)
    error = one_error(done, 4)
    assert f"out{suffix} cannot be" in error
    assert "too large" in error
    assert names(clip.parent) == ["in.mp4"]


def test_a_disk_too_full_for_the_masks_leaves_nothing(clip: Path) -> None:
    size = len(clip.read_bytes()) // 8
    options = ("--save-masks", clip.with_name("scores.mkv"), "--mode", "matte")
    error = one_error(with_file_limit(size, clip, clip.with_name("out.mp4"), *SELFIE, *options), 4)
    assert "cannot be" in error
    assert names(clip.parent) == ["in.mp4"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_disk_that_is_really_full_leaves_nothing(clip: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", disk], capture_output=True
    ).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        error = one_error(run(clip, disk / "out.mkv", *SELFIE), 4)
        assert "out.mkv cannot be" in error
        assert "No space left" in error
        assert names(disk) == []
    finally:
        subprocess.run(["umount", disk], check=True)
    disk.rmdir()


AS_ANYBODY = """
import os, sys
from masksmooth_filter.files import PendingFile
if os.geteuid() == 0:  # who may write everywhere
    os.setuid(65534)
PendingFile(sys.argv[1])
"""


def test_a_read_only_folder_is_refused_before_any_work() -> None:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o555)
    command = [sys.executable, "-c", AS_ANYBODY, str(folder / "out.mp4")]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)
    folder.rmdir()
    assert "OutputError" in done.stderr
    assert f"{folder} may not be written to; change its permissions" in done.stderr


@pytest.mark.parametrize("name", ["x" * 251 + ".mp4", "a\nb.mp4", "-o:%d é.mkv"])
def test_strange_but_possible_names_are_written(clip: Path, name: str) -> None:
    done = subprocess.run(
        [*COMMAND, *SELFIE, "--", "in.mp4", name], cwd=clip.parent, env=ENVIRONMENT, capture_output=True,
        text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert names(clip.parent) == sorted(["in.mp4", name])


@pytest.mark.parametrize("name", ["x" * 300 + ".mp4", "no/out.mp4", "in.mp4/out.mp4"])
def test_impossible_names_are_refused(clip: Path, name: str) -> None:
    done = run("in.mp4", name, *SELFIE, cwd=clip.parent)
    one_error(done, 4)
    assert names(clip.parent) == ["in.mp4"]


def links(folder: Path) -> dict[str, list[str]]:
    """Arguments with which the input would be overwritten."""
    (folder / "soft.mp4").symlink_to("in.mp4")
    os.link(folder / "in.mp4", folder / "hard.mp4")
    (folder / "here").symlink_to(".")
    (folder / "study" / "videos").mkdir(parents=True)
    os.link(folder / "in.mp4", folder / "study" / "videos" / "after.mp4")
    return {
        "itself": ["in.mp4", "in.mp4"],
        "by another path": ["in.mp4", "study/../in.mp4"],
        "by a symbolic link": ["in.mp4", "soft.mp4"],
        "from a symbolic link": ["soft.mp4", "in.mp4"],
        "by a hard link": ["in.mp4", "hard.mp4"],
        "through a folder's link": ["in.mp4", "here/in.mp4"],
        "as the masks": ["in.mp4", "out.mp4", "--save-masks", "hard.mp4"],
        "as a video of the study": ["study/videos/after.mp4", "out.mp4", "--work-dir", "study"],
        "masks as the video": ["in.mp4", "out.mp4", "--save-masks", "here/out.mp4"],
    }


CASES = [
    "itself", "by another path", "by a symbolic link", "from a symbolic link", "by a hard link",
    "through a folder's link", "as the masks", "as a video of the study", "masks as the video",
]  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_input_is_never_written_to(clip: Path, case: str) -> None:
    arguments = links(clip.parent)[case]
    before = sorted(clip.parent.rglob("*"))
    error = one_error(run(*arguments, "--overwrite", *SELFIE, cwd=clip.parent), 4)
    assert "give" in error
    assert sorted(clip.parent.rglob("*")) == before


def damage(source: Path, target: Path, which: set[int]) -> None:
    """Copy a film with the content of some of its packets replaced by zeros."""
    with av.open(source) as film, av.open(target, "w") as out:
        tracks = {s.index: out.add_stream_from_template(s, opaque=True) for s in film.streams}
        number = 0
        for packet in film.demux():
            if packet.stream.type == "video" and packet.size:
                number += 1
                if number in which:
                    packet.update(bytes(packet.size))
            if packet.size:
                packet.stream = tracks[packet.stream_index]
                out.mux(packet)


def test_damaged_packets_in_the_middle_are_skipped_counted_and_told_once(tmp_path: Path) -> None:
    whole = make_clip(
        tmp_path / "whole.mkv", frames=30, codec="mpeg4", audio=1, options={"bf": "0", "g": "1"}
    )
    damage(whole, tmp_path / "in.mkv", {10, 11, 20})
    done = run(tmp_path / "in.mkv", tmp_path / "out.mkv", "--quiet", "--segmenter", "selfie")
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "masksmooth-filter: warning: 3 damaged video packets could not be decoded and were skipped"
    ]
    with av.open(tmp_path / "out.mkv") as out:
        assert sum(1 for _ in out.decode(video=0)) == 27


def test_a_truncated_file_is_done_as_far_as_it_goes(clip: Path, tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mkv", frames=50, audio=1)
    (tmp_path / "in.mkv").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    done = run(tmp_path / "in.mkv", tmp_path / "out.mkv", "--quiet", *SELFIE)
    assert done.returncode == 0
    assert len(done.stderr.splitlines()) == 1
    assert "input ends early" in done.stderr


REFUSALS = {
    "a preset there is not": ["--preset", "nonsense"],
    "a device there is not": ["--codec", "h264_v4l2m2m"],
    "a codec the container cannot hold": ["--codec", "libvpx"],
}


@pytest.mark.parametrize("options", REFUSALS.values(), ids=REFUSALS)
def test_an_encoder_that_refuses_leaves_nothing(clip: Path, options: list[str]) -> None:
    one_error(run(clip, clip.with_name("out.mp4"), "--segmenter", "selfie", *options), 2)
    assert names(clip.parent) == ["in.mp4"]


def test_an_encoder_that_fails_in_the_middle_leaves_nothing(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from masksmooth_filter.media.encode import Encoder

    push, calls = Encoder.push, []

    def fail(self: Any, frame: Any) -> Any:
        calls.append(frame)
        if len(calls) == 15:
            raise mf.OutputError("libx264 failed: Generic error in an external library")
        return push(self, frame)

    monkeypatch.setattr(Encoder, "push", fail)
    with pytest.raises(mf.FilterError, match=r"encode at .* libx264 failed") as caught:
        mf.convert(clip, clip.with_name("out.mp4"), segmenter="selfie")
    assert caught.value.exit_code == 4
    assert names(clip.parent) == ["in.mp4"]


def test_a_report_that_cannot_be_written_says_that_the_video_is(clip: Path, monkeypatch: Any) -> None:
    pytest.importorskip("matplotlib")

    def full(*_: Any, **__: Any) -> None:
        raise mf.OutputError("cannot write report.json: No space left on device")

    monkeypatch.setattr("masksmooth_filter.run.reporting.write", full)
    folder = clip.parent / "report"
    with pytest.raises(mf.OutputError, match=r"out\.mp4 is written, but not all that goes with it: cannot"):
        mf.convert(clip, clip.with_name("out.mp4"), segmenter="selfie", report=folder)
    assert names(clip.parent) == ["in.mp4", "out.mp4", "report"]


def test_exit_statuses_are_in_the_help_and_in_the_readme() -> None:
    shown = " ".join(run("--help").stdout.split())
    kinds: list[Any] = [mf.OptionError, mf.InputError, mf.OutputError, mf.ModelError, mf.DeviceError]
    for kind in [*kinds, mf.FilterError, mf.VerificationError]:
        assert f"{kind.exit_code} " in shown.split("Exit status: ")[1]
    assert "129, 130, 143 ended by SIGHUP, Ctrl-C, SIGTERM" in shown
