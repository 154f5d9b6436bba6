"""The whole run, on clips made by recipe, with the embedded network; ffprobe and FFmpeg judge."""

from __future__ import annotations

import json
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import masksmooth_filter as mf
from tests.clips import frame_times, make_clip, packet_hashes, person_mask, stream_entries

UNEVEN = [0, 33, 71, 100, 133, 180, 200, 267, 300, 333, 401, 433]


def decoded(path: Path) -> list[np.ndarray]:
    with av.open(path) as container:
        return [frame.to_ndarray() for frame in container.decode(video=0)]


def mask_folder(path: Path, count: int, size: tuple[int, int]) -> Path:
    path.mkdir()
    for i in range(count):
        frame = av.VideoFrame.from_ndarray(person_mask(i, *size), format="gray")
        with av.open(path / f"{i:04d}.png", "w", format="image2", options={"update": "1"}) as out:
            stream = out.add_stream("png", rate=1)
            stream.width, stream.height, stream.pix_fmt = *size, "gray"
            out.mux(stream.encode(frame) + stream.encode(None))
    return path


def nothing_beside(folder: Path, *known: str) -> bool:
    return {p.name for p in folder.iterdir()} == set(known)


@pytest.mark.ffmpeg
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
@pytest.mark.parametrize("method", ["gaussian", "median", "ema", "none"])
def test_sound_and_uneven_frame_times_come_out_as_they_went_in(
    tmp_path: Path, suffix: str, method: str
) -> None:
    clip = make_clip(tmp_path / "in.mkv", frames=12, pts=UNEVEN, time_base=Fraction(1, 1000), audio=2)
    out = tmp_path / f"out{suffix}"
    report = mf.convert(clip, out, method=method, segmenter="selfie")
    assert frame_times(out) == frame_times(clip)
    assert [packet_hashes(out, stream=f"a:{i}") for i in (0, 1)] == [
        packet_hashes(clip, stream=f"a:{i}") for i in (0, 1)
    ]
    assert (report.frames, report.warnings) == (12, ())


def test_the_report_says_what_was_done(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mp4", frames=10)
    report = mf.convert(clip, tmp_path / "out.mp4", radius=2)
    assert report.frames == 10
    assert report.seconds == pytest.approx(0.4)
    assert report.settings["segmenter"] == "selfie" or report.settings["segmenter"].startswith("deeplab")
    names = [stage.name for stage in report.stages]
    assert names == ["decode", "segment", "save masks", "smooth", "full size", "draw", "encode"]
    for stage in report.stages:
        assert 0 <= stage.queue_fill <= 1
        assert 0 <= stage.busy_s + stage.starved_s + stage.blocked_s <= 1.05 * report.wall_s
    line = next(line for line in report.summary().splitlines() if line.startswith("slowest part"))
    assert max(report.stages, key=lambda stage: stage.busy_s).name in line
    assert len(report.stage_lines()) == len(names)
    assert report.figures is None


def test_progress_counts_every_frame(tmp_path: Path) -> None:
    seen: list[Any] = []
    mf.convert(make_clip(tmp_path / "in.mp4", frames=10), tmp_path / "out.mp4", on_progress=seen.append)
    assert [p.done for p in seen] == list(range(1, 11))
    assert {p.total for p in seen} == {10}


def test_where_the_masks_are_empty_a_lossless_output_is_the_input(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mp4", frames=8, size=(64, 48))
    masks = tmp_path / "masks"
    mask_folder(masks, 8, (64, 48))
    out = tmp_path / "out.mkv"
    mf.convert(clip, out, masks_from=str(masks), method="none", codec="ffv1")
    for i, (before, after) in enumerate(zip(decoded(clip), decoded(out), strict=True)):
        outside = person_mask(i, 64, 48) == 0
        np.testing.assert_array_equal(after[:48][outside], before[:48][outside])
        assert not np.array_equal(after, before)


def test_masks_from_a_folder_are_smoothed_as_the_array_function_smooths_them(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mp4", frames=9, size=(64, 48))
    folder = mask_folder(tmp_path / "masks", 9, (64, 48))
    out = tmp_path / "matte.mkv"
    mf.convert(clip, out, masks_from=str(folder), method="gaussian", radius=2, mode="matte", codec="ffv1",
               feather=0)  # fmt: skip
    masks = np.stack([person_mask(i, 64, 48) for i in range(9)])
    expected = np.where(mf.smooth(None, masks, method="gaussian", radius=2) >= 128, 255, 0)
    np.testing.assert_array_equal(np.stack(decoded(out)), expected)


@pytest.mark.parametrize("method", ["gaussian", "median"])
def test_saved_scores_give_the_bit_identical_result_without_the_network(tmp_path: Path, method: str) -> None:
    clip = make_clip(tmp_path / "in.mkv", frames=12, pts=UNEVEN, time_base=Fraction(1, 1000))
    scores = tmp_path / "scores.mkv"
    settings: dict[str, Any] = {"method": method, "radius": 2, "mode": "matte", "codec": "ffv1"}
    mf.convert(clip, tmp_path / "a.mkv", segmenter="selfie", save_masks=scores, **settings)
    mf.convert(clip, tmp_path / "b.mkv", masks_from=str(scores), **settings)
    for a, b in zip(decoded(tmp_path / "a.mkv"), decoded(tmp_path / "b.mkv"), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.ffmpeg
def test_a_matte_is_black_and_white_and_says_that_it_is_full_range(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mp4", frames=6, size=(64, 48))
    folder = mask_folder(tmp_path / "masks", 6, (64, 48))
    out = tmp_path / "matte.mp4"
    mf.convert(clip, out, masks_from=str(folder), method="none", mode="matte", crf=0, feather=0)
    entries = stream_entries(out)
    assert (entries["color_range"], entries["width"], entries["height"]) == ("pc", 64, 48)
    for i, matte in enumerate(decoded(out)):
        np.testing.assert_array_equal(matte[:48], person_mask(i, 64, 48))


def test_report_and_work_dir_hold_what_the_study_held(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mp4", frames=12, size=(64, 48))
    folder = mask_folder(tmp_path / "masks", 12, (64, 48))
    work, report = tmp_path / "work", tmp_path / "report"
    mf.convert(
        clip, tmp_path / "out.mp4", masks_from=str(folder), radius=1, work_dir=str(work), report=str(report)
    )
    assert {p.name for p in work.iterdir()} == {
        "frames_extracted",
        "masks_raw",
        "masks_smoothed",
        "analysis",
        "videos",
    }
    for name in ("frames_extracted", "masks_raw", "masks_smoothed"):
        assert len(list((work / name).iterdir())) == 12
    analysis = {p.name for p in (work / "analysis").iterdir()}
    assert {"stability_before.png", "comparison_before_after.png"} <= analysis
    assert any(name.startswith("table_") for name in analysis)
    assert {p.name for p in (work / "videos").iterdir()} == {"before.mp4", "after.mp4"}
    assert len(decoded(work / "videos" / "before.mp4")) == 12
    assert (work / "videos" / "after.mp4").read_bytes() == (tmp_path / "out.mp4").read_bytes()
    figures = json.loads((report / "report.json").read_text())
    assert figures["figures"]["series"][0]["mean_iou"] < 1
    assert {"frames.csv", "stability_before.png", "comparison_before_after.png"} <= {
        p.name for p in report.iterdir()
    }


def test_an_existing_output_is_kept_unless_it_may_be_overwritten(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mp4", frames=4)
    out = tmp_path / "out.mp4"
    out.write_text("precious")
    with pytest.raises(mf.OutputError, match="exists already; give another name or --overwrite"):
        mf.convert(clip, out)
    assert out.read_text() == "precious"
    mf.convert(clip, out, overwrite=True)
    assert len(decoded(out)) == 4


@pytest.mark.parametrize("link", [os.symlink, os.link, lambda a, b: None])
def test_the_input_is_never_the_output_also_through_links(tmp_path: Path, link: Any) -> None:
    clip = make_clip(tmp_path / "in.mp4", frames=4)
    before = clip.read_bytes()
    out = tmp_path / "out.mp4"
    link(clip, out)
    with pytest.raises(mf.OutputError, match="is the input itself"):
        mf.convert(clip, out if out.exists() else tmp_path / "." / "in.mp4", overwrite=True)
    assert clip.read_bytes() == before


def test_a_failing_filter_leaves_nothing_under_the_outputs_name(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mp4", frames=12, size=(64, 48))
    mask_folder(tmp_path / "masks", 5, (64, 48))
    with pytest.raises(mf.FilterError, match=r"masks at 0.200 s: .*holds 5, one a frame is needed") as caught:
        mf.convert(
            clip, tmp_path / "out.mp4", masks_from=str(tmp_path / "masks"), save_masks=tmp_path / "s.mkv"
        )
    assert caught.value.exit_code == mf.InputError.exit_code
    assert nothing_beside(tmp_path, "in.mp4", "masks")


def test_an_interrupt_leaves_nothing_under_the_outputs_name(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mp4", frames=40)

    def interrupt(progress: Any) -> None:
        if progress.done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mf.convert(clip, tmp_path / "out.mp4", on_progress=interrupt)
    left = [path.name for path in tmp_path.iterdir() if "scores" not in path.name]
    assert left == ["in.mp4"]


def test_a_truncated_file_is_done_as_far_as_it_goes_and_the_loss_is_said(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mkv", frames=50)
    data = clip.read_bytes()
    clip.write_bytes(data[: len(data) * 2 // 3])
    report = mf.convert(clip, tmp_path / "out.mp4")
    assert 5 < report.frames < 50
    assert any(f"{report.frames}" in line and "input ends early" in line for line in report.warnings)
    assert len(decoded(tmp_path / "out.mp4")) == report.frames


@pytest.mark.parametrize("frames", [1, 2])
def test_clips_shorter_than_the_window_come_out_whole(tmp_path: Path, frames: int) -> None:
    clip = make_clip(tmp_path / "in.mp4", frames=frames)
    assert mf.convert(clip, tmp_path / "out.mp4", radius=15).frames == frames


def test_options_that_exclude_each_other_are_refused(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mp4", frames=2)
    with pytest.raises(mf.OptionError, match="--segmenter has no effect with --masks-from"):
        mf.convert(clip, tmp_path / "out.mp4", masks_from="x", segmenter="selfie")
