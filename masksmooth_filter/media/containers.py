"""Which container a file name stands for, and what each container can hold."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
from av.stream import Disposition

from masksmooth_filter.errors import OptionError
from masksmooth_filter.media.pipes import PIPE_FORMAT
from masksmooth_filter.media.subtitles import own_form

CONTAINERS = {
    ".mp4": "mp4",
    ".m4v": "mp4",
    ".mov": "mov",
    ".mkv": "matroska",
    ".webm": "webm",
    ".avi": "avi",
    ".ts": "mpegts",
    ".m2ts": "mpegts",
    ".nut": "nut",
    ".gif": "gif",
}
"""The container each suffix stands for, by libav's name."""

CONTAINER_OPTIONS = {
    # Edit lists count in 1/1000 s by default: audio moved by up to 0.67 ms against the picture.
    "mp4": {"movie_timescale": "90000"},
    "mov": {"movie_timescale": "90000"},
    # "auto" moved a film by 23 ms because its AAC starts with 23 ms of priming before zero.
    "matroska": {"avoid_negative_ts": "disabled"},
    "webm": {"avoid_negative_ts": "disabled"},
    "avi": {"avoid_negative_ts": "disabled"},
}

PRIMING = {
    **dict.fromkeys(("mp4", "mov", "matroska", "webm"), Fraction(-3, 10)),
    # AVI cannot say it; but it counts film in frames, and moving that would part the two by as much.
    "avi": Fraction(-1, 20),
}
"""Seconds before 0 at which audio may start without being moved, where that is not 0: encoder priming,
23 ms for AAC at 44.1 kHz, 0.26 s for HE-AAC at 8 kHz. It is meant not to be heard, and MP4 hides it."""

IN_ORDER = frozenset({"mpegts", "nut", "avi", "gif"})
"""Containers without decoding times before 0: reordered pictures would move a film that starts there by
the two or three frames of their delay (80 ms at 25 fps)."""

TS_CODECS = frozenset(
    {"aac", "ac3", "av1", "dts", "dvb_subtitle", "dvb_teletext", "eac3", "h264", "hevc", "mp2", "mp3"}
    | {"mpeg1video", "mpeg2video", "mpeg4", "opus", "truehd"}
)
"""What MPEG-TS has a stream type or registration for (libavformat/mpegtsenc.c, get_dvb_stream_type)."""

UNREADABLE = {
    # Sound whose packets AVI cannot time (it counts bytes or blocks of one length): off by half a second.
    "avi": frozenset({"adpcm_ima_wav", "adpcm_ms", "dts", "eac3", "flac", "opus", "vorbis"}),
    # FFmpeg reads it since version 6 only.
    "mp4": frozenset({"pcm_f32be", "pcm_f32le", "pcm_f64be", "pcm_f64le"}),
}
"""What libav's muxers take, but readers do not get back as it was; by libav's names."""

TWINS = frozenset({".m4v", ".m2ts"})
"""Suffixes that are only another name of a container listed before."""


COVER_MIMES = {"mjpeg": ("cover.jpg", "image/jpeg"), "png": ("cover.png", "image/png")}
"""Name and type of a cover picture kept as a Matroska attachment."""

Target = str | os.PathLike[str] | int
"""A file to write, or a file descriptor, to which NUT is written."""


def container_format(path: Target) -> str:
    """Return libav's name for the container a file name's suffix stands for.

    Parameters
    ----------
    path : path or int

    Raises
    ------
    OptionError
        If the suffix is none of `CONTAINERS`.
    """
    if isinstance(path, int):
        return PIPE_FORMAT
    suffix = Path(path).suffix
    try:
        return CONTAINERS[suffix.lower()]
    except KeyError:
        known = " ".join(CONTAINERS)
        raise OptionError(
            f"no container for the suffix {suffix!r}; name the output with one of {known}"
        ) from None


def holds(format_: str, source: Any) -> bool:
    """Tell whether a container can hold a stream of the input."""
    if source.type == "attachment":
        return format_ == "matroska"
    if source.disposition & Disposition.attached_pic:
        return format_ in ("matroska", "mp4")  # QuickTime's writer would leave it out without a word
    if source.codec_context is None:
        return source.type == "data" and _writes(format_, source)
    if source.codec_context.codec.canonical_name in UNREADABLE.get(format_, ()):
        return False
    if format_ == "mpegts":  # the muxer would take any codec and write what nobody can read
        return source.codec_context.codec.canonical_name in TS_CODECS
    return _writes(format_, source)


def _writes(format_: str, source: Any) -> bool:
    """Try to write a header with the stream in it: Opus in QuickTime, for one, fails only there."""
    trial = av.open(os.devnull, "w", format=format_)
    try:
        trial.add_stream_from_template(source, opaque=True)
        trial.start_encoding()
        trial.close()
    except (ValueError, av.error.FFmpegError):
        return False
    return True


def holders(sources: Iterable[Any]) -> list[str]:
    """Return the suffixes whose container can hold all these streams."""
    wanted = [source for source in sources if source.type not in ("data", "unknown")]
    able = {f for f in CONTAINERS.values() if all(holds(f, s) or own_form(f, s) for s in wanted)}
    return [suffix for suffix, format_ in CONTAINERS.items() if format_ in able and suffix not in TWINS]


def needed_shift(
    format_: str, film: Fraction, declared: Fraction, *, base: Fraction, sound: bool = False
) -> Fraction:
    """Return the one shift of all streams that brings them to times a container can say.

    Parameters
    ----------
    format_ : str
        libav's name of the container.
    film, declared : Fraction
        Seconds at which the film, and the earliest stream of all, starts.
    base : Fraction
        The film's time base; the shift is a whole number of its ticks, so that its times stay exact.
    sound : bool
        Whether there are other streams. AVI starts them at 0: there the film must come that much earlier.
    """
    first = min(film, declared)
    starts_late = format_ == "avi" and sound and first > 0
    if not starts_late and film >= 0 and declared >= PRIMING.get(format_, 0):
        return Fraction(0)
    return -math.floor(first / base) * base
