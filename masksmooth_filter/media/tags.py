"""Titles, languages and all the other words about a file, into a container that may want them otherwise."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from av.stream import Disposition

from masksmooth_filter.timing import MICROSECONDS, fraction, to_ticks

OWN_TAGS = frozenset(
    {"encoder", "major_brand", "minor_version", "compatible_brands", "creation_tool", "software"}
)
"""Tags that speak of the program or container that wrote the input, not of the film."""

FILM_TAGS = frozenset({"duration", "bps", "number_of_frames", "number_of_bytes", "vendor_id"})
"""Tags about the input film's packets, wrong for the new ones."""

MP4_TAGS = frozenset(
    {"album", "album_artist", "artist", "comment", "compilation", "composer", "copyright", "creation_time"}
    | {"date", "description", "disc", "episode_id", "episode_sort", "gapless_playback", "genre", "grouping"}
    | {"hd_video", "keywords", "location", "lyrics", "media_type", "network", "season_number", "show"}
    | {"sort_album", "sort_artist", "sort_name", "synopsis", "timecode", "title", "track", "year"}
)
"""Tags for which iTunes-style MP4 has a place of its own (libavformat/movenc.c, mov_write_ilst_tag)."""

QUICKTIME_LANGUAGES = {
    "cze": "ces", "deu": "ger", "ell": "gre", "fas": "per", "fre": "fra", "hye": "arm", "isl": "ice",
    "kat": "geo", "mkd": "mac", "msa": "may", "mya": "bur", "nld": "dut", "rum": "ron", "slo": "slk",
    "sqi": "alb", "zho": "chi",
}  # fmt: skip
"""The other ISO 639-2 code of a language where QuickTime's table has that one (libavformat/isom.c)."""


def copy_tags(source: Any, target: Any, *, drop: frozenset[str], format_: str) -> None:
    """Copy the tags of a stream or a container, and a stream's disposition.

    Parameters
    ----------
    source, target : av.stream.Stream or av.container.Container
    drop : frozenset of str
        Tags that stay behind, in lower case.
    format_ : str
        libav's name of the target's container.
    """
    tags = {key: value for key, value in source.metadata.items() if key.lower() not in drop}
    if hasattr(source, "codec_context") and "name" in tags:  # so libav calls MP4's title of a stream
        tags.setdefault("title", tags.pop("name"))
    if format_ == "mov" and "language" in tags:
        tags["language"] = QUICKTIME_LANGUAGES.get(tags["language"], tags["language"])
    target.metadata.update(tags)
    if hasattr(source, "disposition"):
        target.disposition = source.disposition


def copy_chapters(source: Any, target: Any, *, shift: Fraction, format_: str) -> list[str]:
    """Copy the chapters; return what is to be said about them.

    .mp4 and .mov keep chapters as a text track without a gap: the first one begins at 0 there.

    Parameters
    ----------
    source, target : av.container.Container
    shift : Fraction
        Seconds by which all streams are moved.
    format_ : str
        libav's name of the target's container.
    """
    chapters = source.chapters()
    for chapter in chapters:
        ticks = to_ticks(shift, fraction(chapter["time_base"]) or MICROSECONDS)
        chapter["start"] += ticks
        chapter["end"] += ticks
    target.set_chapters(chapters)
    if format_ not in ("mp4", "mov") or not chapters or chapters[0]["start"] <= 0:
        return []
    start = float(chapters[0]["start"] * (fraction(chapters[0]["time_base"]) or MICROSECONDS))
    return [
        f"{format_} begins with its first chapter; the one that starts at {start:.3f} s starts at 0 there"
    ]


def needs_keys(format_: str, container: Any) -> bool:
    """Tell whether MP4 must name tags itself (``mdta``), because there are some it has no place for.

    Not always: players that know only iTunes' places would find no title. And a cover is kept there.
    """
    if format_ not in ("mp4", "mov"):
        return False
    own = {key.lower().split("-")[0] for key in container.metadata} - OWN_TAGS
    covered = any(stream.disposition & Disposition.attached_pic for stream in container.streams)
    return bool(own - MP4_TAGS) and not covered
