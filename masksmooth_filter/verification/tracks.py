"""Comparing every stream that is not the film."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from av.stream import Disposition

from masksmooth_filter.verification.holds import FLAGS, excuse, lost_tags
from masksmooth_filter.verification.measure import Contents, Track
from masksmooth_filter.verification.payload import TEXT_CODECS
from masksmooth_filter.verification.rows import Row, compared
from masksmooth_filter.verification.times import packet_drift

TERMINOLOGIC = {
    "alb": "sqi", "arm": "hye", "baq": "eus", "bur": "mya", "chi": "zho", "cze": "ces", "dut": "nld",
    "fre": "fra", "geo": "kat", "ger": "deu", "gre": "ell", "ice": "isl", "mac": "mkd", "mao": "mri",
    "may": "msa", "per": "fas", "rum": "ron", "slo": "slk", "tib": "bod", "wel": "cym",
}  # fmt: skip
"""ISO 639-2 has two codes for 20 languages; .mov knows only the first, most files have the second."""

MPEG_AUDIO = frozenset({"mp1", "mp2", "mp3"})
"""One object type in .mp4: libav guesses the layer from the sample rate (libavformat/mov.c)."""

Pair = tuple[Track, Track | None]


def track_rows(source: Contents, output: Contents, shift: Fraction, *, dropped: bool) -> list[Row]:
    """Return the rows about audio, subtitles, attachments, covers and data."""
    rows = []
    for track, copy in pairs(source, output):
        name = _name(track)
        if copy is None:
            note = "left out, as was asked for" if dropped else ""
            rows.append(Row(name, track.codec, "-", dropped, note))
            continue
        rows += _content_rows(name, track, copy, shift)
        rows += _label_rows(name, track, copy, output.family)
    return rows


def pairs(source: Contents, output: Contents) -> Iterator[Pair]:
    """Yield each stream of the source with the stream of the output that is most like it, or None."""
    free = list(output.tracks)
    for track in source.tracks:
        if _said_elsewhere(track, source):
            continue
        alike = [copy for copy in free if copy.kind == track.kind]
        best = max(alike, key=lambda copy: _likeness(track, copy), default=None)
        if best is not None:
            free.remove(best)
        yield track, best


def _codec_excuse(before: str, after: str) -> str:
    """Return why the name of a codec may differ, or nothing."""
    if {before, after} <= TEXT_CODECS:
        return "text subtitles are converted"
    if {before, after} <= MPEG_AUDIO:
        return "MPEG audio, whose layer its packets say"
    return ""


def _said_elsewhere(track: Track, source: Contents) -> bool:
    """Tell whether a data stream only repeats what chapters or the time code say (.mp4 has such)."""
    return track.kind == "data" and (
        "timecode" in track.tags or (track.codec == "bin_data" and bool(source.chapters))
    )


def _likeness(track: Track, copy: Track) -> tuple[bool, bool, bool, bool]:
    return (
        track.hashes == copy.hashes,
        track.codec == copy.codec,
        _language(track) == _language(copy),
        track.tags.get("title") == copy.tags.get("title"),
    )


def _content_rows(name: str, track: Track, copy: Track, shift: Fraction) -> list[Row]:
    """Return the rows about codec, packets and their times."""
    converted = {track.codec, copy.codec} <= TEXT_CODECS and track.codec != copy.codec
    rows = [compared(f"{name} codec", track.codec, copy.codec, excuse=_codec_excuse(track.codec, copy.codec))]
    before, after = (track.texts, copy.texts) if converted else (track.hashes, copy.hashes)
    counts = [f"{len(values)} packets" for values in (before, after)]
    differing = sum(a != b for a, b in zip(before, after, strict=False))
    note = f"{differing} are not those of the source" if differing else ""
    if converted and not differing:
        note = "the words are the same"
    if before != after and track.samples and track.samples == copy.samples:
        note = "the samples are the same, cut into other packets"
        rows.append(Row(f"{name} packets", counts[0], counts[1], True, note))
        return [*rows, _start_row(name, track, copy, shift)]
    rows.append(Row(f"{name} packets", counts[0], counts[1], before == after, note))
    if track.kind not in ("attachment", "cover"):
        off, worst = packet_drift(track, copy, shift)
        note = f"{off} packets are off, the worst by {float(worst) * 1000:.3f} ms" if off else ""
        rows.append(Row(f"{name} times", "-", f"within {float(worst) * 1000:.3f} ms", not off, note))
    return rows


def _start_row(name: str, track: Track, copy: Track, shift: Fraction) -> Row:
    """Return the row about when a sound begins whose packets cannot be compared one by one."""
    late = copy.times[0] * copy.base - track.times[0] * track.base - shift
    return Row(f"{name} start", "-", f"{float(late):+.6f} s", abs(late) <= max(track.base, copy.base))


def _label_rows(name: str, track: Track, copy: Track, family: str) -> Iterator[Row]:
    """Yield the rows about language, title, disposition and other tags; what nobody gave is left out."""
    languages = _language(track), _language(copy)
    if languages != (None, None):
        yield compared(f"{name} language", *languages, excuse=excuse(family, "language"))
    for key in ("title", "filename"):
        titles = track.tags.get(key), copy.tags.get(key)
        if titles[0] is not None:
            yield compared(f"{name} {key}", *titles, excuse=excuse(family, "title"))
    yield disposition_row(name, track, copy, family)
    differ, unheld = lost_tags(family, track.tags, copy.tags, stream=True)
    if track.kind not in ("attachment", "cover"):
        yield from tag_rows(f"{name} tags", track.tags, copy.tags, (differ, unheld), family)


def tag_rows(
    what: str, source: dict[str, str], output: dict[str, str], lost: tuple[list[str], list[str]], family: str
) -> Iterator[Row]:
    """Yield a row for each tag that differs, and one for those the container has no place for."""
    differ, unheld = lost
    for key in differ:
        yield compared(f"{what}: {key}", source[key], output.get(key))
    if unheld:
        yield Row(what, " ".join(sorted(unheld)), "-", True, f"{family} has no place for them")


def disposition_row(name: str, track: Track, copy: Track, family: str) -> Row:
    """Return the row about a stream's flags; ``default`` may appear where a container must have one."""
    held = int(FLAGS.get(family, ~0))
    lost = track.disposition & ~copy.disposition
    gained = copy.disposition & ~track.disposition
    words = _flags(track.disposition), _flags(copy.disposition)
    if reason := excuse(family, "disposition"):
        return compared(f"{name} disposition", *words, excuse=reason)
    may_come = int(Disposition.default)
    if family == "mp4" and track.disposition & Disposition.hearing_impaired:
        may_come |= int(Disposition.captions)  # one role in .mp4, "caption", says both
    legitimate = not lost & held and not gained & ~may_come
    reason = f"{family} sets or cannot say these" if legitimate else ""
    return compared(f"{name} disposition", *words, excuse=reason)


def _flags(disposition: int) -> str:
    return " ".join(flag.name or "" for flag in Disposition if flag & disposition)


def _language(track: Track) -> str | None:
    language = track.tags.get("language")
    return None if language in (None, "", "und") else TERMINOLOGIC.get(language, language)


def _name(track: Track) -> str:
    return f"{track.kind} #{track.index}"
