"""Remuxing: what is not the picture comes out as it went in, judged by ffprobe and ffmpeg."""

from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.stream import AttachmentStream

from masksmooth_filter.errors import OutputError
from masksmooth_filter.frames import CarriedPacket
from masksmooth_filter.media import Demuxer, EncodeOptions, Encoder, OutputFile
from tests.clips import as_pipe, frame_times, make_clip, packet_hashes, probe, run_ffmpeg, stream_entries
from tests.loop import convert

FAST = EncodeOptions(preset="ultrafast")


@pytest.mark.ffmpeg
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_languages_dispositions_chapters_and_title_are_kept(tmp_path: Path, suffix: str) -> None:
    made = make_clip(tmp_path / "made.mkv", audio=2, chapters=True, title="Steady")
    source, target = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    run_ffmpeg("-i", str(made), "-map", "0", "-c", "copy", "-disposition:a:0", "0",
               "-disposition:a:1", "default", str(source))  # fmt: skip
    assert convert(source, target) == []
    before, after = (
        probe(path, "-show_format", "-show_chapters", "-show_streams", "-select_streams", "a")
        for path in (source, target)
    )
    assert after["format"]["tags"]["title"] == "Steady"
    said = [
        [(c["start_time"], c["end_time"], c["tags"]["title"]) for c in found["chapters"]]
        for found in (before, after)
    ]
    assert said[0] == said[1]
    assert [title for _, _, title in said[1]] == ["One", "Two"]
    languages = [stream["tags"]["language"] for stream in after["streams"]]
    assert languages == ["eng", "deu"]
    for old, new in zip(before["streams"], after["streams"], strict=True):
        assert new["disposition"] == old["disposition"]


@pytest.mark.ffmpeg
def test_subtitles_attachments_and_a_second_film_are_carried(tmp_path: Path) -> None:
    clip, second = make_clip(tmp_path / "a.mkv", audio=1), make_clip(tmp_path / "s.mkv", size=(64, 48))
    (tmp_path / "s.srt").write_text("1\n00:00:00,100 --> 00:00:00,500\nHello\n")
    (tmp_path / "font.ttf").write_bytes(b"not a font" * 20)
    source, target = tmp_path / "full.mkv", tmp_path / "b.mkv"
    inputs = ["-i", str(clip), "-i", str(second), "-i", str(tmp_path / "s.srt")]
    attach = ["-attach", str(tmp_path / "font.ttf"), "-metadata:s:t", "mimetype=font/ttf"]
    run_ffmpeg(
        *inputs, "-map", "0", "-map", "1", "-map", "2", "-c", "copy", "-c:s", "srt", *attach, str(source)
    )
    assert convert(source, target) == []
    kinds = [[s["codec_type"] for s in probe(path, "-show_streams")["streams"]] for path in (source, target)]
    assert kinds[0] == kinds[1] == ["video", "audio", "video", "subtitle", "attachment"]
    for stream in ("a:0", "v:1", "s:0"):
        assert packet_hashes(source, stream=stream) == packet_hashes(target, stream=stream)
    with av.open(str(target)) as container:
        font = next(s for s in container.streams if isinstance(s, AttachmentStream))
        assert font.data == (tmp_path / "font.ttf").read_bytes()
        assert (font.name, font.mimetype) == ("font.ttf", "font/ttf")


@pytest.mark.ffmpeg
@pytest.mark.parametrize(
    ("first", "last"), [(".mp4", ".mp4"), (".mp4", ".mkv"), (".mkv", ".mkv"), (".mkv", ".mp4")]
)
def test_the_cover_picture_is_kept(tmp_path: Path, first: str, last: str) -> None:
    clip, cover = make_clip(tmp_path / "clip.mp4", frames=5), tmp_path / "cover.jpg"
    run_ffmpeg("-i", str(clip), "-frames:v", "1", "-s", "32x32", str(cover))
    source, target = tmp_path / f"a{first}", tmp_path / f"b{last}"
    if first == ".mkv":
        tags = ["-metadata:s:t", "mimetype=image/jpeg", "-metadata:s:t", "filename=cover.jpg"]
        run_ffmpeg("-i", str(clip), "-c", "copy", "-attach", str(cover), *tags, str(source))
    else:
        run_ffmpeg("-i", str(clip), "-i", str(cover), "-map", "0", "-map", "1", "-c", "copy",
                   "-disposition:v:1", "attached_pic", str(source))  # fmt: skip
    assert convert(source, target) == []
    with Demuxer(target) as demuxer:
        assert list(demuxer.pictures.values()) == [cover.read_bytes()]
    assert len(frame_times(target)) == 5


@pytest.mark.ffmpeg
def test_what_the_container_cannot_hold_is_refused_before_any_work(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mkv", audio=1)
    (tmp_path / "s.srt").write_text("1\n00:00:00,100 --> 00:00:00,500\nHello\n")
    source = tmp_path / "full.mkv"
    run_ffmpeg("-i", str(clip), "-i", str(tmp_path / "s.srt"), "-map", "0", "-map", "1", "-c", "copy",
               "-metadata:s:s:0", "language=eng", str(source))  # fmt: skip
    with Demuxer(source) as demuxer:
        words = (
            r"\.avi cannot hold stream #2 \(subtitle, .*, eng\) of the input; use .*\.mkv, or leave it out"
        )
        with pytest.raises(OutputError, match=words):
            OutputFile(tmp_path / "b.avi", demuxer, codec="libx264")
        with pytest.raises(OutputError, match=r"\.webm cannot hold stream #1 \(audio, aac"):
            OutputFile(tmp_path / "b.webm", demuxer, codec="libvpx-vp9")
    assert not (tmp_path / "b.avi").exists()
    warnings = convert(source, tmp_path / "b.avi", drop=True)
    assert [w.startswith(".avi cannot hold stream #2") for w in warnings].count(True) == 1
    assert packet_hashes(source, stream="a:0") == packet_hashes(tmp_path / "b.avi", stream="a:0")


@pytest.mark.ffmpeg
def test_a_timecode_is_kept_without_copying_its_track(tmp_path: Path) -> None:
    clip, source, target = make_clip(tmp_path / "c.mp4"), tmp_path / "a.mov", tmp_path / "b.mov"
    run_ffmpeg("-i", str(clip), "-c", "copy", "-timecode", "01:02:03:04", str(source))
    assert convert(source, target) == []
    tracks = [s for s in probe(target, "-show_streams")["streams"] if s["codec_type"] == "data"]
    assert [track["tags"]["timecode"] for track in tracks] == ["01:02:03:04"]


@pytest.mark.ffmpeg
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_the_pictures_tags_survive_the_whole_way(tmp_path: Path, suffix: str) -> None:
    tags = {"color_range": 2, "color_primaries": 1, "color_trc": 13, "colorspace": 1}
    source = make_clip(tmp_path / "a.mp4", pix_fmt="yuvj420p", tags=tags, rotation=-90, sar=Fraction(3, 2))
    convert(source, tmp_path / f"b{suffix}")
    names = (
        "pix_fmt",
        "color_range",
        "color_space",
        "color_transfer",
        "color_primaries",
        "sample_aspect_ratio",
    )
    before, after = (stream_entries(path) for path in (source, tmp_path / f"b{suffix}"))
    assert {name: after[name] for name in names} == {name: before[name] for name in names}
    with Demuxer(tmp_path / f"b{suffix}") as demuxer:
        assert demuxer.info.rotation == -90


@pytest.mark.ffmpeg
def test_torn_audio_packets_are_left_out_counted_and_said(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.ts", audio=1)
    with Demuxer(as_pipe(source)) as demuxer:
        output = OutputFile(tmp_path / "b.mp4", demuxer, codec="libx264")
        Encoder(output, demuxer.info, options=FAST)
        output.start()
        carried = [item for item in demuxer if isinstance(item, CarriedPacket)]
        for number, item in enumerate(carried):
            if number in (5, 6):
                item.packet.update(b"\0" * item.packet.size)
            output.mux(item)
        output.close()
    assert output.warnings == ["2 damaged packets of other streams could not be written and were left out"]
    assert len(packet_hashes(tmp_path / "b.mp4", stream="a:0")) == len(carried) - 2


def test_a_full_disk_is_an_output_error(tmp_path: Path) -> None:
    link = tmp_path / "full.mkv"
    link.symlink_to("/dev/full")
    source = make_clip(tmp_path / "a.mkv")
    with pytest.raises(OutputError, match=r"full\.mkv cannot be (written|finished).*[Nn]o space"):
        convert(source, link)


def test_a_missing_folder_is_an_output_error_at_start(tmp_path: Path) -> None:
    with Demuxer(make_clip(tmp_path / "a.mkv", frames=3)) as demuxer:
        output = OutputFile(tmp_path / "no" / "b.mkv", demuxer, codec="libx264")
        Encoder(output, demuxer.info, options=FAST)
        with pytest.raises(OutputError, match="No such file"):
            output.start()
        output.abort()
