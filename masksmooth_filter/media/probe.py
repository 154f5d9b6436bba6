"""Opening a file, finding the film in it, and telling what it is."""

from __future__ import annotations

import os
import stat
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import av.error
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from masksmooth_filter.errors import InputError
from masksmooth_filter.media.looks import Looks, display_matrix
from masksmooth_filter.media.pipes import StandardInput
from masksmooth_filter.media.protocols import WAIT_S, Allowed, forbidden_formats, is_url, whitelist
from masksmooth_filter.timing import MICROSECONDS, fraction, time_of

UNSET = 2
"""What libav says for primaries, transfer and matrix that nobody gave; 0 would mean RGB."""

BT470BG = 5
"""libav's number of the colour matrix of BT.601."""

NOT_FILMS = frozenset({"tty", "bin", "xbin", "adf", "idf"})
"""Formats in which libav draws any text file as a picture."""

MAX_RATE = 240
"""Frames a second up to which libav's guess of a base rate is believed; beyond, it is the time base."""

MAX_PIXELS = 1 << 27
"""A 16K picture. libav's own limit is twice that, and 16 decoder threads of it take 10 GB."""

NOT_FILM_STREAMS = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What is known of a video before its second frame; enough to set up an encoder.

    Attributes
    ----------
    width, height : int
        Size of a decoded frame in pixels, before any rotation.
    pix_fmt : str
        libav's name of the pixel format of the decoded frames.
    time_base : Fraction
        Seconds a tick of the frames' pts.
    rate : Fraction, optional
        Average frames a second, None if unknown. Only a hint: times are in the pts.
    frames : int
        How many frames there are, an estimate; 0 if unknown.
    duration : float, optional
        Seconds, None if unknown.
    start : Fraction
        Presentation time of the first frame in seconds.
    rotation : int
        Degrees counter-clockwise the player turns the picture, -180 .. 180.
    display_matrix : tuple of 9 int, optional
        libav's display matrix, which also holds mirroring; None if the file has none.
    sample_aspect_ratio : Fraction, optional
        Width to height of a pixel, None if the file does not say.
    color_range : int
        libav's AVColorRange: 0 unset, 1 limited, 2 full.
    color_primaries, color_trc, colorspace : int
        libav's AVColorPrimaries, AVColorTransferCharacteristic and AVColorSpace; 2 unset.
    looks : Looks
        Where chroma lies, fields, and the light of HDR.
    codec : str
        libav's name of the codec; empty if unknown.
    grid : Fraction, optional
        The lowest rate whose ticks all frames seem to be on; the average rate if that is not a film's.
    """

    width: int
    height: int
    pix_fmt: str
    time_base: Fraction
    rate: Fraction | None = None
    frames: int = 0
    duration: float | None = None
    start: Fraction = Fraction(0)
    rotation: int = 0
    display_matrix: tuple[int, ...] | None = None
    sample_aspect_ratio: Fraction | None = None
    color_range: int = 0
    color_primaries: int = UNSET
    color_trc: int = UNSET
    colorspace: int = UNSET
    looks: Looks = field(default_factory=Looks)
    codec: str = ""
    grid: Fraction | None = None

    @classmethod
    def of(cls, stream: VideoStream, frame: av.VideoFrame) -> VideoInfo:
        """Describe a stream by its header and its first decoded frame.

        Parameters
        ----------
        stream : av.VideoStream
            Of an open input.
        frame : av.VideoFrame
            The first frame decoded from it, with pts and time base.

        Raises
        ------
        InputError
            If the stream has no time base.
        """
        base = fraction(stream.time_base)
        if base is None:
            raise InputError("the video stream has no time base; remux the file, for example to .mkv")
        rate = fraction(stream.average_rate) or fraction(stream.guessed_rate)
        duration = _duration(stream, base)
        return cls(
            width=frame.width,
            height=frame.height,
            pix_fmt=frame.format.name,
            time_base=base,
            rate=rate,
            frames=stream.frames or (round(duration * rate) if duration and rate else 0),
            duration=duration,
            start=time_of(frame) or Fraction(0),
            rotation=frame.rotation,
            display_matrix=display_matrix(frame),
            sample_aspect_ratio=fraction(stream.sample_aspect_ratio),
            color_range=int(frame.color_range),
            color_primaries=int(frame.color_primaries),
            color_trc=int(frame.color_trc),
            colorspace=_matrix(stream, frame),
            looks=Looks.of(frame),
            codec=stream.codec_context.codec.canonical_name,
            grid=_grid(stream) or rate,
        )


def open_input(
    path: str | os.PathLike[str], *, pipe: StandardInput | None = None, allowed: Allowed = frozenset()
) -> InputContainer:
    """Open a file for reading; a path is a file, never a URL or a playlist, unless those are allowed.

    Parameters
    ----------
    path : path
        May begin with a dash and hold colons, spaces or any other character.
    pipe : StandardInput, optional
        Read from instead; ``path`` is only its name.
    allowed : frozenset of str
        Protocols and playlists that may be opened too, from `parse_protocols`.

    Returns
    -------
    av.container.InputContainer

    Raises
    ------
    InputError
        If it is missing, a folder, empty, not readable, a playlist, or no media file.
    """
    name = os.fspath(path)
    url = pipe is None and is_url(name, allowed)
    if pipe is None and not url:
        _check_readable(name)
    try:
        container = av.open(
            pipe or (name if url else f"file:{name}"),
            "r",
            container_options={"protocol_whitelist": whitelist(allowed)},
            metadata_errors="surrogateescape",
            timeout=WAIT_S if url else None,
        )
    except (av.error.FFmpegError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        hint = "it is not a video, or damaged at its start (an .mp4 cut short has lost its index)"
        raise InputError(f"{name} cannot be read as a video ({why}); {hint}") from error
    if set(container.format.name.split(",")) & (NOT_FILMS | forbidden_formats(allowed)):
        kind = container.format.name
        container.close()
        hint = "give the video itself, or --allow-protocols"
        raise InputError(f"{name} is not a video but {kind} (text or a playlist); {hint}")
    return container


def film_stream(container: InputContainer) -> VideoStream:
    """Return the first video stream that is a film, not a cover picture or a thumbnail.

    Parameters
    ----------
    container : av.container.InputContainer

    Raises
    ------
    InputError
        If there is none, or there is no decoder for it.
    """
    for stream in container.streams.video:
        if stream.disposition & NOT_FILM_STREAMS:
            continue
        if stream.codec_context is None:
            raise InputError("the video stream's codec is unknown here; convert the file first")
        _check_size(stream)
        return stream
    raise InputError(f"no video stream: there is {_inventory(container)}; give a file with moving pictures")


def describe(stream: Any) -> str:
    """Name a stream for a message: ``#2 (subtitle, mov_text, eng)``."""
    context = stream.codec_context
    codec = context.name if context else getattr(stream, "name", None)
    words = (stream.type, codec, stream.metadata.get("language"))
    return f"#{stream.index} ({', '.join(word for word in words if word)})"


def _check_size(stream: VideoStream) -> None:
    """Raise InputError for a picture too large to decode; a header may declare anything."""
    width, height = stream.codec_context.width, stream.codec_context.height
    if width * height > MAX_PIXELS:
        most = f"at most {MAX_PIXELS} pixels (16384x8192) are decoded"
        raise InputError(f"the video declares pictures of {width}x{height}; {most}, the file may be damaged")


def _check_readable(name: str) -> None:
    """Raise InputError for what can be told without opening the file."""
    try:
        status = os.stat(name)
    except FileNotFoundError:
        raise InputError(f"{name} does not exist; check the name") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if stat.S_ISDIR(status.st_mode):
        raise InputError(f"{name} is a folder; give the name of a video file")
    if not os.access(name, os.R_OK):
        raise InputError(f"{name} may not be read; change its permissions")
    if stat.S_ISREG(status.st_mode) and status.st_size == 0:
        raise InputError(f"{name} is empty; copy it again from where it came")


def _matrix(stream: VideoStream, frame: av.VideoFrame) -> int:
    """Return the colour matrix; that of VP8 is BT.601 (RFC 6386, 9.2), which not every decoder says."""
    unsaid = int(frame.colorspace) == UNSET and stream.codec_context.codec.canonical_name == "vp8"
    return BT470BG if unsaid else int(frame.colorspace)


def _grid(stream: VideoStream) -> Fraction | None:
    base, average = fraction(stream.base_rate), fraction(stream.average_rate)
    doubled = base is not None and average is not None and base == 2 * average  # fields, or H.264's ticks
    return base if base is not None and base <= MAX_RATE and not doubled else None


def _inventory(container: InputContainer) -> str:
    """Count a container's streams for a message: ``2 audio, 1 cover picture``."""
    kinds = Counter(
        "cover picture" if stream.disposition & NOT_FILM_STREAMS else stream.type
        for stream in container.streams
    )
    return ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "nothing"


def _duration(stream: VideoStream, base: Fraction) -> float | None:
    """Return the stream's own duration in seconds, else its container's, else None."""
    if stream.duration:
        return float(stream.duration * base)
    container = stream.container
    whole = container.duration if isinstance(container, InputContainer) else None
    return float(whole * MICROSECONDS) if whole else None
