"""Encoding: the right encoder and format, said when it is not the source's; times and tags as they came."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from masksmooth_filter.errors import OptionError, OutputError
from masksmooth_filter.media import (
    EncodeOptions,
    Encoder,
    OutputFile,
    PlainVideo,
    VideoInfo,
    choose_codec,
    choose_pix_fmt,
)
from masksmooth_filter.media.encoders import AMPLE, SCARCE, _settings, threads_of
from masksmooth_filter.media.pixels import convert
from tests.clips import frame_times, make_frame, stream_entries

TICK = Fraction(1, 1000)


def film(pix_fmt: str = "yuv420p", size: tuple[int, int] = (96, 64), **more: Any) -> VideoInfo:
    return VideoInfo(*size, pix_fmt, TICK, rate=Fraction(25), **more)


def write(path: Path, info: VideoInfo, frames: int = 5, options: EncodeOptions | None = None) -> Path:
    video = PlainVideo(path, info, options=options)
    for number in range(frames):
        frame = make_frame(number, info.width, info.height, pix_fmt=info.pix_fmt)
        frame.pts, frame.time_base, frame.duration = number * 40, TICK, 40
        video.write(frame)
    video.close()
    video.close()
    return path


def planes(frame: av.VideoFrame) -> list[NDArray[np.uint8]]:
    return [np.asarray(memoryview(p)).reshape(p.height, p.line_size)[:, : p.width] for p in frame.planes]


@pytest.mark.parametrize(
    ("size", "cores", "room", "threads"),
    [((854, 480), 2, SCARCE, 4), ((1920, 1080), 2, SCARCE, 2), ((1920, 1080), 2, AMPLE, 4),
     ((3840, 2160), 2, AMPLE, 2), ((1920, 1080), 1, AMPLE, 2), ((320, 240), 64, AMPLE, 16)],
)  # fmt: skip
def test_x264_works_on_more_frames_than_cores_while_they_are_small(
    size: tuple[int, int], cores: int, room: int, threads: int
) -> None:
    assert threads_of(size[0] * size[1], cores, room) == threads


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "libx264"), ("a.MOV", "libx264"), ("a.mkv", "libx264"), ("a.ts", "libx264"),
     ("a.avi", "libx264"), ("a.webm", "libvpx-vp9")],
)  # fmt: skip
def test_the_container_chooses_the_encoder(name: str, codec: str) -> None:
    assert choose_codec(name) == codec


@pytest.mark.parametrize(
    ("name", "codec", "words"),
    [
        ("a.mp4", "libx265000", "there is no encoder 'libx265000'; .* libx264 .*libx265"),
        ("a.mp4", "aac", "encodes audio"),
        ("a.webm", "nosuch", "libvpx-vp9"),
        ("a.xyz", None, r"'\.xyz'.*\.mp4.*\.mkv"),
        ("a", None, "suffix"),
    ],
)
def test_an_unknown_encoder_or_container_gets_told_what_there_is(
    name: str, codec: str | None, words: str
) -> None:
    with pytest.raises(OptionError, match=words):
        choose_codec(name, EncodeOptions(codec=codec))


def test_an_encoder_that_is_listed_but_does_not_open_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("masksmooth_filter.media.encoders.opens", lambda *_: False)
    with pytest.raises(OptionError, match="h264_nvenc cannot be opened here"):
        choose_codec("a.mp4", EncodeOptions(codec="h264_nvenc"))


def test_a_codec_the_container_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"\.webm cannot hold libx264"):
        OutputFile(tmp_path / "a.webm", codec="libx264")


@pytest.mark.parametrize(
    ("codec", "source", "size", "name", "note"),
    [
        ("libx264", "yuv420p", (96, 64), "yuv420p", ""),
        ("libx264", "yuvj420p", (96, 64), "yuvj420p", ""),
        ("libx264", "yuv420p10le", (96, 64), "yuv420p10le", ""),
        ("libvpx-vp9", "yuvj420p", (96, 64), "yuv420p", ""),
        ("libx264", "yuv420p", (35, 33), "yuv444p", "nothing is lost"),
        ("libx264", "yuvj420p", (35, 33), "yuv444p", "nothing is lost"),
        ("libx264", "yuv420p10le", (35, 33), "yuv444p10le", "nothing is lost"),
        ("libvpx-vp9", "yuv420p", (35, 33), "yuv420p", ""),
        ("libvpx-vp9", "gray", (96, 64), "yuv420p", "nothing is lost"),
        ("libx264", "yuva420p", (96, 64), "yuv420p", "transparency cannot be kept"),
        ("libx264", "gbrp", (96, 64), "yuv444p", "the exact colours cannot be kept"),
        ("libvpx-vp9", "yuv420p10le", (96, 64), "yuv420p", "bit depth cannot be kept"),
        ("ffv1", "gray", (3, 1), "gray", ""),
    ],
)
def test_the_pixel_format_is_kept_or_the_nearest(
    codec: str, source: str, size: tuple[int, int], name: str, note: str
) -> None:
    chosen = choose_pix_fmt(codec, source, size=size)
    assert chosen.name == name
    assert chosen.note.endswith(note)
    assert bool(chosen.note) == bool(note)


@pytest.mark.parametrize("size", [(64, 48), (35, 33), (1, 1), (2, 3)])
def test_finer_chroma_repeats_the_samples_so_that_nothing_is_lost(size: tuple[int, int]) -> None:
    frame = make_frame(0, *size)
    rng = np.random.default_rng(0)
    for plane in frame.planes:
        plane.update(rng.integers(0, 256, plane.buffer_size, dtype=np.uint8).tobytes())
    for range_ in (0, 1, 2):
        wide = convert(frame, film(size=size, color_range=range_), "yuv444p")
        y, u, v = planes(wide)
        for found, expected in zip((y, u[::2, ::2], v[::2, ::2]), planes(frame), strict=True):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("range_", [0, 1, 2])
def test_gray_keeps_its_values_in_yuv(range_: int) -> None:
    frame = make_frame(0, 64, 48, pix_fmt="gray")
    y, u, _ = planes(convert(frame, film("gray", (64, 48), color_range=range_), "yuv420p"))
    np.testing.assert_array_equal(y, planes(frame)[0])
    assert set(u.ravel()) == {128}


@pytest.mark.ffmpeg
def test_full_range_stays_full_range(tmp_path: Path) -> None:
    info = film("yuvj420p", color_range=2)
    for name in ("a.mp4", "a.mkv", "a.webm"):
        found = stream_entries(write(tmp_path / name, info))
        assert found["color_range"] == "pc"
        with av.open(str(tmp_path / name)) as container:
            luma = next(container.decode(video=0)).to_ndarray()[:64]
        assert abs(luma.astype(float) - planes(make_frame(0, 96, 64))[0]).mean() < 3


@pytest.mark.ffmpeg
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm", "a.mov", "a.ts"])
def test_tags_sar_and_rotation_arrive(tmp_path: Path, name: str) -> None:
    tags: dict[str, Any] = {"color_range": 1, "color_primaries": 9, "color_trc": 16, "colorspace": 9}
    shape = None if name == "a.webm" else Fraction(4, 3)
    path = write(tmp_path / name, film(sample_aspect_ratio=shape, rotation=90, **tags))
    found = stream_entries(path)
    assert found["sample_aspect_ratio"] == ("4:3" if shape else "1:1")
    assert (found["color_primaries"], found["color_transfer"]) == ("bt2020", "smpte2084")
    assert (found["color_space"], found["color_range"]) == ("bt2020nc", "tv")
    with av.open(str(path)) as container:
        assert next(container.decode(video=0)).rotation == (0 if name == "a.ts" else 90)


def test_a_pixel_shape_or_rotation_that_is_lost_is_said(tmp_path: Path) -> None:
    nut = OutputFile(tmp_path / "a.nut", codec="ffv1")
    assert "4/3 as wide as high" in Encoder(nut, film(sample_aspect_ratio=Fraction(4, 3))).warnings[0]
    ts = OutputFile(tmp_path / "a.ts", codec="libx264")
    assert "turned by 90 degrees" in Encoder(ts, film(rotation=90)).warnings[0]


@pytest.mark.ffmpeg
def test_the_rgb_matrix_is_never_written_on_yuv(tmp_path: Path) -> None:
    found = stream_entries(write(tmp_path / "a.mp4", film(colorspace=0)))
    assert found.get("color_space", "unknown") == "unknown"


def test_rgb_comes_back_as_rgb_within_rounding(tmp_path: Path) -> None:
    info = film("gbrp", colorspace=0, color_range=2)
    path = write(tmp_path / "a.mkv", info, options=EncodeOptions(crf=1))
    with av.open(str(path)) as container:
        found = next(container.decode(video=0))
        assert (found.colorspace, found.color_range) == (1, 1)
        rgb = found.to_ndarray(format="rgb24", src_colorspace=1, src_color_range=1)
    expected = make_frame(0, 96, 64, pix_fmt="gbrp").to_ndarray(format="rgb24")
    assert np.abs(rgb.astype(int) - expected.astype(int)).mean() < 3


def test_lossless_gray_is_exact(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", film("gray"), options=EncodeOptions(codec="ffv1"))
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            np.testing.assert_array_equal(
                frame.to_ndarray(), make_frame(number, 96, 64, pix_fmt="gray").to_ndarray()
            )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (EncodeOptions(preset="bogus"), "preset=bogus"),
        (EncodeOptions(extra=(("nosuch", "1"),)), "no option nosuch"),
        (EncodeOptions(codec="ffv1", crf=3), "no option crf"),
        (EncodeOptions(pix_fmt="bgr24"), "cannot take bgr24.*yuv420p"),
    ],
)
def test_wrong_options_are_refused_before_any_frame(
    tmp_path: Path, options: EncodeOptions, words: str
) -> None:
    with pytest.raises(OptionError, match=words):
        PlainVideo(tmp_path / "a.mkv", film(), options=options)
    assert list(tmp_path.iterdir()) == []


def test_crf_has_bounds() -> None:
    with pytest.raises(OptionError, match="crf is 999; give 0"):
        EncodeOptions(crf=999)


def test_a_frame_of_another_size_format_or_without_time_is_refused(tmp_path: Path) -> None:
    output = OutputFile(tmp_path / "a.mkv", codec="libx264")
    encoder = Encoder(output, film())
    with pytest.raises(OutputError, match="changes from 96x64 to 48x32"):
        encoder.push(make_frame(0, 48, 32))
    with pytest.raises(OutputError, match="got a yuv444p picture; it takes yuv420p"):
        encoder.push(make_frame(0, 96, 64, pix_fmt="yuv444p"))
    with pytest.raises(ValueError, match="without time"):
        encoder.push(make_frame(0, 96, 64))
    output.abort()


@pytest.mark.ffmpeg
def test_avi_puts_frames_on_its_grid_and_says_so(tmp_path: Path) -> None:
    output = OutputFile(tmp_path / "a.avi", codec="libx264")
    encoder = Encoder(output, film())
    output.start()
    packets = []
    for number, pts in enumerate([0, 40, 85, 120]):
        frame = make_frame(number, 96, 64)
        frame.pts, frame.time_base = pts, TICK
        packets += encoder.push(frame)
    for packet in packets + encoder.flush():
        output.mux(packet)
    output.close()
    assert frame_times(tmp_path / "a.avi") == [Fraction(n, 25) for n in range(4)]
    assert encoder.warnings[0].startswith("1 frames were moved")


@pytest.mark.parametrize("codec", ["mpeg4", "libx265", "libsvtav1", "mjpeg"])
def test_other_encoders_work_too(tmp_path: Path, codec: str) -> None:
    path = write(tmp_path / "a.mkv", film(color_range=2), options=EncodeOptions(codec=codec))
    with av.open(str(path)) as container:
        assert len(list(container.decode(video=0))) == 5


@pytest.mark.parametrize(("size", "ahead"), [((854, 480), "40"), ((1280, 720), "24"), ((3840, 2160), "10")])
def test_x264_looks_ahead_by_bytes_unless_a_preset_is_asked_for(size: tuple[int, int], ahead: str) -> None:
    info = film(size=size)
    assert _settings("libx264", EncodeOptions(), info)["rc-lookahead"] == ahead
    assert "rc-lookahead" not in _settings("libx264", EncodeOptions(preset="slow"), info)
    asked = EncodeOptions(extra=(("rc-lookahead", "50"),))
    assert _settings("libx264", asked, info)["rc-lookahead"] == "50"
