from __future__ import annotations

import io
import subprocess
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from masksmooth_filter.errors import ModelError
from masksmooth_filter.frames import Mask
from masksmooth_filter.segment.pictures import quarter_turns, rgb
from masksmooth_filter.segment.segmenter import Segmenter

# kr, kb of ITU-T H.273 by AVColorSpace; 2 is "untagged", which FFmpeg and we read as BT.601.
MATRICES = {1: (0.2126, 0.0722), 2: (0.299, 0.114), 5: (0.299, 0.114), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}
LIMITED, FULL = 1, 2


class RedChannel:
    """A network whose mask is the picture's red channel, so that a mask shows where it came from."""

    classes: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()

    def __init__(self, *, batch: int = 1, size: tuple[int, int] | None = None) -> None:
        self.batch = batch
        self.size = size
        self.seen: list[NDArray[np.uint8]] = []
        self.closed = 0

    def input_size(self, width: int, height: int) -> tuple[int, int]:
        return self.size or (width, height)

    def predict(self, images: NDArray[np.uint8]) -> Mask:
        self.seen.append(images)
        return images[..., 0]

    def close(self) -> None:
        self.closed += 1


def ramp(pix_fmt: str, *, colorspace: int = 1, color_range: int = LIMITED, size: int = 96) -> av.VideoFrame:
    """A frame whose planes are linear ramps: chroma subsampling then loses nothing."""
    frame = av.VideoFrame(size, size, pix_fmt)
    deep = frame.format.components[0].bits > 8
    for plane, (low, high) in zip(frame.planes, ((60, 180), (100, 150), (150, 110)), strict=True):
        memory = np.frombuffer(memoryview(plane), np.uint16 if deep else np.uint8).reshape(plane.height, -1)
        levels = np.linspace(low, high, plane.width + 1)
        centres = (levels[1:] + levels[:-1]) / 2
        memory[:, : plane.width] = np.rint(centres * (4 if deep else 1))
    frame.colorspace, frame.color_range = colorspace, color_range
    frame.pts, frame.time_base = 40, Fraction(1, 1000)
    return frame


def formula_rgb(frame: av.VideoFrame, *, full: bool) -> NDArray[np.float64]:
    """R'G'B' by the formula of ITU-T H.273, 8.3, in float."""
    deep = frame.format.components[0].bits > 8
    planes = []
    for plane in frame.planes:
        memory = np.frombuffer(memoryview(plane), np.uint16 if deep else np.uint8).reshape(plane.height, -1)
        samples = memory[:, : plane.width] / (4.0 if deep else 1.0)
        x = (np.arange(frame.width) + 0.5) * plane.width / frame.width - 0.5
        row = np.interp(x, np.arange(plane.width), samples[0])
        planes.append(np.broadcast_to(row, (frame.height, frame.width)))
    y, cb, cr = planes[0], planes[1] - 128, planes[2] - 128
    if not full:
        y, cb, cr = (y - 16) * 255 / 219, cb * 255 / 224, cr * 255 / 224
    kr, kb = MATRICES[frame.colorspace]
    red, blue = y + 2 * (1 - kr) * cr, y + 2 * (1 - kb) * cb
    green = (y - kr * red - kb * blue) / (1 - kr - kb)
    return np.clip(np.stack([red, green, blue], axis=-1), 0, 255)


@pytest.mark.parametrize("colorspace", sorted(MATRICES))
@pytest.mark.parametrize(
    ("pix_fmt", "color_range", "full"),
    [
        ("yuv420p", LIMITED, False),
        ("yuv420p", 0, False),
        ("yuv420p", FULL, True),
        ("yuvj420p", FULL, True),
        ("yuvj420p", 0, True),
        ("yuv444p", LIMITED, False),
        ("yuv422p", FULL, True),
        ("yuv420p10le", LIMITED, False),
    ],
)
@pytest.mark.parametrize("size", [96, 48])
def test_rgb_follows_the_frames_own_matrix_and_range_within_2_levels(
    pix_fmt: str, color_range: int, full: bool, colorspace: int, size: int
) -> None:
    frame = ramp(pix_fmt, colorspace=colorspace, color_range=color_range)
    expected = formula_rgb(frame, full=full)
    shrink = 96 // size
    expected = expected.reshape(size, shrink, size, shrink, 3).mean(axis=(1, 3))
    inner = np.s_[2:-2, 2:-2]  # at the edge, chroma has nothing to interpolate with
    assert np.abs(rgb(frame, (size, size))[inner] - expected[inner]).max() <= 2


def test_a_colour_tag_that_swscale_cannot_convert_is_read_as_untagged() -> None:
    odd, untagged = ramp("yuv420p", colorspace=14), ramp("yuv420p", colorspace=2)
    assert np.array_equal(rgb(odd, (48, 48)), rgb(untagged, (48, 48)))
    assert odd.colorspace == 14


def test_the_frame_is_handed_on_untouched() -> None:
    frame = ramp("yuv420p", colorspace=14)
    before = [bytes(plane) for plane in frame.planes]
    (out,) = Segmenter(RedChannel(size=(20, 10))).push(frame)
    assert out.frame is frame
    assert [bytes(plane) for plane in frame.planes] == before
    assert (frame.pts, frame.colorspace, frame.color_range) == (40, 14, LIMITED)


def test_the_mask_stays_at_the_networks_resolution() -> None:
    (out,) = Segmenter(RedChannel(size=(20, 10))).push(ramp("yuv420p"))
    assert out.mask.shape == (10, 20)
    assert out.mask.flags.c_contiguous


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_frames_leave_in_order_each_once_and_at_most_its_latency_is_held_back(count: int) -> None:
    segmenter = Segmenter(RedChannel(batch=3))
    frames = [ramp("yuv420p", size=16) for _ in range(count)]
    out = []
    for taken, frame in enumerate(frames, 1):
        out += segmenter.push(frame)
        assert taken - len(out) <= segmenter.latency == 2
    out += segmenter.flush()
    assert [id(item.frame) for item in out] == [id(frame) for frame in frames]
    assert segmenter.flush() == []


def test_every_frame_of_a_batch_gets_its_own_mask() -> None:
    model = RedChannel(batch=4)
    segmenter = Segmenter(model)
    frames = [ramp("yuv420p", size=16, colorspace=c) for c in (1, 2, 9)]
    out = [item for frame in frames for item in segmenter.push(frame)] + segmenter.flush()
    assert [len(images) for images in model.seen] == [3]
    for item in out:
        assert np.array_equal(item.mask, rgb(item.frame, (16, 16))[..., 0])


def test_pictures_of_one_batch_are_alike_when_the_stream_changes_its_size() -> None:
    model = RedChannel(batch=4)
    segmenter = Segmenter(model)
    frames = [ramp("yuv420p", size=size) for size in (16, 16, 32, 32)]
    out = [item for frame in frames for item in segmenter.push(frame)] + segmenter.flush()
    assert [images.shape for images in model.seen] == [(2, 16, 16, 3), (2, 32, 32, 3)]
    assert [item.frame for item in out] == frames


class TwoInFlight:
    """A network that works on one batch while the next is prepared, and keeps a diary."""

    classes: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    in_flight = 2

    def __init__(self, batch: int) -> None:
        self.batch = batch
        self.diary: list[str] = []

    def key(self, frame: av.VideoFrame) -> tuple[int, int]:
        return frame.width, frame.height

    def start(self, frames: Sequence[av.VideoFrame]) -> Callable[[], Mask]:
        number = sum(entry.startswith("start") for entry in self.diary) + 1
        self.diary.append(f"start {number}")
        masks = np.stack([rgb(frame, (frame.width, frame.height))[..., 0] for frame in frames])

        def wait() -> Mask:
            self.diary.append(f"wait {number}")
            return masks

        return wait

    def close(self) -> None: ...


def test_the_next_batch_is_started_before_the_last_one_is_waited_for() -> None:
    model = TwoInFlight(2)
    segmenter = Segmenter(model)
    frames = [ramp("yuv420p", size=16, colorspace=1 + n % 2) for n in range(7)]
    out = []
    for taken, frame in enumerate(frames, 1):
        out += segmenter.push(frame)
        assert taken - len(out) <= segmenter.latency == 3
    out += segmenter.flush()
    assert model.diary == ["start 1", "start 2", "wait 1", "start 3", "wait 2", "start 4", "wait 3", "wait 4"]
    assert [id(item.frame) for item in out] == [id(frame) for frame in frames]
    for item in out:
        assert np.array_equal(item.mask, rgb(item.frame, (16, 16))[..., 0])
    assert segmenter.flush() == []


def test_a_stream_that_changes_its_size_never_has_more_batches_under_way_than_the_network_takes() -> None:
    model = TwoInFlight(4)
    segmenter = Segmenter(model)
    frames = [ramp("yuv420p", size=size) for size in (16, 32, 32, 16, 48)]
    out = [item for frame in frames for item in segmenter.push(frame)] + segmenter.flush()
    assert [item.frame for item in out] == frames
    under_way = 0
    for entry in model.diary:
        under_way += 1 if entry.startswith("start") else -1
        assert 0 <= under_way <= 2


def test_a_network_that_loses_a_mask_is_found_out() -> None:
    model = RedChannel()
    model.predict = lambda images: images[:0, ..., 0]  # type: ignore[method-assign]
    with pytest.raises(ModelError, match="0 masks for 1 pictures"):
        Segmenter(model).push(ramp("yuv420p"))


def test_closing_closes_the_network_and_may_be_repeated() -> None:
    model = RedChannel()
    segmenter = Segmenter(model)
    segmenter.close()
    segmenter.close()
    assert model.closed == 2


def _turned_mp4(path: Path, degrees: int) -> None:
    """A lossless clip of noise blocks, with the display matrix of a phone held on its side."""
    memory = io.BytesIO()
    with av.open(memory, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "0", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv444p"
        for seed in range(3):
            blocks = np.random.default_rng(seed).integers(40, 200, (3, 4, 6), np.uint8)
            frame = av.VideoFrame.from_ndarray(blocks.repeat(8, axis=1).repeat(8, axis=2), format="yuv444p")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    data = bytearray(memory.getvalue())
    cos, sin = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    matrix = [cos << 16, sin << 16, 0, -sin << 16, cos << 16, 0, 0, 0, 1 << 30]
    at = data.index(b"tkhd") + 4 + 40  # ISO/IEC 14496-12, 8.3.2, version 0
    data[at : at + 36] = b"".join(value.to_bytes(4, "big", signed=True) for value in matrix)
    path.write_bytes(data)


@pytest.mark.ffmpeg
@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_the_network_sees_what_ffmpeg_shows_and_the_mask_is_turned_back(tmp_path: Path, degrees: int) -> None:
    clip = tmp_path / "turned.mp4"
    _turned_mp4(clip, degrees)
    command = ["ffmpeg", "-v", "error", "-i", str(clip), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    shown = subprocess.run(command, capture_output=True, check=True).stdout
    width, height = (48, 32) if degrees == 180 else (32, 48)
    expected = np.frombuffer(shown, np.uint8).reshape(3, height, width, 3)
    model = RedChannel(batch=3)
    with av.open(str(clip)) as container:
        frames = list(container.decode(video=0))
    segmenter = Segmenter(model)
    out = [item for frame in frames for item in segmenter.push(frame)]
    (seen,) = model.seen
    assert np.abs(seen.astype(int) - expected).max() <= 2
    assert {quarter_turns(frame) for frame in frames} == {(360 - degrees) // 90}
    for item in out:
        assert np.array_equal(item.mask, rgb(item.frame, (48, 32))[..., 0])
