"""A name is a file and nothing else, and a hostile file gets an error, not the machine."""

from __future__ import annotations

import resource
import struct
from collections.abc import Callable
from pathlib import Path

import av
import pytest

import masksmooth_filter as mf
from masksmooth_filter.errors import InputError, OptionError
from masksmooth_filter.media import EncodeOptions, choose_codec
from tests.clips import frame_times, make_clip

NAMES = [
    "-in.mp4",
    "a:b.mp4",
    "with space.mp4",
    "b\u00fccher \u6620\u753b.mp4",
    "%d.mp4",
    "a%03d [x]'\".mp4",
    "http:.mp4",
]

PROTOCOLS = ("concat:a.mkv|b.mkv", "http://127.0.0.1:9/a.mp4", "data:video/mp4;base64,AAAA", "pipe:0", "fd:0",
             "subfile,,start,0,end,0,,:a.mkv", "lavfi:testsrc")  # fmt: skip


def gif(width: int, height: int) -> bytes:
    image = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x44\x01\x00;"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + image


def y4m(width: int, height: int) -> bytes:
    return f"YUV4MPEG2 W{width} H{height} F25:1 Ip A1:1 C420jpeg\nFRAME\n".encode() + bytes(1000)


def choosable(codec: str) -> bool:
    try:
        return choose_codec("a.mp4", EncodeOptions(codec=codec)) == codec
    except OptionError:
        return False


@pytest.mark.ffmpeg
@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_a_file(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_clip(tmp_path / "made.mp4", frames=3)
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    made.rename(tmp_path / name)
    mf.convert(name, f"out/{name}", segmenter="selfie")
    assert [path.name for path in (tmp_path / "out").iterdir()] == [name]
    assert len(frame_times(tmp_path / "out" / name)) == 3


@pytest.mark.parametrize("name", PROTOCOLS)
def test_no_name_is_a_protocol(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_clip(tmp_path / "a.mkv", frames=3)
    with pytest.raises(InputError, match="does not exist"):
        mf.convert(name, "out.mkv", segmenter="selfie")


@pytest.mark.parametrize(
    "text",
    [
        "ffconcat version 1.0\nfile secret.mkv\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nsecret.mkv\n#EXT-X-ENDLIST\n",
        "<?xml version='1.0'?><MPD><Period><AdaptationSet><Representation><BaseURL>secret.mkv</BaseURL>"
        "</Representation></AdaptationSet></Period></MPD>",
    ],
    ids=["ffconcat", "HLS", "DASH"],
)
@pytest.mark.parametrize("name", ["in.mp4", "in.m3u8", "in.ffconcat"])
def test_a_playlist_reads_no_other_file(tmp_path: Path, text: str, name: str) -> None:
    make_clip(tmp_path / "secret.mkv", frames=3)
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError):
        mf.convert(tmp_path / name, tmp_path / "out.mkv", segmenter="selfie")
    assert {path.name for path in tmp_path.iterdir()} == {"secret.mkv", name}


@pytest.mark.parametrize("write", [gif, y4m])
@pytest.mark.parametrize("size", [(65000, 65000), (16000, 16000), (12000, 12000)])
def test_a_huge_header_is_an_error_and_not_an_allocation(
    tmp_path: Path, write: Callable[[int, int], bytes], size: tuple[int, int]
) -> None:
    (tmp_path / "huge").write_bytes(write(*size))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError):
        mf.convert(tmp_path / "huge", tmp_path / "out.mkv", segmenter="selfie")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000
    assert not (tmp_path / "out.mkv").exists()


@pytest.mark.parametrize("codec", ["h264_nvenc", "h264_qsv", "h264_vaapi"])
def test_hardware_that_is_absent_is_said_before_any_work(tmp_path: Path, codec: str) -> None:
    clip = make_clip(tmp_path / "in.mp4", frames=3)
    if choosable(codec):
        pytest.skip(f"{codec} is there")
    with pytest.raises(
        OptionError, match=r"(cannot be opened here .is its device there|no encoder).*libx264"
    ):
        mf.convert(clip, tmp_path / "out.mp4", segmenter="selfie", codec=codec)
    assert not (tmp_path / "out.mp4").exists()


def test_options_of_the_encoder_and_a_pixel_format_reach_it(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mp4", frames=12)
    settings = {"segmenter": "selfie", "pix_fmt": "yuv444p", "encoder_options": (("g", "4"), ("bf", "0"))}
    mf.convert(clip, tmp_path / "out.mkv", **settings)
    with av.open(str(tmp_path / "out.mkv")) as container:
        assert container.streams.video[0].codec_context.pix_fmt == "yuv444p"
        keys = [packet.is_keyframe for packet in container.demux(video=0) if packet.size]
    assert [i for i, key in enumerate(keys) if key] == [0, 4, 8]
