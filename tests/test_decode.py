"""Decoding: every frame exactly once, with a time, and a plain word about what is damaged."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from masksmooth_filter.errors import InputError
from masksmooth_filter.frames import CarriedPacket
from masksmooth_filter.media import Decoder, Demuxer
from masksmooth_filter.timing import time_of
from tests.clips import as_pipe, frame_times, make_clip, run_ffmpeg

B_FRAMES = {"bf": "3", "g": "12"}

SOURCES = {
    "h264 with B-frames": ("a.mp4", {"codec": "libx264", "options": B_FRAMES}),
    "h264 with B-frames in TS": (
        "a.ts",
        {"codec": "libx264", "options": B_FRAMES, "time_base": Fraction(1, 90000)},
    ),
    "mpeg4": ("a.avi", {"codec": "mpeg4", "time_base": Fraction(1, 25)}),
    "vp9": ("a.webm", {"codec": "libvpx-vp9", "options": {"cpu-used": "8", "deadline": "realtime"}}),
    "full range": ("a.mkv", {"pix_fmt": "yuvj420p"}),
    "shorter than the decoder's delay": ("a.mp4", {"frames": 2}),
    "a single frame": ("a.mkv", {"frames": 1}),
}


def decode(path: Path) -> list[av.VideoFrame]:
    with Demuxer(path) as demuxer:
        frames = [f for p in demuxer if not isinstance(p, CarriedPacket) for f in demuxer.decoder.push(p)]
        return frames + demuxer.decoder.flush()


@pytest.mark.ffmpeg
@pytest.mark.parametrize("name", SOURCES)
def test_peeking_loses_and_doubles_no_frame(tmp_path: Path, name: str) -> None:
    file, recipe = SOURCES[name]
    path = make_clip(tmp_path / file, **recipe)  # type: ignore[arg-type]
    found = decode(path)
    with av.open(str(path)) as container:
        plain = [frame.to_ndarray() for frame in container.decode(video=0)]
    assert [time_of(frame) for frame in found] == frame_times(path)
    assert len(found) == len(plain)
    assert all(np.array_equal(a.to_ndarray(), b) for a, b in zip(found, plain, strict=True))


def test_frames_carry_no_order_to_the_next_encoder(tmp_path: Path) -> None:
    assert {frame.pict_type for frame in decode(make_clip(tmp_path / "a.mp4", options=B_FRAMES))} == {0}


def test_packets_of_other_streams_of_a_pipe_pass_by_in_its_order(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mkv", audio=2)
    with av.open(str(path)) as container:
        expected = [bytes(p) for p in container.demux(audio=(0, 1)) if p.size]
    with Demuxer(as_pipe(path)) as demuxer:
        found = [bytes(item.packet) for item in demuxer if isinstance(item, CarriedPacket)]
    assert found == expected


def test_a_second_decoder_on_the_same_stream_is_refused(tmp_path: Path) -> None:
    with (
        Demuxer(make_clip(tmp_path / "a.mp4", frames=3)) as demuxer,
        pytest.raises(ValueError, match=r"\.decoder"),
    ):
        Decoder(demuxer.stream)


def test_after_flush_the_decoder_is_as_new(tmp_path: Path) -> None:
    with av.open(str(make_clip(tmp_path / "a.mp4", options=B_FRAMES))) as container:
        decoder = Decoder(container.streams.video[0])
        times = []
        for _ in range(2):
            frames = [
                f for p in container.demux(video=0) if p.size for f in decoder.push(p)
            ] + decoder.flush()
            times.append([frame.pts for frame in frames])
            container.seek(0)
    assert times[0] == times[1] == [n * 512 for n in range(25)]


def test_repeated_and_backward_times_are_moved_on_by_a_tick_and_said_once(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mkv", frames=5, time_base=Fraction(1, 1000), options={"bf": "0"})
    with av.open(str(path)) as container:
        decoder = Decoder(container.streams.video[0])
        frames = []
        for packet, pts in zip(container.demux(video=0), [0, 40, 40, 20, 160], strict=False):
            packet.pts = pts
            frames += decoder.push(packet)
        frames += decoder.flush()
    assert [frame.pts for frame in frames] == [0, 40, 41, 42, 160]
    (warning,) = decoder.warnings
    assert warning.startswith("2 of 5 frames")


@pytest.mark.ffmpeg
def test_frames_without_any_time_follow_at_the_average_rate(tmp_path: Path) -> None:
    clip, raw = make_clip(tmp_path / "a.mp4", options=B_FRAMES), tmp_path / "a.h264"
    run_ffmpeg("-i", str(clip), "-c", "copy", str(raw))
    with Demuxer(raw) as demuxer:
        frames = [f for p in demuxer if isinstance(p, av.Packet) for f in demuxer.decoder.push(p)]
        frames += demuxer.decoder.flush()
        assert demuxer.warnings == ["25 of 25 frames had no time; they follow each other at the average rate"]
    assert [time_of(frame) for frame in frames] == [Fraction(n, 25) for n in range(25)]


def test_frames_without_a_time_at_the_start_lie_before_the_first_that_has_one(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mkv", frames=6, time_base=Fraction(1, 1000), options={"bf": "0"})
    with av.open(str(path)) as container:
        decoder = Decoder(container.streams.video[0])
        frames = []
        for packet, pts in zip(container.demux(video=0), [None, None, 20, 60, 100, 140], strict=False):
            packet.pts = packet.dts = pts
            frames += decoder.push(packet)
        frames += decoder.flush()
    assert [frame.pts for frame in frames] == [-60, -20, 20, 60, 100, 140]
    assert decoder.untimed == 2


def shorten(path: Path, part: float) -> Path:
    data = path.read_bytes()
    short = path.with_name("short" + path.suffix)
    short.write_bytes(data[: int(len(data) * part)])
    return short


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".ts"])
def test_a_truncated_file_gives_what_is_readable_and_says_how_much(tmp_path: Path, suffix: str) -> None:
    faststart = {"movflags": "faststart"} if suffix == ".mp4" else None
    whole = make_clip(tmp_path / f"whole{suffix}", frames=75, audio=1, container_options=faststart)
    with Demuxer(whole) as demuxer:
        assert len(list(demuxer)) >= 70  # what was peeked at is in the decoder
        assert demuxer.warnings == []
    with Demuxer(shorten(whole, 0.6)) as demuxer:
        frames = [f for p in demuxer if not isinstance(p, CarriedPacket) for f in demuxer.decoder.push(p)]
        frames += demuxer.decoder.flush()
        warning = demuxer.warnings[0]
    assert 20 < len(frames) < 70
    of = {".mp4": " of 75", ".mkv": " of about 76", ".ts": ""}[suffix]
    assert warning.startswith(f"input ends early: {len(frames)}{of} frames could be read; ")


def test_a_slide_show_is_not_taken_for_truncated(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mkv", pts=[0, 2000, 2040, 5000], time_base=Fraction(1, 1000), rate=1)
    with Demuxer(path) as demuxer:
        assert len(list(demuxer)) <= 4
        assert demuxer.warnings == []


def test_damage_in_the_middle_is_counted_and_the_rest_decoded(tmp_path: Path) -> None:
    path = make_clip(
        tmp_path / "a.mkv", frames=60, codec="mpeg4", options={"g": "10"}, time_base=Fraction(1, 1000)
    )
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        victims = [p.pos + 20 for p in container.demux(video=0) if p.pos is not None][20:22]
    for at in victims:
        data[at : at + 40] = b"\0" * 40
    path.write_bytes(data)
    assert len(decode(path)) >= 55


def test_a_video_in_which_nothing_decodes_is_refused(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mkv", frames=10, options={"bf": "0"})
    with av.open(str(path)) as container:
        spans = [(p.pos, p.size) for p in container.demux(video=0) if p.pos is not None]
    broken = bytearray(path.read_bytes())
    for pos, size in spans:
        broken[pos + 12 : pos + size] = b"\xff" * (size - 12)
    path.write_bytes(broken)
    with pytest.raises(InputError, match="no frame"):
        Demuxer(path)


@pytest.mark.ffmpeg
@pytest.mark.material
def test_the_private_films_decode_to_ffprobes_times(material: Path) -> None:
    for name in ("intel_asl_yes.mkv", "nasa_13013.mp4"):
        path = material / "videos" / name
        assert [time_of(frame) for frame in decode(path)] == frame_times(path)


@pytest.mark.ffmpeg
def test_frames_of_an_avi_keep_ffprobes_times(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", options=B_FRAMES)
    path = tmp_path / "b.avi"
    run_ffmpeg("-i", str(source), "-c", "copy", str(path))
    found = decode(path)
    assert len(found) == 25
    assert [time_of(f) for f in found] == sorted({time_of(f) for f in found})  # type: ignore[type-var]
