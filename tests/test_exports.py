"""Exported masks are what was drawn, are read by others, and come back as they were."""

from __future__ import annotations

import json
import os
import subprocess
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from masksmooth_filter import convert
from masksmooth_filter.errors import InputError, MaskShapeError, OptionError, OutputError
from masksmooth_filter.exports.export import ExportMasks
from masksmooth_filter.exports.writer import About
from masksmooth_filter.files import PendingFile
from masksmooth_filter.filter import through
from masksmooth_filter.frames import Mask, MaskedFrame
from masksmooth_filter.segment.masks_file import MasksFromFile
from masksmooth_filter.smoothing.smoother import Smoother
from tests.clips import make_clip
from tests.pictures import frame_at

SIZE = (48, 36)
TIMES = [100, *accumulate([40, 17, 90, 33, 40, 250, 40], initial=133)]
"""Milliseconds, unevenly."""

LABELS = tuple(f"thing {i}" for i in range(99))
EVERY = ["pngs", "png16:deep", "labels.mkv", "coco.json", "volume.npz"]
CONFIDENCE = ["pngs", "png16:deep", "volume.npz"]
every_kind = pytest.mark.parametrize("name", EVERY)


def clip(classes: tuple[int, ...] = (), *, sure: bool = False, shape: tuple[int, int] | None = None) -> Any:
    """Frames at uneven times with masks, disjoint and of 0 and 255 if ``sure``."""
    rng, (height, width) = np.random.default_rng(7), shape or SIZE[::-1]
    out = []
    for time in TIMES:
        mask = rng.integers(0, 256, (max(1, len(classes)), height, width), np.uint8)
        if sure:
            smooth = np.stack([cv2.GaussianBlur(p, (0, 0), 3) for p in mask])
            best = np.arange(len(mask))[:, None, None] == smooth.argmax(axis=0)
            mask = np.where(best & (smooth > 126), 255, 0).astype(np.uint8)
        out.append(MaskedFrame(frame_at(time, size=SIZE), mask if classes else mask[0], classes))
    return out


def export(path: str, items: list[MaskedFrame], folder: Path, **about: Any) -> str:
    prefix, _, name = path.rpartition(":")
    full = f"{prefix}:{folder / name}" if prefix else str(folder / name)
    out = list(through(ExportMasks((full,), About(LABELS, **about)), items))
    assert all(a is b for a, b in zip(out, items, strict=True))
    return str(folder / name)


def back(path: str, items: list[MaskedFrame], **options: Any) -> list[MaskedFrame]:
    masks = MasksFromFile(path, **options)
    out = list(through(masks, [item.frame for item in items]))
    assert masks.warnings == []
    return out


@pytest.mark.parametrize("name", CONFIDENCE)
@pytest.mark.parametrize("classes", [(), (15,), (15, 12, 90)])
@pytest.mark.parametrize("shape", [None, (9, 13)])
def test_confidence_comes_back_bit_for_bit(
    name: str, classes: tuple[int, ...], shape: tuple[int, int] | None, tmp_path: Path
) -> None:
    items = clip(classes, shape=shape)
    for ours, was in zip(back(export(name, items, tmp_path), items), items, strict=True):
        np.testing.assert_array_equal(ours.planes, was.planes)
        assert ours.classes == was.classes


@every_kind
@pytest.mark.parametrize("classes", [(), (15,), (15, 12, 90)])
def test_masks_that_are_sure_come_back_bit_for_bit(
    name: str, classes: tuple[int, ...], tmp_path: Path
) -> None:
    items = clip(classes, sure=True)
    for ours, was in zip(back(export(name, items, tmp_path), items), items, strict=True):
        np.testing.assert_array_equal(ours.planes, was.planes)
        assert ours.classes == was.classes


@every_kind
def test_smoothing_exported_masks_is_smoothing_the_masks(name: str, tmp_path: Path) -> None:
    items = clip((15, 12), sure=True)
    again = back(export(name, items, tmp_path), items)
    for method in ("gaussian", "motion"):
        direct, indirect = (
            [item.mask for item in through(Smoother(method=method, radius=2), each)]
            for each in (items, again)
        )
        for one, two in zip(direct, indirect, strict=True):
            np.testing.assert_array_equal(one, two)


@every_kind
def test_masks_are_found_by_their_times(name: str, tmp_path: Path) -> None:
    """Read for a film that lacks frames, the others still have their own masks."""
    items = clip((), sure=True)
    some = [item for i, item in enumerate(items) if i not in (2, 5)]
    masks = MasksFromFile(export(name, items, tmp_path))
    found = list(through(masks, [item.frame for item in some]))
    for ours, was in zip(found, some, strict=True):
        np.testing.assert_array_equal(ours.mask, was.mask)


@every_kind
def test_chosen_classes_are_read_and_others_refused(name: str, tmp_path: Path) -> None:
    items = clip((15, 12), sure=True)
    path = export(name, items, tmp_path)
    only = back(path, items, classes=("12",))
    np.testing.assert_array_equal(only[0].planes[0], items[0].planes[1])
    if not name.endswith(".mkv"):
        with pytest.raises(OptionError, match="it has"):
            MasksFromFile(path, classes=("7",))


# What others read.


def test_pycocotools_loads_the_json_and_decodes_what_is_foreground(tmp_path: Path) -> None:
    items = clip((15, 12))
    path = export("c.json", items, tmp_path, level=100)
    coco = COCO(path)
    assert {c["id"]: c["name"] for c in coco.loadCats(coco.getCatIds())} == {15: "thing 15", 12: "thing 12"}
    images = coco.loadImgs(coco.getImgIds())
    assert [image["time"] for image in images] == pytest.approx([t / 1000 for t in TIMES])
    for image, item in zip(images, items, strict=True):
        winner, sure = item.planes.argmax(axis=0), item.planes.max(axis=0) >= 100
        for plane, class_id in enumerate(item.classes):
            expected = (winner == plane) & sure
            (found,) = coco.loadAnns(coco.getAnnIds(imgIds=[image["id"]], catIds=[class_id]))
            np.testing.assert_array_equal(coco.annToMask(found), expected)
            assert found["area"] == expected.sum()
            rows, columns = np.nonzero(expected)
            x, y, width, height = found["bbox"]
            assert (x, y) == (columns.min(), rows.min())
            assert (x + width, y + height) == (columns.max() + 1, rows.max() + 1)


def test_a_frame_without_foreground_has_an_image_and_no_annotation(tmp_path: Path) -> None:
    items = [MaskedFrame(frame_at(t, size=SIZE), np.zeros(SIZE[::-1], np.uint8)) for t in (0, 40)]
    content = json.loads(Path(export("c.json", items, tmp_path)).read_text())
    assert len(content["images"]) == 2
    assert content["annotations"] == []
    assert all(not item.mask.any() for item in back(str(tmp_path / "c.json"), items))


def test_coco_of_others_is_read_by_its_ids_with_polygons_and_plain_counts(
    tmp_path: Path,
) -> None:
    square = np.zeros(SIZE[::-1], np.uint8)
    square[10:20, 5:25] = 1
    runs = [len(list(g)) for g in np.split(square.T.ravel(), np.flatnonzero(np.diff(square.T.ravel())) + 1)]
    annotations = [
        {"id": 1, "image_id": 7, "category_id": 3, "segmentation": [[5, 10, 25, 10, 25, 20, 5, 20]]},
        {"id": 2, "image_id": 2, "category_id": 4, "segmentation": {"size": [36, 48], "counts": runs}},
    ]
    images = [{"id": i, "width": 48, "height": 36} for i in (7, 2)]
    content = {"images": images, "annotations": annotations, "categories": [{"id": 4}, {"id": 3}]}
    path = tmp_path / "theirs.json"
    path.write_text(json.dumps(content))
    first, second = back(str(path), [MaskedFrame(frame_at(t, size=SIZE), square) for t in (0, 40)])
    assert first.classes == (3, 4)
    np.testing.assert_array_equal(first.mask[1], square * 255)
    np.testing.assert_array_equal(second.mask[0], square * 255)
    assert coco_mask is not None


def test_numpy_loads_the_volume_and_the_times(tmp_path: Path) -> None:
    items = clip((15, 12))
    with np.load(export("v.npz", items, tmp_path), allow_pickle=False) as found:
        np.testing.assert_array_equal(found["masks"], np.stack([item.mask for item in items]))
        seconds = found["pts"] * Fraction(*found["time_base"].tolist())
        assert [float(t) for t in seconds] == pytest.approx([t / 1000 for t in TIMES])
        assert (found["classes"].tolist(), found["names"].tolist()) == ([15, 12], ["thing 15", "thing 12"])


def test_a_volume_of_ones_own_is_read_by_order(tmp_path: Path) -> None:
    items = clip()
    np.savez_compressed(tmp_path / "v.npz", masks=np.stack([item.mask > 99 for item in items]))
    for ours, was in zip(back(str(tmp_path / "v.npz"), items), items, strict=True):
        np.testing.assert_array_equal(ours.mask, np.where(was.mask > 99, 255, 0))


@pytest.mark.parametrize(("name", "times"), [("pngs", 1), ("png16:deep", 257)])
def test_opencv_reads_the_pngs_at_their_depth(name: str, times: int, tmp_path: Path) -> None:
    items = clip()
    folder = Path(export(name, items, tmp_path))
    assert sorted(p.name for p in folder.glob("*.png")) == [f"mask_{i:06d}.png" for i in range(len(items))]
    for i, item in enumerate(items):
        pixels = cv2.imread(str(folder / f"mask_{i:06d}.png"), cv2.IMREAD_UNCHANGED)
        assert pixels is not None
        np.testing.assert_array_equal(pixels, item.mask.astype(np.uint16) * times)


def test_the_label_video_has_the_surer_class_at_the_frames_size_and_time(tmp_path: Path) -> None:
    items = clip((15, 90), shape=(9, 12))
    path = export("l.mkv", items, tmp_path)
    with av.open(path) as found:
        frames = list(found.decode(video=0))
    assert [float(frame.time or 0) for frame in frames] == pytest.approx([t / 1000 for t in TIMES])
    for frame, item in zip(frames, items, strict=True):
        up = np.stack([cv2.resize(plane, SIZE) for plane in item.planes])
        expected = np.where(up.max(axis=0) >= 128, np.where(up[0] >= up[1], 15, 90), 0)
        np.testing.assert_array_equal(frame.to_ndarray(), expected)


@pytest.mark.parametrize("name", CONFIDENCE)
def test_at_the_frames_size_confidence_is_interpolated(name: str, tmp_path: Path) -> None:
    items = clip((), shape=(9, 12))
    for ours, was in zip(back(export(name, items, tmp_path, size="frame"), items), items, strict=True):
        np.testing.assert_array_equal(ours.mask, cv2.resize(was.mask, SIZE))


# What must not be.


@every_kind
def test_what_did_not_come_to_its_end_leaves_no_file_and_what_is_there_is_kept(
    name: str, tmp_path: Path
) -> None:
    items = clip()
    path = export(name, items, tmp_path)
    with pytest.raises(OutputError, match=r"exists already|not empty"):
        export(name, items, tmp_path)
    before = sorted(tmp_path.iterdir())
    given = f"{name.split(':')[0]}:{path}" if ":" in name else path
    broken = ExportMasks((given,), About(overwrite=True))
    broken.push(items[0])
    broken.close()
    assert sorted(tmp_path.iterdir()) == before


def test_a_shorter_export_leaves_nothing_of_a_longer_one_in_its_folder(tmp_path: Path) -> None:
    items = clip((15,))
    export("pngs", items, tmp_path)
    (tmp_path / "pngs" / "mine.txt").write_text("stays")
    export("pngs", items[:2], tmp_path, overwrite=True)
    assert sorted(p.name for p in (tmp_path / "pngs").iterdir()) == ["15_thing_15", "masks.json", "mine.txt"]
    assert len(list((tmp_path / "pngs" / "15_thing_15").iterdir())) == 2


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mp4", frames=2, size=SIZE)
    dead = subprocess.Popen(["true"])
    dead.wait()
    left = []
    for name in ("v.npz", "v.raw", "l.mkv", "c.json"):
        part = PendingFile(tmp_path / name).path
        left.append(part.with_name(part.name.replace(f"-{os.getpid()}", f"-{dead.pid}")))
        left[-1].touch()
    paths = tuple(str(tmp_path / name) for name in ("v.npz", "l.mkv", "c.json"))
    convert(source, tmp_path / "out.mkv", segmenter="selfie", method="none", export=paths)
    assert not any(path.exists() for path in left)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c.json", "in.mp4", "l.mkv", "out.mkv", "v.npz"]


def test_a_folder_that_lacks_a_picture_of_its_list_is_refused(tmp_path: Path) -> None:
    path = Path(export("pngs", clip(), tmp_path))
    (path / "mask_000003.png").unlink()
    with pytest.raises(InputError, match=r"lacks mask_000003.png, which its list names; remove masks.json"):
        MasksFromFile(path)


@every_kind
def test_masks_that_change_their_shape_are_refused(name: str, tmp_path: Path) -> None:
    other = MaskedFrame(frame_at(999, size=SIZE), np.zeros((5, 5), np.uint8))
    with pytest.raises(MaskShapeError, match="changed"):
        export(name, [*clip(), other], tmp_path)


def test_a_path_of_no_kind_lists_the_kinds(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"no kind of mask file; give a folder \(PNG; png16"):
        ExportMasks((str(tmp_path / "masks.avi"),), About())


@pytest.mark.parametrize("name", ["v.npz", "c.json", "pngs"])
def test_damaged_files_are_one_error(name: str, tmp_path: Path) -> None:
    items = clip()
    path = Path(export(name, items, tmp_path))
    file = path / "masks.json" if path.is_dir() else path
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 2 // 3])
    with pytest.raises(InputError, match=name):
        back(str(path), items)


# The whole run.


def test_raw_masks_of_a_network_smoothed_later_are_those_smoothed_at_once(tmp_path: Path) -> None:
    """Uneven times, the network's own resolution, every kind of export at once, twice bit for bit."""
    source = make_clip(
        tmp_path / "in.mp4", frames=8, size=SIZE, pts=[0, 512, 700, 1800, 2048, 2560, 4000, 4096]
    )
    raw = tuple(str(tmp_path / name) for name in ("raw", "raw.npz"))
    smooth: dict[str, Any] = {"method": "gaussian", "radius": 2, "codec": "ffv1", "mode": "matte"}
    convert(source, tmp_path / "raw.mkv", segmenter="selfie", method="none", export=raw)
    convert(
        source, tmp_path / "direct.mkv", segmenter="selfie", export=(str(tmp_path / "direct.npz"),), **smooth
    )
    with np.load(tmp_path / "direct.npz") as direct:
        masks: Mask = direct["masks"]
        assert masks.shape[1:] != SIZE[::-1], "as the network sees it"
        for path in raw:
            convert(source, tmp_path / "later.mkv", masks_from=path, overwrite=True,
                    export=(str(tmp_path / "later.npz"),), **smooth)  # fmt: skip
            with np.load(tmp_path / "later.npz") as later:
                np.testing.assert_array_equal(masks, later["masks"])
                np.testing.assert_array_equal(direct["pts"], later["pts"])


def test_an_export_is_neither_the_output_nor_the_masks_that_are_read(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mp4", frames=2, size=SIZE)
    with pytest.raises(OutputError, match="give other names"):
        convert(source, tmp_path / "out.mkv", export=(str(tmp_path / "out.mkv"),))
    with pytest.raises(OutputError, match="input itself"):
        convert(source, tmp_path / "out.mkv", masks_from=str(source), export=(str(source),), overwrite=True)
