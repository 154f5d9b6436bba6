from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from masksmooth_filter.errors import InputError, MaskShapeError
from masksmooth_filter.segment.masks_file import MasksFromFile
from masksmooth_filter.segment.segmenter import quarter_turns
from tests.mask_files import MS, SIZE, folder, frame, frames, gray, read, video


def test_a_gray_video_in_any_container_is_confidence_matched_by_time(tmp_path: Path) -> None:
    pictures = [gray(level) for level in (40, 128, 255)]
    lossless = video(tmp_path / "m.mkv", pictures, [33, 66, 500])
    assert np.array_equal(read(lossless, frames([33, 66, 500])), pictures)
    by_12800 = [frame(round(t * 12.8), Fraction(1, 12800)) for t in (33, 66, 500)]
    assert np.array_equal(read(lossless, by_12800), pictures)
    limited = video(tmp_path / "m.mp4", pictures, [0, 1, 2], codec="mpeg4", pix_fmt="yuv420p", base=MS * 40)
    for found, expected in zip(read(limited, frames([0, 40, 80])), pictures, strict=True):
        assert np.abs(found[:, 24:].astype(int) - expected[:, 24:]).mean() < 4
        assert found[:, :16].max() < 12


def test_a_mask_belongs_to_the_frame_within_half_a_tick_of_the_coarser_time_base(tmp_path: Path) -> None:
    pictures = [gray(level) for level in (50, 100, 150)]
    path = video(tmp_path / "m.avi", pictures, [0, 1, 2], base=Fraction(1, 25))
    jittered = frames([0, 40 + 19, 80 - 19])
    assert np.array_equal(read(path, jittered), pictures)
    with pytest.raises(InputError, match=r"the frame at 0\.101 s has no mask"):
        read(path, frames([0, 101]))


def test_masks_between_the_frames_are_passed_over(tmp_path: Path) -> None:
    pictures = [gray(level) for level in range(50, 150, 10)]
    path = video(tmp_path / "m.mkv", pictures, range(0, 400, 40))
    assert np.array_equal(read(path, frames([0, 120, 200, 360])), [pictures[i] for i in (0, 3, 5, 9)])


def test_streams_that_start_at_different_times_are_taken_to_begin_together(tmp_path: Path) -> None:
    pictures = [gray(level) for level in (50, 100, 150)]
    path = video(tmp_path / "m.mkv", pictures, [0, 40, 80])
    masks = MasksFromFile(path)
    late = [masked.mask for f in frames([533, 573, 613]) for masked in masks.push(f)]
    assert np.array_equal(late, pictures)
    assert masks.warnings == ["the masks begin 0.533 s before the video; both are taken to begin together"]
    masks.close()


@pytest.mark.parametrize(
    ("times", "told"),
    [
        ([0, 40, 80, 120], r"at 0\.120 s has no mask: .* holds 3, the last at 0\.080 s"),
        ([0, 20], r"at 0\.020 s has no mask: .* has none there \(the nearest is at 0\.040 s, after 3 read\)"),
    ],
)
def test_a_frame_without_a_mask_is_an_error_that_says_when(
    tmp_path: Path, times: list[int], told: str
) -> None:
    path = video(tmp_path / "m.mkv", [gray(99)] * 3, [0, 40, 80])
    with pytest.raises(InputError, match=told):
        read(path, frames(times))


def test_one_mask_does_not_serve_two_frames(tmp_path: Path) -> None:
    path = video(tmp_path / "m.avi", [gray(99)] * 3, [0, 1, 2], base=Fraction(1, 25))
    with pytest.raises(InputError, match=r"at 0\.040 s has no mask"):
        read(path, frames([0, 20, 40, 60, 80]))


def test_a_folder_goes_by_order_and_numbers_by_value(tmp_path: Path) -> None:
    pictures = [gray(level) for level in range(100, 112)]  # mask10.png sorts before mask2.png as text
    path = folder(tmp_path / "100%d [x]", pictures)
    (path / "warnings.txt").write_text("not a mask")
    assert np.array_equal(read(path, frames(range(0, 480, 40))), pictures)
    with pytest.raises(InputError, match=r"at 0\.480 s has no mask: .* holds 12, one a frame is needed"):
        read(path, frames(range(0, 520, 40)))


def test_masks_left_over_are_noted_and_a_new_stream_starts_at_the_first(tmp_path: Path) -> None:
    pictures = [gray(level) for level in (100, 110, 120)]
    masks = MasksFromFile(folder(tmp_path / "m", pictures))
    assert np.array_equal(masks.push(frame(0))[0].mask, pictures[0])
    assert masks.flush() == []
    assert masks.warnings == [
        f"{tmp_path / 'm'} holds more masks than the video has frames; the rest is unused"
    ]
    assert np.array_equal(masks.push(frame(0))[0].mask, pictures[0])


def test_a_mask_of_another_size_is_an_error_with_both_sizes_and_the_remedy(tmp_path: Path) -> None:
    path = folder(tmp_path / "m", [gray(200)])
    with pytest.raises(MaskShapeError, match=r"are 40x24, the video is 80x48; scale them, .*scale=80:48"):
        read(path, [frame(0, size=(80, 48))])


class Lying:
    """A frame stored on its side: as wide as high pictures are high."""

    rotation = -90
    width, height = SIZE[1], SIZE[0]
    pts, time_base = 0, MS


def test_upright_masks_are_turned_to_how_the_frame_is_stored(tmp_path: Path) -> None:
    picture = gray(200)
    picture[:5] = 100
    masks = MasksFromFile(folder(tmp_path / "m", [picture]))
    lying: Any = Lying()
    (out,) = masks.push(lying)
    assert np.array_equal(np.rot90(out.mask, quarter_turns(lying)), picture)
    assert masks.warnings == ["the masks stand upright as the video is shown; they are turned with it"]


def test_what_holds_no_masks_is_refused_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "junk.mkv").write_bytes(b"junk" * 99)
    broken = folder(tmp_path / "broken", [gray(200)])
    (broken / "mask1.png").write_bytes((broken / "mask1.png").read_bytes()[:40])
    colours = np.random.default_rng(0).integers(0, 256, (SIZE[1], SIZE[0], 3), np.uint8)
    coloured = folder(tmp_path / "coloured", [colours], "rgb24")
    film = video(tmp_path / "film.mkv", [colours], [0], source="rgb24", codec="libx264", pix_fmt="yuv444p")
    clear = folder(tmp_path / "clear", [np.dstack([colours, colours[..., 0]])], "rgba")
    for path, told in {
        tmp_path / "gone": "no file or folder of masks",
        tmp_path / "empty": "holds no PNG files",
        tmp_path / "junk.mkv": "cannot be read as a video of masks",
        broken: r"mask1\.png is not a PNG picture",
        coloured: r"mask1\.png: it is a colour picture",
        film: "mask 1 of .*film.mkv: it is a colour picture, not a mask",
        clear: "partly transparent",
    }.items():
        with pytest.raises(InputError, match=told):
            MasksFromFile(path)


def test_an_audio_file_holds_no_masks(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        sound.rate = 8000
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    with pytest.raises(InputError, match="no video stream"):
        MasksFromFile(path)


def test_only_a_few_masks_are_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from masksmooth_filter.segment import masks_source

    decoded = []
    original = masks_source.picture_of
    monkeypatch.setattr(masks_source, "picture_of", lambda f: decoded.append(f) or original(f))
    path = video(tmp_path / "m.mkv", [gray(99)] * 50, range(0, 2000, 40))
    masks = MasksFromFile(path)
    decoded.clear()
    for count, item in enumerate(frames(range(0, 400, 40)), 1):
        masks.push(item)
        assert len(decoded) <= count + 1
    masks.close()


@pytest.mark.material
@pytest.mark.parametrize(("kind", "labels"), [("truth", False), ("osvos", True), ("deeplab_mnv2", True)])
def test_real_mask_folders_are_read_as_what_they_are(material: Path, kind: str, labels: bool) -> None:
    masks = MasksFromFile(material / "davis" / kind / "dog")
    found = [masked.mask for f in range(5) for masked in masks.push(frame(f, size=(854, 480)))]
    assert bool(masks.warnings) == labels
    assert set(np.unique(found)) == {0, 255}
    assert 0.02 < np.mean(np.array(found) == 255) < 0.5
    masks.close()
