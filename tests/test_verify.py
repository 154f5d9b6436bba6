"""``verify`` passes what is whole, and catches each thing that is tampered with; ffprobe is the oracle."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

import masksmooth_filter as mf
from masksmooth_filter.verification.measure import measure
from tests.clips import frame_times, make_clip, packet_hashes, packet_times, run_ffmpeg
from tests.test_cli import run

UNEVEN = [0, 33, 71, 100, 133, 180, 200, 267, 300, 333, 401, 433]
FAST: dict[str, Any] = {"segmenter": "selfie", "preset": "ultrafast"}

pytestmark = pytest.mark.ffmpeg

SUBTITLE = "1\n00:00:00,100 --> 00:00:00,200\n<i>One</i>\nline\n\n2\n00:00:00,300 --> 00:00:00,400\nTwo\n"


def full_clip(path: Path) -> Path:
    """A film with everything: uneven times, two sounds, a subtitle, chapters, title, tags, rotation."""
    plain = make_clip(
        path.with_name(f"plain{path.suffix}"), frames=12, pts=UNEVEN, time_base=Fraction(1, 1000), audio=2,
        tags={"color_primaries": 9, "color_trc": 16, "colorspace": 9, "color_range": 1}, chapters=True,
        title="A title", rotation=90, sar=Fraction(4, 3), options={"bf": "2", "b_strategy": "0"},
    )  # fmt: skip
    words = path.with_suffix(".srt")
    words.write_text(SUBTITLE)
    codec = "mov_text" if path.suffix == ".mp4" else "subrip"
    arguments = ["-map", "0:v", "-map", "0:a", "-map", "1", "-c", "copy", "-c:s", codec]
    labels = ["-metadata:s:s:0", "language=fra", "-disposition:a:1", "hearing_impaired"]
    run_ffmpeg("-i", str(plain), "-i", str(words), *arguments, *labels, str(path))
    return path


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("pair")
    source = full_clip(folder / "in.mp4")
    mf.convert(source, folder / "out.mp4", codec="libx264", **FAST)  # its labels are spoilt by h264_metadata
    return source, folder / "out.mp4"


def differing(source: Path, output: Path, **allowed: Any) -> set[str]:
    return {row.what for row in mf.verify(source, output, **allowed).differences}


@pytest.mark.parametrize(
    ("before", "after"),
    [(".mp4", ".mp4"), (".mkv", ".mkv"), (".mp4", ".mov"), (".mp4", ".mkv")],
)
def test_a_good_output_passes_in_every_row(tmp_path: Path, before: str, after: str) -> None:
    source, output = full_clip(tmp_path / f"in{before}"), tmp_path / f"out{after}"
    mf.convert(source, output, **FAST)
    result = mf.verify(source, output)
    assert result.ok, result.table()
    whats = {row.what for row in result.rows}
    assert {"frames", "frame times", "rotation", "pixel aspect", "colour matrix", "chapters", "tags"} <= whats
    assert {"audio #1 packets", "audio #2 language", "subtitle #3 packets"} <= whats


def remux(source: Path, target: Path, change: Callable[[Any, int], bool], *, kind: str) -> None:
    """Copy a film; ``change`` gets each packet of a kind with its number, and says whether it is kept."""
    options = {"movie_timescale": "90000"}
    with av.open(source) as film, av.open(target, "w", options=options) as out:
        tracks = {}
        for stream in film.streams:
            if stream.codec_context is None:
                continue
            tracks[stream.index] = track = out.add_stream_from_template(stream, opaque=True)
            track.metadata.update(stream.metadata)
            track.disposition = stream.disposition
        out.streams.video[0].set_display_rotation(90)
        out.metadata.update(film.metadata)
        out.set_chapters(film.chapters())
        number, chosen = 0, next(s.index for s in film.streams if s.type == kind)
        for packet in film.demux():
            if packet.stream_index not in tracks or not packet.size:
                continue
            if packet.stream_index == chosen:
                number += 1
                if not change(packet, number):
                    continue
            packet.stream = tracks[packet.stream_index]
            out.mux(packet)


def drop_fifth(packet: Any, number: int) -> bool:
    return number != 5


def spoil_fifth(packet: Any, number: int) -> bool:
    if number == 5:
        packet.update(bytes(packet)[:-1] + bytes([bytes(packet)[-1] ^ 1]))
    return True


def late_fifth(packet: Any, number: int) -> bool:
    packet.pts += 3 * (number == 5)
    return True


def twenty_ms_late(packet: Any, number: int) -> bool:
    packet.pts += 20 * 48
    packet.dts += 20 * 48
    return True


def reword(packet: Any, number: int) -> bool:
    packet.update(bytes(packet).replace(b"Two", b"Too"))
    return True


REMUXED: dict[str, tuple[str, Callable[[Any, int], bool], set[str]]] = {
    "a dropped sound packet": ("audio", drop_fifth, {"audio #1 packets", "audio #1 times"}),
    "a bit of a sound packet": ("audio", spoil_fifth, {"audio #1 packets"}),
    "sound 20 ms late": ("audio", twenty_ms_late, {"audio #1 times"}),
    "a frame 3 ms late": ("video", late_fifth, {"frame times"}),
    "a changed subtitle": ("subtitle", reword, {"subtitle #3 packets"}),
}


@pytest.mark.parametrize(("kind", "change", "expected"), REMUXED.values(), ids=REMUXED)
def test_a_tampered_packet_is_found(
    pair: tuple[Path, Path], tmp_path: Path, kind: str, change: Any, expected: set[str]
) -> None:
    source, output = pair
    remux(output, tmp_path / "whole.mp4", lambda packet, number: True, kind=kind)
    assert not differing(source, tmp_path / "whole.mp4")
    remux(output, tmp_path / "bad.mp4", change, kind=kind)
    assert differing(source, tmp_path / "bad.mp4") == expected


H264 = "-bsf:v", "h264_metadata"
COPIED: dict[str, tuple[list[str], set[str]]] = {
    "nothing": ([], set()),
    "a lost language": (["-metadata:s:a:1", "language="], {"audio #2 language"}),
    "another language": (["-metadata:s:s:0", "language=deu"], {"subtitle #3 language"}),
    "lost chapters": (["-map_chapters", "-1"], {"chapters"}),
    "another title": (["-metadata", "title=B"], {"tags: title"}),
    "a lost sound": (["-map", "-0:2"], {"audio #2"}),
    "a lost subtitle": (["-map", "-0:s"], {"subtitle #3"}),
    "full range": ([H264[0], f"{H264[1]}=video_full_range_flag=1"], {"colour range"}),
    "another matrix": ([H264[0], f"{H264[1]}=matrix_coefficients=1"], {"colour matrix"}),
    "square pixels": ([H264[0], f"{H264[1]}=sample_aspect_ratio=1/1", "-aspect", "3:2"], {"pixel aspect"}),
    "another rotation": (["-metadata:s:v", "rotate=180"], {"rotation"}),
    "another flag": (["-disposition:a:1", "comment"], {"audio #2 disposition"}),
    "sound re-encoded": (["-c:a:0", "aac", "-b:a:0", "48k"], {"audio #1 packets"}),
    "two frames less": (["-frames:v", "10"], {"frames", "audio #1 packets", "audio #2 packets"}),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "expected"), COPIED.values(), ids=COPIED)
def test_a_tampered_label_is_found(
    pair: tuple[Path, Path], tmp_path: Path, arguments: list[str], expected: set[str]
) -> None:
    source, output = pair
    bad = tmp_path / "bad.mp4"
    run_ffmpeg("-i", str(output), "-map", "0:v", "-map", "0:a", "-map", "0:s", "-c", "copy",
               "-movie_timescale", "90000", *arguments, str(bad))  # fmt: skip
    found = differing(source, bad)
    assert found - {"audio #1 times"} == expected, mf.verify(source, bad).table()


def test_a_lost_attachment_and_a_lost_bit_depth_are_found(tmp_path: Path) -> None:
    deep = make_clip(tmp_path / "deep.mkv", frames=4, pix_fmt="yuv420p10le")
    (tmp_path / "font.ttf").write_bytes(bytes(100))
    source = tmp_path / "in.mkv"
    run_ffmpeg("-i", str(deep), "-c", "copy", "-attach", str(tmp_path / "font.ttf"),
               "-metadata:s:t", "mimetype=font/ttf", str(source))  # fmt: skip
    mf.convert(source, tmp_path / "out.mkv", **FAST)
    assert not differing(source, tmp_path / "out.mkv")
    run_ffmpeg("-i", str(source), "-map", "0:v", "-pix_fmt", "yuv420p", "-fps_mode", "passthrough",
               str(tmp_path / "flat.mkv"))  # fmt: skip
    assert differing(source, tmp_path / "flat.mkv") == {"pixel format", "attachment #1"}


def test_what_the_container_cannot_hold_is_a_change_with_its_reason(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    output = tmp_path / "out.ts"
    mf.convert(pair[0], output, drop_unsupported=True, **FAST)
    result = mf.verify(pair[0], output, drop_unsupported=True)
    assert result.ok, result.table()
    changed = {row.what: row.note for row in result.rows if row.verdict == "changed"}
    assert changed["chapters"] == "mpegts cannot hold it"
    assert changed["rotation"] == "mpegts cannot hold it"
    assert changed["subtitle #3"] == "left out, as was asked for"
    assert "moved by" in changed["start"]
    assert "subtitle #3" in differing(pair[0], output)


def test_a_matte_has_its_own_pixels_and_everything_else_of_the_source(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    output = tmp_path / "matte.mkv"
    mf.convert(
        make_clip(tmp_path / "in.mp4", frames=5, audio=1),
        output,
        mode="matte",
        codec="ffv1",
        segmenter="selfie",
    )
    assert not differing(tmp_path / "in.mp4", output, mode="matte")
    with pytest.raises(mf.OptionError, match="no mode 'hologram'; supported values are overlay, matte"):
        mf.verify(tmp_path / "in.mp4", output, mode="hologram")  # type: ignore[arg-type]


def test_text_subtitles_may_be_converted_but_not_reworded(pair: tuple[Path, Path], tmp_path: Path) -> None:
    source = full_clip(tmp_path / "in.mkv")
    run_ffmpeg("-i", str(source), "-map", "0", "-c", "copy", "-c:s", "mov_text", str(tmp_path / "out.mp4"))
    rows = {row.what: row for row in mf.verify(source, tmp_path / "out.mp4").rows}
    assert rows["subtitle #3 codec"].verdict == "changed"
    assert (rows["subtitle #3 packets"].ok, rows["subtitle #3 packets"].note) == (
        True,
        "the words are the same",
    )
    (tmp_path / "other.srt").write_text(SUBTITLE.replace("Two", "Three"))
    arguments = ["-map", "0:v", "-map", "0:a", "-map", "1", "-c", "copy", "-c:s", "mov_text"]
    words = str(tmp_path / "other.srt")
    run_ffmpeg("-i", str(source), "-i", words, *arguments, str(tmp_path / "bad.mp4"))
    assert "subtitle #3 packets" in differing(source, tmp_path / "bad.mp4")


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_it_measures_what_ffprobe_measures(tmp_path: Path, suffix: str) -> None:
    clip = make_clip(tmp_path / f"in{suffix}", frames=12, audio=1, options={"bf": "3", "b_strategy": "0"})
    found = measure(clip)
    assert [t * found.film.base for t in found.film.times] == frame_times(clip)
    assert [t * found.tracks[0].base for t in found.tracks[0].times] == packet_times(clip, stream="a:0")
    hashes = packet_hashes(clip, stream="a:0")
    same = [[a == b for b in found.tracks[0].hashes] for a in found.tracks[0].hashes]
    assert same == [[a == b for b in hashes] for a in hashes]


def test_sound_out_of_a_transport_stream_is_the_same_without_its_headers(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.ts", frames=12, audio=1)
    run_ffmpeg("-i", str(clip), "-c", "copy", "-bsf:a", "aac_adtstoasc", str(tmp_path / "out.mp4"))
    assert measure(clip).tracks[0].hashes == measure(tmp_path / "out.mp4").tracks[0].hashes
    assert packet_hashes(clip, stream="a:0") != packet_hashes(tmp_path / "out.mp4", stream="a:0")


def test_the_last_frames_duration_counts(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mp4", frames=12, options={"bf": "0"})
    mf.convert(source, tmp_path / "out.mp4", **FAST)
    rows = {row.what: row for row in mf.verify(source, tmp_path / "out.mp4").rows}
    assert rows["last frame's duration"].output == "0.040000 s"
    bad = make_clip(
        tmp_path / "bad.mp4", frames=12, options={"bf": "0"}, pts=[512 * n for n in range(12)], rate=10
    )
    assert differing(source, bad) == {"last frame's duration"}


def test_the_table_is_a_line_a_row_and_the_rows_cannot_be_changed(pair: tuple[Path, Path]) -> None:
    result = mf.verify(*pair)
    lines = result.table().splitlines()
    assert len(lines) == len(result.rows) + 1
    assert all(line.startswith(("same", "changed")) for line in lines[1:])
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.rows[0].ok = False  # type: ignore[misc]


def test_the_command_prints_the_table_and_ends_well(pair: tuple[Path, Path], tmp_path: Path) -> None:
    done = run(pair[0], tmp_path / "out.mp4", "--segmenter", "selfie", "--verify")
    assert (done.returncode, done.stdout) == (0, "")
    assert "frame times" in done.stderr
    quiet = run(pair[0], tmp_path / "quiet.mp4", "--segmenter", "selfie", "--verify", "--quiet")
    assert (quiet.returncode, quiet.stderr) == (0, "")


def test_the_command_ends_with_8_and_keeps_the_file_if_something_differs(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mkv", frames=12, pts=UNEVEN, time_base=Fraction(1, 1000))
    done = run(source, tmp_path / "out.avi", "--segmenter", "selfie", "--verify")  # AVI has no uneven times
    assert done.returncode == 8
    assert "DIFFERS  frame times" in done.stderr
    assert "out.avi is written and kept, but 1 things are not as in the source: frame times" in done.stderr
    assert (tmp_path / "out.avi").exists()


def test_the_command_refuses_to_verify_a_pipe(tmp_path: Path) -> None:
    done = run("-", tmp_path / "out.mkv", "--verify")
    assert done.returncode == 2
    assert "a pipe has none; give files" in done.stderr


def test_a_file_that_is_no_film_is_an_error(pair: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no film\n" * 100)
    with pytest.raises(mf.InputError, match=r"text\.mp4 cannot be read as a video"):
        mf.verify(pair[0], tmp_path / "text.mp4")
    shutil.copy(pair[1], tmp_path / "cut.mp4")
    (tmp_path / "cut.mp4").write_bytes(pair[1].read_bytes()[:500])
    with pytest.raises(mf.InputError):
        mf.verify(pair[0], tmp_path / "cut.mp4")


def test_differences_in_words_alone_are_none(tmp_path: Path) -> None:
    picture, sound = "testsrc2=s=64x48:d=0.4", "sine=r=48000:d=0.4"
    both = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound]
    labels = ["-metadata", "creation_time=2021-05-06T07:08:09Z", "-metadata:s:a", "language=deu"]
    run_ffmpeg(*both, *labels, "-c:a", "mp2", str(tmp_path / "in.mkv"))
    run_ffmpeg("-i", str(tmp_path / "in.mkv"), "-c", "copy", *labels, str(tmp_path / "out.mp4"))
    bad = [
        row
        for row in mf.verify(tmp_path / "in.mkv", tmp_path / "out.mp4").differences
        if "times" not in row.what
    ]
    assert not bad  # mp2 is called mp3 there, and the date stands on every stream
    run_ffmpeg(*both, "-c:v", "mpeg4", "-c:a", "mp3", str(tmp_path / "in.avi"))
    run_ffmpeg("-i", str(tmp_path / "in.avi"), "-c", "copy", str(tmp_path / "out.avi"))
    assert not differing(tmp_path / "in.avi", tmp_path / "out.avi")  # which program wrote it is no matter
