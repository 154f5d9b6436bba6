"""Nothing is segmented twice: masks are on disk as they are made, and a killed run goes on from them."""

from __future__ import annotations

import logging
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import masksmooth_filter as mf
from masksmooth_filter.errors import InputError, OutputError
from masksmooth_filter.segment.masks_known import KnownMasks
from masksmooth_filter.segment.masks_source import VideoSource
from masksmooth_filter.segment.segmenter import Segmenter
from tests.clips import make_clip, packet_hashes
from tests.test_cli import ENVIRONMENT

FRAMES = 30
OPTIONS: dict[str, Any] = {"segmenter": "selfie", "method": "gaussian", "preset": "ultrafast"}

KILLED_AT_A_MASK = """
import os, sys
from masksmooth_filter.segment import masks_save
at, original, calls = int(sys.argv.pop(1)), masks_save.SaveMasks.push, []

def push(self, item):
    calls.append(item)
    if len(calls) == at:
        os.kill(os.getpid(), 9)
    return original(self, item)

masks_save.SaveMasks.push = push
from masksmooth_cli.main import main
main()
"""


def killed(clip: Path, out: Path, *arguments: str, at: int, options: dict[str, Any] = OPTIONS) -> None:
    command = [sys.executable, "-c", KILLED_AT_A_MASK, str(at), str(clip), str(out)]
    command += [word for name, value in options.items() for word in (f"--{name}", value)]
    done = subprocess.run([*command, *arguments], env=ENVIRONMENT, capture_output=True, text=True, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "in.mp4", frames=FRAMES, audio=1)


@pytest.fixture
def segmented(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Filled with an entry for every frame that the network is given."""
    seen: list[int] = []
    plain = Segmenter.push

    def push(self: Segmenter, item: Any, /) -> Any:
        seen.append(item.pts)
        return plain(self, item)

    monkeypatch.setattr(Segmenter, "push", push)
    return seen


def streams(path: Path) -> list[list[str]]:
    return [packet_hashes(path, stream=stream) for stream in ("v:0", "a:0")]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.ffmpeg
@pytest.mark.parametrize("at", random.Random(6).sample(range(2, FRAMES + 1), 3))
def test_a_killed_run_resumed_is_bit_identical_to_one_that_was_not(
    clip: Path, segmented: list[int], at: int
) -> None:
    whole, torn = clip.with_name("whole.mp4"), clip.with_name("torn.mp4")
    mf.convert(clip, whole, **OPTIONS)
    killed(clip, torn, at=at)
    del segmented[:]
    mf.convert(clip, torn, resume=True, **OPTIONS)
    assert streams(torn) == streams(whole)
    assert len(segmented) <= FRAMES - (at - 2)  # all are used but one that the muxer held
    assert names(clip.parent) == {"in.mp4", "whole.mp4", "torn.mp4"}


@pytest.mark.ffmpeg
def test_a_run_with_the_default_options_resumes_to_the_same_bits(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mp4", frames=FRAMES, audio=1, size=(208, 128))  # 13 blocks a row
    whole, torn = clip.with_name("whole.mp4"), clip.with_name("torn.mp4")
    mf.convert(clip, whole, segmenter="selfie")
    killed(clip, torn, at=17, options={"segmenter": "selfie"})
    mf.convert(clip, torn, resume=True, segmenter="selfie")
    assert streams(torn) == streams(whole)


@pytest.mark.ffmpeg
def test_a_run_of_keyframes_resumes_to_the_same_bits_too(clip: Path, segmented: list[int]) -> None:
    whole, torn = clip.with_name("whole.mp4"), clip.with_name("torn.mp4")
    mf.convert(clip, whole, every=4, **OPTIONS)
    keys = len(segmented)
    assert keys < FRAMES / 3
    killed(clip, torn, "--every", "4", at=17)
    del segmented[:]
    mf.convert(clip, torn, resume=True, every=4, **OPTIONS)
    assert streams(torn) == streams(whole)
    assert 0 < len(segmented) < keys


def test_masks_of_keyframes_are_a_source_of_masks(clip: Path, segmented: list[int]) -> None:
    first, second, scores = (clip.with_name(name) for name in ("1.mp4", "2.mp4", "scores.mkv"))
    mf.convert(clip, first, every="auto", save_masks=scores, **OPTIONS)
    kept = len(list(VideoSource(scores).read()))
    assert kept == len(segmented) < FRAMES
    again = {"method": "gaussian", "preset": "ultrafast"}
    mf.convert(clip, second, masks_from=str(scores), **again)
    assert len(segmented) == kept
    assert first.read_bytes() == second.read_bytes()


def test_resuming_where_nothing_was_left_is_an_ordinary_run(
    clip: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        report = mf.convert(clip, clip.with_name("out.mp4"), resume=True, **OPTIONS)
    assert report.frames == FRAMES
    assert "there is nothing to resume from" in caplog.text


def test_the_reports_folder_spares_the_network_the_second_time(clip: Path, segmented: list[int]) -> None:
    folder = clip.with_name("report")
    mf.convert(clip, clip.with_name("a.mp4"), report=folder, **OPTIONS)
    assert len(segmented) == FRAMES
    other = {**OPTIONS, "method": "median", "mode": "matte"}
    mf.convert(clip, clip.with_name("b.mp4"), report=folder, overwrite=True, **other)
    assert len(segmented) == FRAMES
    assert (folder / "scores.mkv").exists()


@pytest.mark.parametrize(
    ("change", "named"),
    [({"every": 2}, "every"), ({"classes": "person"}, "classes"), ({}, "input")],
    ids=["options", "classes", "input"],
)
def test_masks_made_of_something_else_are_not_used_and_it_is_said(
    clip: Path, segmented: list[int], caplog: pytest.LogCaptureFixture, change: Any, named: str
) -> None:
    folder = clip.with_name("report")
    mf.convert(clip, clip.with_name("a.mp4"), report=folder, **OPTIONS)
    if not change:
        make_clip(clip, frames=FRAMES, rate=30)
    del segmented[:]
    mf.convert(clip, clip.with_name("b.mp4"), report=folder, overwrite=True, **OPTIONS, **change)
    assert segmented
    assert f"are not used: another {named}" in caplog.text


def test_masks_of_another_state_of_the_input_are_refused_unless_insisted_on(clip: Path) -> None:
    scores = clip.with_name("scores.mkv")
    mf.convert(clip, clip.with_name("a.mp4"), save_masks=scores, **OPTIONS)
    make_clip(clip, frames=FRAMES, audio=1, options={"crf": "30"})
    again = {"method": "median", "preset": "ultrafast"}
    with pytest.raises(InputError, match=r"masks of another video .* write gray:"):
        mf.convert(clip, clip.with_name("b.mp4"), masks_from=str(scores), **again)
    mf.convert(clip, clip.with_name("b.mp4"), masks_from=f"gray:{scores}", **again)


def test_resuming_does_not_replace_masks_that_are_not_its_own(clip: Path) -> None:
    scores = clip.with_name("scores.mkv")
    scores.write_bytes(b"something of the user's")
    with pytest.raises(OutputError, match="exists already"):
        mf.convert(clip, clip.with_name("a.mp4"), save_masks=scores, resume=True, **OPTIONS)
    assert scores.read_bytes() == b"something of the user's"


@pytest.mark.parametrize("lost", [1, 100, 3000])
def test_a_torn_file_is_read_up_to_its_last_whole_mask(clip: Path, lost: int) -> None:
    scores = clip.with_name("scores.mkv")
    mf.convert(clip, clip.with_name("a.mp4"), save_masks=scores, **OPTIONS)
    whole = [mask.pictures[0].confidence() for mask in VideoSource(scores).read()]
    scores.write_bytes(scores.read_bytes()[:-lost])
    known = KnownMasks(scores)
    with av.open(clip) as container:
        found = [known.mask_of(frame) for frame in container.decode(video=0)]
    masks = [mask for mask in found if mask is not None]
    assert 5 < len(masks) <= FRAMES
    assert found[len(masks) :] == [None] * (FRAMES - len(masks))
    assert np.array_equal(masks, whole[: len(masks)])
