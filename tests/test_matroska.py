"""A pixel's shape in a finished Matroska file, which ffprobe reads back and nothing else notices."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from masksmooth_filter.media.matroska import set_pixel_shape
from tests.clips import frame_times, make_clip, packet_hashes, probe, run_ffmpeg, stream_entries

FAST = {"cpu-used": "8", "deadline": "realtime"}


def everything_else(path: Path) -> list[Any]:
    about = probe(path, "-show_format", "-show_chapters")
    return [about, frame_times(path), packet_hashes(path, stream="v:0")]


@pytest.mark.ffmpeg
@pytest.mark.parametrize("shape", ["4/3", "16/11", "8/9", "3/7", "1001/1000"])
@pytest.mark.parametrize("suffix", [".webm", ".mkv"])
def test_ffprobe_reads_the_shape_and_all_else_as_before(tmp_path: Path, suffix: str, shape: str) -> None:
    path = make_clip(
        tmp_path / f"a{suffix}", codec="libvpx-vp9", frames=5, options=FAST, title="T", chapters=True
    )
    before = (
        probe(path, "-show_format", "-show_chapters"),
        frame_times(path),
        packet_hashes(path, stream="v:0"),
    )
    size = path.stat().st_size
    assert set_pixel_shape(path, Fraction(shape), size=(96, 64), number=0)
    assert Fraction(stream_entries(path)["sample_aspect_ratio"].replace(":", "/")) == Fraction(shape)
    assert path.stat().st_size == size
    after = (
        probe(path, "-show_format", "-show_chapters"),
        frame_times(path),
        packet_hashes(path, stream="v:0"),
    )
    assert after == before
    run_ffmpeg("-err_detect", "crccheck+bitstream+explode", "-ss", "0.1", "-i", str(path), "-f", "null", "-")


@pytest.mark.ffmpeg
def test_of_two_films_the_one_meant_is_changed(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mkv", codec="ffv1", frames=3)
    both = tmp_path / "both.mkv"
    run_ffmpeg("-i", str(clip), "-i", str(clip), "-map", "0", "-map", "1", "-c", "copy", str(both))
    assert set_pixel_shape(both, Fraction(2), size=(96, 64), number=1)
    shapes = [stream_entries(both, stream=f"v:{n}").get("sample_aspect_ratio") for n in (0, 1)]
    assert shapes == [None, "2:1"]


def test_what_is_no_matroska_or_has_no_room_is_left_as_it_is(tmp_path: Path) -> None:
    for name, data in (("a", b"not matroska at all" * 9), ("b", b""), ("c", b"\x1a\x45\xdf\xa3" * 20)):
        (tmp_path / name).write_bytes(data)
        assert not set_pixel_shape(tmp_path / name, Fraction(2), size=(96, 64), number=0)
        assert (tmp_path / name).read_bytes() == data
