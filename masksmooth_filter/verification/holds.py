"""What containers have no place for: a difference there is legitimate, and the table says so."""

from __future__ import annotations

from av.stream import Disposition

LACKS: dict[str, frozenset[str]] = {
    "mpegts": frozenset({"chapters", "rotation", "title", "tags", "disposition", "timecode"}),
    "avi": frozenset(
        {"chapters", "rotation", "title", "tags", "disposition", "language", "timecode", "pixel aspect"}
    ),
    "nut": frozenset({"rotation"}),
    "gif": frozenset({"chapters", "rotation", "title", "tags", "disposition", "language", "timecode"}),
}
"""Things by container (libavformat's muxers of these names)."""

MP4_TAGS = frozenset({
    "album", "album_artist", "artist", "comment", "compilation", "composer", "copyright", "creation_time",
    "date", "description", "disc", "episode_id", "episode_sort", "gapless_playback", "genre", "grouping",
    "hd_video", "keywords", "location", "location-eng", "lyrics", "make", "media_type", "model", "network",
    "rating", "season_number", "show", "synopsis", "timecode", "title", "track",
})  # fmt: skip
"""Tags of a file that .mp4 and .mov have boxes for (libavformat/movenc.c, mov_write_ilst_tag)."""

STREAM_TAGS = frozenset({"handler_name", "timecode", "creation_time"})
"""Tags of a stream, beside language and title, that .mp4 and .mov keep."""

MP4_FLAGS = Disposition.default | Disposition.dub | Disposition.comment | Disposition.forced
FLAGS = {
    "mp4": MP4_FLAGS | Disposition.captions | Disposition.descriptions,
    "mov": Disposition.default,
    "matroska": Disposition.default
    | Disposition.forced
    | Disposition.hearing_impaired
    | Disposition.visual_impaired
    | Disposition.original
    | Disposition.comment,
}
"""Dispositions a container can say; those not listed keep all."""

WRITERS = frozenset({
    "encoder", "major_brand", "minor_version", "compatible_brands", "creation_tool", "duration", "bps",
    "number_of_frames", "number_of_bytes", "vendor_id", "encoding_params", "variant_bitrate", "software",
})  # fmt: skip
"""Tags that speak of the program that wrote a file, or of its packets, not of the film."""


def excuse(family: str, thing: str) -> str:
    """Return why a thing may be missing from a container, or nothing."""
    return f"{family} cannot hold it" if thing in LACKS.get(family, ()) else ""


def is_writers(key: str) -> bool:
    """Tell whether a tag (lower case) is about the writing program."""
    return key in WRITERS or key.startswith(("_statistics", "bps-", "duration-", "number_of_"))


def lost_tags(
    family: str, source: dict[str, str], output: dict[str, str], *, stream: bool
) -> tuple[list[str], list[str]]:
    """Return the tags that differ though the container can hold them, and those it cannot hold."""
    differ = [
        key
        for key, value in source.items()
        if not is_writers(key) and output.get(key) != value and not (stream and key in ("language", "title"))
    ]
    if "tags" in LACKS.get(family, ()):
        return [], differ
    if family not in ("mp4", "mov"):
        return differ, []
    held = STREAM_TAGS if stream else MP4_TAGS
    return [key for key in differ if key in held], [key for key in differ if key not in held]
