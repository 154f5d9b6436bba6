from __future__ import annotations

import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from masksmooth_filter.errors import InputError, MaskShapeError, OptionError, OutputError
from masksmooth_filter.frames import MaskedFrame
from masksmooth_filter.segment.labels import VOC_LABELS
from masksmooth_filter.segment.masks_file import MasksFromFile
from masksmooth_filter.segment.masks_save import SaveMasks
from tests.mask_files import MS, SIZE, frame, frames, read, save
from tests.pictures import random_mask


@pytest.mark.parametrize(
    ("times", "base"),
    [
        (range(33, 400, 33), MS),
        ([33, 50, 116, 117, 400, 401, 2000], MS),
        (range(0, 512 * 20, 512), Fraction(1, 12800)),
        (range(1001, 1001 * 20, 1001), Fraction(1, 30000)),
        ([0, 1, 2, 3], Fraction(1, 25)),
        ([7], Fraction(1, 90000)),
    ],
    ids=["starts at 33 ms", "irregular", "1/12800", "ntsc", "1/25", "one frame"],
)
def test_saved_masks_come_back_bit_for_bit(tmp_path: Path, times: Sequence[int], base: Fraction) -> None:
    items = [MaskedFrame(f, random_mask((9, 13), seed=i)) for i, f in enumerate(frames(times, base))]
    save(tmp_path / "m.mkv", items)
    masks = MasksFromFile(tmp_path / "m.mkv")
    again = [masked for item in items for masked in masks.push(item.frame)]
    assert all(np.array_equal(a.mask, b.mask) for a, b in zip(again, items, strict=True))
    masks.flush()
    assert masks.warnings == []


def test_saved_masks_of_a_video_with_b_frames_come_back_bit_for_bit(tmp_path: Path) -> None:
    path = tmp_path / "b.mp4"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=25, options={"bf": "3", "preset": "medium"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for i in range(20):
            picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
            picture[:, i : i + 8] = 200
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    with av.open(str(path)) as container:
        decoded = list(container.decode(video=0))
    assert av.video.frame.PictureType.B in {f.pict_type for f in decoded}
    masks = [random_mask((9, 13), seed=i) for i in range(20)]
    save(tmp_path / "m.mkv", [MaskedFrame(f, m) for f, m in zip(decoded, masks, strict=True)])
    again = read(tmp_path / "m.mkv", decoded)
    assert all(np.array_equal(a, b) for a, b in zip(again, masks, strict=True))


def test_each_class_has_its_own_stream_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "m.mkv"
    video = frames([0, 40, 80])
    masks = [random_mask((2, 9, 13), seed=i) for i in range(3)]
    save(path, [MaskedFrame(f, m, (12, 15)) for f, m in zip(video, masks, strict=True)], labels=VOC_LABELS)
    with av.open(str(path)) as container:
        assert [s.metadata["title"] for s in container.streams.video] == ["dog", "person"]
        assert [s.codec_context.name for s in container.streams.video] == ["ffv1", "ffv1"]
    everything = MasksFromFile(path)
    assert everything.classes == (12, 15)
    assert np.array_equal(everything.push(video[0])[0].mask, masks[0])
    everything.close()
    person = read(path, video, classes=("person",))
    assert np.array_equal(person, [m[1:] for m in masks])
    with pytest.raises(OptionError, match=r"no class 'cat'; it has dog \(12\), person \(15\)"):
        MasksFromFile(path, classes=("cat",))


def test_saved_masks_appear_only_when_they_are_whole(tmp_path: Path) -> None:
    item = MaskedFrame(frame(0), random_mask((9, 13)))
    saver = SaveMasks(tmp_path / "m.mkv")
    saver.push(item)
    saver.close()
    assert os.listdir(tmp_path) == []
    saver = SaveMasks(tmp_path / "m.mkv")
    saver.push(item)
    saver.flush()
    saver.close()
    saver.close()
    assert os.listdir(tmp_path) == ["m.mkv"]
    with pytest.raises(OutputError, match="exists already"):
        SaveMasks(tmp_path / "m.mkv")
    save(tmp_path / "m.mkv", [item, MaskedFrame(frame(40), item.mask)], overwrite=True)
    assert len(read(tmp_path / "m.mkv", frames([0, 40]))) == 2


def test_masks_that_change_their_size_or_have_no_time_are_not_saved(tmp_path: Path) -> None:
    saver = SaveMasks(tmp_path / "m.mkv")
    saver.push(MaskedFrame(frame(0), random_mask((9, 13))))
    with pytest.raises(MaskShapeError, match=r"\(1, 9, 13\) to \(1, 9, 14\)"):
        saver.push(MaskedFrame(frame(40), random_mask((9, 14))))
    saver.close()
    timeless = frame(0)
    timeless.pts = None
    with pytest.raises(InputError, match="no time"):
        SaveMasks(tmp_path / "m.mkv").push(MaskedFrame(timeless, random_mask()))
    assert os.listdir(tmp_path) == []


def test_saved_masks_fit_a_smaller_copy_of_the_video_but_no_other_shape(tmp_path: Path) -> None:
    mask = random_mask((9, 13))
    save(tmp_path / "m.mkv", [MaskedFrame(frame(0), mask)])
    assert np.array_equal(read(tmp_path / "m.mkv", [frame(0, size=(20, 12))])[0], mask)
    with pytest.raises(MaskShapeError, match="video of 40x24, this one is 24x40"):
        read(tmp_path / "m.mkv", [frame(0, size=(24, 40))])
