"""The working folder: every figure can be recomputed from the files in it."""

import subprocess
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from masksmooth_filter.errors import OptionError, OutputError
from masksmooth_filter.frames import MaskedFrame
from masksmooth_filter.report.workdir import OURS, WorkDir

WIDTH, HEIGHT = 64, 48


def disc(index: int, *, planes: int = 1) -> np.ndarray:
    """Confidence of a disc that walks to the right and jumps now and then, at half the frame's size."""
    jump = 6 if index % 5 == 3 else 0
    y, x = np.mgrid[: HEIGHT // 2, : WIDTH // 2]
    masks = [
        np.clip(160 - 30 * (np.hypot(x - 6 - index - 4 * plane, y - 12 - jump) - 6), 0, 255)
        for plane in range(planes)
    ]
    return np.stack(masks).astype(np.uint8) if planes > 1 else masks[0].astype(np.uint8)


def clip(frames: int, *, planes: int = 1) -> list[MaskedFrame]:
    rng = np.random.default_rng(4)
    items = []
    for i in range(frames):
        frame = av.VideoFrame.from_ndarray(rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8), format="rgb24")
        frame.pts, frame.time_base = i, Fraction(1, 25)
        steady = disc(i - i % 3, planes=planes)
        items.append(MaskedFrame(frame, disc(i, planes=planes)).smoothed(steady))
    return items


def fill(work: WorkDir, items: list[MaskedFrame]) -> None:
    for item in items:
        (same,) = work.push(item)
        assert same is item
    assert work.flush() == []
    work.close()
    work.close()


def read(folder: Path) -> list[np.ndarray]:
    return [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in sorted(folder.glob("*.png"))]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def figures_of(masks: list[np.ndarray]) -> Iterator[tuple[float, int]]:
    for a, b in pairwise(masks):
        union = np.count_nonzero(a | b)
        yield (np.count_nonzero(a & b) / union if union else 1.0), np.count_nonzero(a != b)


@pytest.mark.parametrize("planes", [1, 3])
def test_figures_are_those_of_the_written_masks(tmp_path: Path, planes: int) -> None:
    work = WorkDir(tmp_path / "w", radius=2)
    fill(work, clip(14, planes=planes))
    for folder, figures in (
        ("masks_raw", work.figures.raw.stability),
        ("masks_smoothed", work.figures.smoothed.stability),
    ):
        masks = read(tmp_path / "w" / folder)
        assert len(masks) == 14
        assert all(mask.shape == (HEIGHT, WIDTH) and set(np.unique(mask)) <= {0, 255} for mask in masks)
        iou, changed = zip(*figures_of(masks), strict=True)
        assert figures.iou[1:].tolist() == list(iou)
        assert figures.changed[1:].tolist() == list(changed)
    assert work.figures.raw.stability.mean_changed > work.figures.smoothed.stability.mean_changed > 0  # type: ignore[operator]


def test_frames_are_kept_as_they_were_decoded(tmp_path: Path) -> None:
    items = clip(3)
    fill(WorkDir(tmp_path, radius=1), items)
    for item, written in zip(items, read(tmp_path / "frames_extracted"), strict=True):
        np.testing.assert_array_equal(written[:, :, ::-1], item.frame.to_ndarray())


def test_the_tables_are_of_the_worst_frames(tmp_path: Path) -> None:
    work = WorkDir(tmp_path, radius=1)
    fill(work, clip(18))
    masks = read(tmp_path / "masks_raw")
    changed = [0, *(changed for _, changed in figures_of(masks))]
    tables = [int(path.stem.removeprefix("table_")) for path in (tmp_path / "analysis").glob("table_*.png")]
    assert np.argmax(changed) in tables
    assert sorted(tables) == sorted(moment.now.index for moment in work.moments)
    assert 2 <= len(tables) <= 5


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_a_clip_of_any_length_leaves_the_whole_tree(tmp_path: Path, frames: int) -> None:
    fill(WorkDir(tmp_path / "deep" / "w", radius=3), clip(frames))
    root = tmp_path / "deep" / "w"
    assert names(root) == sorted(OURS)
    assert names(root / "masks_raw") == [f"mask_{i:06d}.png" for i in range(frames)]
    assert {"stability_before.png", "comparison_before_after.png"} <= set(names(root / "analysis"))


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_text("mine")
    with pytest.raises(OutputError, match=r"is not empty.*--overwrite"):
        WorkDir(tmp_path, radius=1)
    assert names(tmp_path) == ["holiday.jpg"]


def test_overwriting_removes_the_earlier_run_and_nothing_else(tmp_path: Path) -> None:
    fill(WorkDir(tmp_path, radius=0), clip(9))
    kept = [
        tmp_path / "holiday.jpg",
        tmp_path / "masks_raw" / "mask_of_mine.png",
        tmp_path / "videos" / "overlay.mp4",
        tmp_path / "analysis" / "notes.txt",
    ]
    for path in kept:
        path.write_text("mine")
    fill(WorkDir(tmp_path, radius=0, overwrite=True), clip(2))
    assert all(path.read_text() == "mine" for path in kept)
    assert names(tmp_path / "frames_extracted") == ["frame_000000.png", "frame_000001.png"]
    assert names(tmp_path / "masks_raw") == ["mask_000000.png", "mask_000001.png", "mask_of_mine.png"]
    assert [n for n in names(tmp_path / "analysis") if n.startswith("table")] == ["table_000001.png"]


def test_a_picture_that_cannot_be_written_is_an_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    work = WorkDir(tmp_path, radius=1)
    first, second = clip(2)
    work.push(first)
    work.flush()
    for path in (tmp_path / "masks_raw").iterdir():
        path.unlink()
    (tmp_path / "masks_raw").rmdir()
    work.push(second)
    with pytest.raises(OutputError, match=r"cannot write .*mask_000001\.png"):
        work.flush()
    work.close()
    capfd.readouterr()  # OpenCV's own words


def test_settings_are_checked_before_anything_is_created(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="radius is -1"):
        WorkDir(tmp_path / "w", radius=-1)
    with pytest.raises(OptionError, match="threshold is 2"):
        WorkDir(tmp_path / "w", radius=1, threshold=2)
    assert not (tmp_path / "w").exists()


@pytest.mark.ffmpeg
@pytest.mark.parametrize("rotation", [90, 180, -90])
def test_pictures_stand_upright_as_ffmpeg_shows_them(tmp_path: Path, rotation: int) -> None:
    source = tmp_path / "turned.mp4"
    with av.open(source, "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.set_display_rotation(rotation)
        for item in clip(2):
            container.mux(stream.encode(item.frame))
        container.mux(stream.encode())
    work = WorkDir(tmp_path / "w", radius=0)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[:8, :16] = 255  # the corner at the top left, as coded
    with av.open(source) as container:
        for frame in container.decode(video=0):
            work.push(MaskedFrame(frame, mask))
    work.flush()
    command = ["ffmpeg", "-v", "error", "-i", source, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    shown = np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.uint8)
    written = read(tmp_path / "w" / "frames_extracted")
    shown = shown.reshape(2, *written[0].shape)
    for ours, theirs in zip(written, shown, strict=True):
        assert np.abs(ours[:, :, ::-1].astype(int) - theirs).mean() < 2
    corner = {90: (slice(-16, None), slice(0, 8)), 180: (slice(-8, None), slice(-16, None))}
    corner[-90] = (slice(0, 16), slice(-8, None))
    assert read(tmp_path / "w" / "masks_raw")[0][corner[rotation]].all()


@pytest.mark.material
def test_figures_of_a_real_networks_masks_hold(material: Path, tmp_path: Path) -> None:
    from masksmooth_kernels import MedianStream

    stream, held = MedianStream((240, 427), radius=2), []
    work = WorkDir(tmp_path, radius=2)
    for i, path in enumerate(sorted((material / "davis" / "deeplab_mnv2" / "dog").glob("*.png"))[:12]):
        picture = cv2.imread(str(material / "davis" / "frames" / "dog" / f"{path.stem}.jpg"))
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
        frame.pts, frame.time_base = i, Fraction(1, 24)
        inside = (cv2.imread(str(path), cv2.IMREAD_UNCHANGED) > 0) * np.uint8(255)
        raw = cv2.resize(inside, (427, 240), interpolation=cv2.INTER_AREA)
        held.append(MaskedFrame(frame, raw))
        for mask in stream.push(raw):
            work.push(held.pop(0).smoothed(mask))
    for mask in stream.flush():
        work.push(held.pop(0).smoothed(mask))
    work.flush()
    for folder, figures in (
        ("masks_raw", work.figures.raw.stability),
        ("masks_smoothed", work.figures.smoothed.stability),
    ):
        assert figures.iou[1:].tolist() == [iou for iou, _ in figures_of(read(tmp_path / folder))]
    assert 0.7 < work.figures.raw.stability.mean_iou < work.figures.smoothed.stability.mean_iou < 1  # type: ignore[operator]
