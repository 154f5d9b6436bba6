"""What ffprobe, which is none of ours, says is different between a source and what was made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from tests.clips import probe

OWN_TAGS = {"encoder", "major_brand", "minor_version", "compatible_brands", "duration", "handler_name",
            "vendor_id", "bps", "number_of_frames", "number_of_bytes", "creation_tool",
            "alpha_mode", "software"}  # fmt: skip
"""Tags that tell of the file or the program that wrote it, not of the film."""

PICTURE = ("width", "height", "pix_fmt", "sample_aspect_ratio", "color_range", "color_space",
           "color_transfer", "color_primaries", "chroma_location", "field_order")  # fmt: skip

NOTHING = {None, "unknown", "unspecified", "N/A", "0:1", "1:1", "progressive", "left"}
"""Ways to say nothing, or the default."""


@dataclass
class Stream:
    """One stream: ffprobe's words on it, and its packets or frames."""

    said: dict[str, Any]
    times: list[Fraction] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)
    base: Fraction = Fraction(1)
    last: Fraction | None = None
    side: dict[str, Any] = field(default_factory=dict)


def is_film(stream: dict[str, Any]) -> bool:
    return stream["codec_type"] == "video" and not stream["disposition"]["attached_pic"]


@cache
def film(path: Path) -> Stream:
    """Return the film's frames."""
    streams = probe(path, "-show_streams")["streams"]
    said = next(stream for stream in streams if is_film(stream))
    index = str(said["index"])
    found = probe(path, "-select_streams", index, "-show_frames")
    base, frames = Fraction(said["time_base"]), found["frames"]
    times = _repaired([_time(frame, base) for frame in frames], said["avg_frame_rate"], base)
    packets = probe(path, "-select_streams", index, "-show_entries", "packet=pts,duration")["packets"]
    end = max(packets, key=lambda packet: packet.get("pts", 0))
    result = Stream(said, times, base=base)
    result.last = end["duration"] * base if "duration" in end else None
    for frame in frames[:1]:
        result.said["interlaced"] = (frame["interlaced_frame"], frame["top_field_first"])
        for data in [*frame.get("side_data_list", []), *said.get("side_data_list", [])]:
            kind = data["side_data_type"].replace("3x3 displaymatrix", "Display Matrix")
            result.side.setdefault(kind, data | {"side_data_type": kind})
    return result


def _time(frame: dict[str, Any], base: Fraction) -> Fraction | None:
    ticks = frame.get("pts", frame.get("best_effort_timestamp"))
    return None if ticks is None else ticks * base


def _repaired(times: list[Fraction | None], rate: str, base: Fraction) -> list[Fraction]:
    """Return times in order.

    One that is missing (a raw stream has none, AVI's last B-frame, Matroska before 0) lies a frame's duration
    after the one before, or before the first that is known; one that repeats or goes back is a tick later.
    """
    step = Fraction(0) if rate == "0/0" else 1 / Fraction(rate)
    known = next((n for n, time in enumerate(times) if time is not None), None)
    first = 0 if known is None else (times[known] or 0) - known * step
    found: list[Fraction] = []
    for time in times:
        after = found[-1] + step if found else Fraction(first)
        now = after if time is None else time
        found.append(found[-1] + base if found and now <= found[-1] else now)
    return found


@cache
def others(path: Path) -> list[Stream]:
    """Return the other streams: packets with their content's hash."""
    about = probe(path, "-show_streams", "-show_chapters")
    streams = [s for s in about["streams"] if not (about["chapters"] and s.get("codec_name") == "bin_data")]
    seen_film, found = False, []
    for said in streams:
        if is_film(said) and not seen_film:
            seen_film = True
            continue
        index, base = str(said["index"]), Fraction(said["time_base"])
        entries = ("-show_data_hash", "md5", "-show_entries", "packet=pts,dts,size,data_hash")
        packets = probe(path, "-select_streams", index, *entries)["packets"]
        if said.get("codec_name") == "mov_text":  # a text of no length only ends the one before
            packets = [packet for packet in packets if int(packet["size"]) > 2]
        times = [packet.get("pts", packet.get("dts", 0)) * base for packet in packets]
        found.append(Stream(said, times, [packet["data_hash"] for packet in packets], base))
    return found


def differences(source: Path, target: Path, *, moved: Fraction = Fraction(0)) -> dict[str, str]:
    """Return what is different, by kind: ``times``, ``picture``, ``streams``, ``chapters``, ``tags``, ...

    Parameters
    ----------
    source, target : Path
    moved : Fraction
        Seconds all times alike may have been moved by.
    """
    found: dict[str, str] = {}
    before, after = film(source), film(target)
    _compare_times(found, before, after, moved)
    _compare_picture(found, before, after)
    _compare_others(found, others(source), others(target), moved)
    _compare_container(found, source, target, moved)
    _compare_services(found, source, target)
    return found


def _compare_services(found: dict[str, str], source: Path, target: Path) -> None:
    """Compare what two broadcasts say of their service, and their PIDs."""
    sides = []
    for path in (source, target):
        about = probe(path, "-show_programs", "-show_format")
        if about["format"]["format_name"] != "mpegts":
            return
        ids = [stream["id"] for stream in probe(path, "-show_streams")["streams"]]
        sides.append(([(p["program_num"], p.get("tags", {})) for p in about["programs"]], ids))
    if sides[0] != sides[1]:
        found["service"] = f"{sides[0]} became {sides[1]}"


def _off(before: Stream, after: Stream, moved: Fraction) -> Fraction:
    pairs = zip(before.times, after.times, strict=False)
    return max((abs(b - a - moved) for a, b in pairs), default=Fraction(0))


def _compare_times(found: dict[str, str], before: Stream, after: Stream, moved: Fraction) -> None:
    if len(before.times) != len(after.times):
        found["count"] = f"{len(before.times)} frames became {len(after.times)}"
    allowed = Fraction(0) if (before.base / after.base).denominator == 1 else max(before.base, after.base) / 2
    if (off := _off(before, after, moved)) > allowed:
        starts = f"{float(before.times[0]):.4f} became {float(after.times[0]):.4f}"
        found["times"] = f"off by {float(off):.6f} s, start {starts}"
    if before.last and (after.last is None or abs(before.last - after.last) > max(before.base, after.base)):
        found["last"] = f"the last frame's {before.last} s became {after.last}"


def _compare_picture(found: dict[str, str], before: Stream, after: Stream) -> None:
    names = [*PICTURE, "interlaced"]
    for name in names:
        old, new = before.said.get(name), after.said.get(name)
        old, new = (
            _spelled(name, value, side.said["pix_fmt"]) for value, side in ((old, before), (new, after))
        )
        if old != new and not {old, new} <= NOTHING:
            found[name] = f"{old} became {new}"
    for kind in before.side.keys() | after.side.keys():
        old, new = before.side.get(kind), after.side.get(kind)
        if kind.startswith(("Display", "Master", "Content", "Spheric", "Stereo")) and not _alike(old, new):
            found[kind.split()[0].lower()] = f"{old} became {new}"


def _spelled(name: str, value: Any, pix_fmt: str) -> Any:
    """Return one spelling for what means the same: ``yuvj``, RGB by any name, the range nobody says."""
    rgb = pix_fmt in ("rgb24", "bgr24", "gbrp", "bgr0")
    if name == "pix_fmt":
        return "rgb" if rgb else str(value).replace("yuvj", "yuv")
    if name == "color_range":
        return None if rgb or value == "tv" else value
    return None if rgb and name == "color_space" else value


def _alike(old: dict[str, Any] | None, new: dict[str, Any] | None) -> bool:
    """Tell whether side data is the same, fractions by their value."""
    if old is None or new is None or old.keys() != new.keys():
        return False
    pairs = [(old[key], new[key]) for key in old]
    return all(
        a == b or ("/" in str(a) and abs(Fraction(a) - Fraction(b)) < Fraction(1, 9999)) for a, b in pairs
    )


def _compare_others(
    found: dict[str, str], before: list[Stream], after: list[Stream], moved: Fraction
) -> None:
    kinds = [[stream.said["codec_type"] for stream in side] for side in (before, after)]
    if kinds[0] != kinds[1]:
        found["streams"] = f"{kinds[0]} became {kinds[1]}"
        return
    for old, new in zip(before, after, strict=True):
        what = f"{old.said['codec_type']} {old.said.get('codec_name')}"
        if _codec(old) != _codec(new):
            found["codec"] = f"{what} became {new.said.get('codec_name')}"
        elif old.hashes != new.hashes and old.said["codec_type"] != "attachment":
            found["packets"] = f"{what}: {len(old.hashes)} packets became {len(new.hashes)}, or others"
        if _off(old, new, moved) > max(old.base, new.base):
            found["sync"] = f"{what} is off by {float(_off(old, new, moved)):.6f} s"
        was, now = _flags(old, before), _flags(new, after)
        if was != now:
            found["disposition"] = f"{what} {was} became {now}"
        _compare_tags(found, old.said, new.said, what)


def _codec(stream: Stream) -> str:
    """Return the codec; of MP3 and MP2 in MP4 ffprobe guesses which from a number they share."""
    return str(stream.said.get("codec_name")).replace("mp3", "mp2")


def _flags(stream: Stream, side: list[Stream]) -> set[str]:
    """Return what a stream is for; where none of a kind is the default, players take the first."""
    found = {key for key, value in stream.said["disposition"].items() if value}
    same = [other for other in side if other.said["codec_type"] == stream.said["codec_type"]]
    if stream is same[0] and not any(other.said["disposition"]["default"] for other in same):
        found.add("default")
    return found


def _compare_tags(found: dict[str, str], old: dict[str, Any], new: dict[str, Any], what: str) -> None:
    sides = []
    for side in (old, new):
        tags = {key.lower(): value for key, value in side.get("tags", {}).items()}
        sides.append({key: value for key, value in tags.items() if key not in OWN_TAGS and value != "und"})
    if missing := {key: value for key, value in sides[0].items() if sides[1].get(key) != value}:
        found["tags"] = f"{what}: {missing} became {sides[1]}"


def _compare_container(found: dict[str, str], source: Path, target: Path, moved: Fraction) -> None:
    old, new = (probe(path, "-show_format", "-show_chapters") for path in (source, target))
    _compare_tags(found, old["format"], new["format"], "container")
    marks = [
        [
            (float(c["start_time"]), float(c["end_time"]), c.get("tags", {}).get("title"))
            for c in side["chapters"]
        ]
        for side in (old, new)
    ]
    before = [(round(a + float(moved), 3), round(b + float(moved), 3), title) for a, b, title in marks[0]]
    after = [(round(a, 3), round(b, 3), title) for a, b, title in marks[1]]
    if before != after:
        found["chapters"] = f"{before} became {after}"
