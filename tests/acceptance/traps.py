"""Clips by recipe, each with a trap in it; made with FFmpeg's command, or PyAV where that cannot."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av

from tests.clips import make_clip, run_ffmpeg

Recipe = Callable[[Path, str], Path]
"""Makes a clip in a folder with a suffix."""

SUBTITLES = "1\n00:00:00,100 --> 00:00:00,500\nHello <i>there</i>\n\n2\n00:00:00,600 --> 00:00:00,900\nBye\n"

SPARSE = "-vf \"select='not(mod(n,3))+not(mod(n,5))'\" -fps_mode vfr"
"""Frames left out unevenly, the others at their times."""

LATE_CHAPTERS = """;FFMETADATA1
[CHAPTER]
TIMEBASE=1/1000
START=500
END=1000
title=One
[CHAPTER]
TIMEBASE=1/1000
START=1000
END=1900
title=Two
"""

CHAPTERS = """;FFMETADATA1
title=Film
artist=Me
comment=Said
[CHAPTER]
TIMEBASE=1/1000
START=0
END=400
title=One
[CHAPTER]
TIMEBASE=1/1000
START=400
END=1000
title=Two
"""


def picture(size: str = "64x48", rate: str = "25", seconds: float = 1) -> str:
    return f"-f lavfi -i testsrc2=s={size}:r={rate}:d={seconds}"


def sound(seconds: float = 1, frequency: int = 440) -> str:
    return f"-f lavfi -i sine=f={frequency}:r=48000:d={seconds}"


def by_ffmpeg(*steps: str) -> Recipe:
    """Return a recipe of ffmpeg calls; ``{out}`` is the clip, other ``{a.mkv}`` are files between."""

    def make(folder: Path, suffix: str) -> Path:
        out = folder / f"source{suffix}"
        (folder / "s.srt").write_text(SUBTITLES)
        (folder / "chapters.txt").write_text(CHAPTERS)
        (folder / "late.txt").write_text(LATE_CHAPTERS)
        (folder / "font.ttf").write_bytes(b"not a font" * 20)
        for step in steps:
            words = shlex.split(step.replace("{out}", str(out)).replace("{dir}", str(folder)))
            run_ffmpeg(*words)
        return out

    return make


def encoded(arguments: str = "", *, size: str = "64x48", rate: str = "25", seconds: float = 1) -> Recipe:
    """Return a recipe for a film without sound."""
    return by_ffmpeg(f"{picture(size, rate, seconds)} {arguments} {{out}}")


def spoken(arguments: str = "", *, seconds: float = 1) -> Recipe:
    """Return a recipe for a film with two sound tracks."""
    inputs = f"{picture(seconds=seconds)} {sound(seconds)} {sound(seconds, 660)}"
    return by_ffmpeg(f"{inputs} -map 0 -map 1 -map 2 -g 10 {arguments} {{out}}")


def subtitled(arguments: str) -> Recipe:
    """Return a recipe for a film with French subtitles."""
    inputs = f"{picture()} -i {{dir}}/s.srt"
    return by_ffmpeg(f"{inputs} -map 0 -map 1 {arguments} -metadata:s:1 language=fra {{out}}")


def shifted(video: float = 0, audio: float = 0, arguments: str = "") -> Recipe:
    """Return a recipe for a film and a sound that start at given times."""
    copy = "-map 0:v -map 1:a -c copy -avoid_negative_ts disabled"
    return by_ffmpeg(
        f"{picture()} -g 10 {{dir}}/v.mp4",
        f"{sound()} -c:a mp2 {{dir}}/a.mp2",
        f"-itsoffset {video} -i {{dir}}/v.mp4 -itsoffset {audio} -i {{dir}}/a.mp2 {copy} {arguments} {{out}}",
    )


def piped(folder: Path, suffix: str) -> Path:
    """Write a clip to a pipe, so that its header knows no duration."""
    out = folder / f"source{suffix}"
    name = {".mkv": "matroska", ".nut": "nut", ".ts": "mpegts"}[suffix]
    command = shlex.split(f"ffmpeg -v error {picture()} {sound()} -c:a mp2 -f {name} -")
    out.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    return out


def size_change(folder: Path, suffix: str) -> Path:
    """Two sizes in one stream, one after the other."""
    run_ffmpeg(*shlex.split(f"{picture()} -g 5 {folder}/a.ts"))
    run_ffmpeg(*shlex.split(f"{picture('96x80')} -g 5 -output_ts_offset 1 {folder}/b.ts"))
    out = folder / f"source{suffix}"
    joined = folder / "joined.ts"
    joined.write_bytes((folder / "a.ts").read_bytes() + (folder / "b.ts").read_bytes())
    if suffix == ".ts":
        return joined.rename(out)
    run_ffmpeg("-i", str(joined), "-c", "copy", str(out))
    return out


def flv_with_times(*milliseconds: int) -> Recipe:
    """Return a recipe for an FLV whose frames have these times, in any order: its tags are changed."""

    def make(folder: Path, suffix: str) -> Path:
        out = folder / f"source{suffix}"
        run_ffmpeg(*shlex.split(f"{picture(seconds=len(milliseconds) / 25)} -c:v flv1 -q:v 2 {out}"))
        data, at, number = bytearray(out.read_bytes()), 13, 0  # 9 bytes of header, 4 of the tag before it
        while at < len(data):
            if data[at] == 9:
                data[at + 4 : at + 7] = milliseconds[number].to_bytes(3, "big")
                number += 1
            at += 15 + int.from_bytes(data[at + 1 : at + 4], "big")
        out.write_bytes(data)
        return out

    return make


def with_packets(codec: str, *contents: bytes) -> Recipe:
    """Return a recipe that adds a stream of any codec, with packets of these bytes."""

    def make(folder: Path, suffix: str) -> Path:
        clip = make_clip(folder / "clip.mkv", frames=20)
        out = folder / f"source{suffix}"
        with av.open(str(clip)) as source, av.open(str(out), "w") as target:
            film = target.add_stream_from_template(source.streams.video[0], opaque=True)
            track = target.add_mux_stream(codec)
            track.time_base = Fraction(1, 90000)
            for packet in source.demux(video=0):
                if packet.size:
                    packet.stream = film
                    target.mux(packet)
            for number, content in enumerate(contents):
                packet = av.Packet(content)
                packet.pts = packet.dts = 90 * (200 * number + 100)
                packet.duration, packet.time_base, packet.stream = 9000, Fraction(1, 90000), track
                target.mux(packet)
        return out

    return make


def with_matrix(*matrix: int) -> Recipe:
    """Return a recipe for a clip with a display matrix."""

    def make(folder: Path, suffix: str) -> Path:
        clip = make_clip(folder / "clip.mkv", frames=10)
        out = folder / f"source{suffix}"
        with av.open(str(clip)) as source, av.open(str(out), "w") as target:
            film = target.add_stream_from_template(source.streams.video[0], opaque=True)
            film.set_display_matrix(matrix)
            for packet in source.demux(video=0):
                if packet.size:
                    packet.stream = film
                    target.mux(packet)
        return out

    return make


def hdr(arguments: str = "") -> Recipe:
    """Return a recipe for HDR10 as cameras write it."""
    display = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
    light = f"master-display={display}:max-cll=1000,400"
    tags = "-color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc -color_range tv"
    params = f"-x265-params log-level=error:hdr10=1:repeat-headers=1:{light}"
    return by_ffmpeg(
        f"{picture(seconds=0.4)} -pix_fmt yuv420p10le -c:v libx265 {params} {tags} {arguments} {{out}}"
    )
