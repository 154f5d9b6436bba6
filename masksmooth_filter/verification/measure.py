"""What a file holds, measured packet by packet: small figures instead of the packets themselves.

16 bytes are kept of a packet (its time and a hash), 8 of a frame: an hour of film with two sound tracks
is 8 MB.
"""

from __future__ import annotations

import hashlib
import os
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, cast

import av
import av.error
from av.sidedata.sidedata import SideData
from av.stream import Disposition

from masksmooth_filter.errors import InputError
from masksmooth_filter.media import film_stream, open_input
from masksmooth_filter.media.protocols import Allowed
from masksmooth_filter.timing import MICROSECONDS, fraction
from masksmooth_filter.verification.payload import plain_text, without_framing

NO_TIME = -(2**63)
"""What stands for a missing time (AV_NOPTS_VALUE)."""

SIDE_DATA = ("DISPLAYMATRIX", "MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL")
"""Side data of the first frame that is compared."""


@dataclass(slots=True)
class Track:
    """A stream other than the film.

    Attributes
    ----------
    index : int
        Of the stream in its file.
    kind : str
        ``audio``, ``subtitle``, ``attachment``, ``cover``, ``video``, ``data`` ...
    codec : str
        libav's name, or an attachment's type.
    base : Fraction
        Seconds a tick.
    tags : dict of str to str
        By lower-case name.
    disposition : int
        libav's flags.
    times : array of int64
        Ticks, `NO_TIME` where there is none.
    hashes : array of uint64
        Of each packet's content.
    texts : array of uint64
        Of each text subtitle's plain text; empty for other streams.
    samples : str
        Hash of all content together, for uncompressed sound, which containers cut as they like.
    """

    index: int
    kind: str
    codec: str
    base: Fraction
    tags: dict[str, str]
    disposition: int = 0
    times: array[int] = field(default_factory=lambda: array("q"))
    hashes: array[int] = field(default_factory=lambda: array("Q"))
    texts: array[int] = field(default_factory=lambda: array("Q"))
    samples: str = ""


@dataclass(slots=True)
class Contents:
    """A whole file.

    Attributes
    ----------
    family : str
        The container: ``mp4``, ``mov``, ``matroska``, ``mpegts``, ``avi``, ``nut`` or libav's name.
    tags : dict of str to str
        Of the container, by lower-case name.
    chapters : list of (Fraction, Fraction, str)
        Start and end in seconds, title.
    tracks : list of Track
        Every stream but the film.
    film : Track
        The film's stream; ``times`` are those of its decoded frames, and there are no hashes.
    first : av.VideoFrame
        The first frame.
    shape : Fraction, optional
        Width to height of a pixel, None if square or unknown.
    end : Fraction, optional
        When the last frame's time is over, None if the container does not say.
    damaged : int
        Packets of the film that could not be decoded.
    error : str
        Why reading stopped early; empty if it did not.
    """

    family: str
    tags: dict[str, str]
    chapters: list[tuple[Fraction, Fraction, str]]
    tracks: list[Track]
    film: Track
    first: av.VideoFrame
    shape: Fraction | None
    end: Fraction | None = None
    damaged: int = 0
    error: str = ""


def measure(path: str | os.PathLike[str], *, allowed: Allowed = frozenset()) -> Contents:
    """Read a whole file once; every packet is hashed, the film is decoded.

    Parameters
    ----------
    path : path
    allowed : frozenset of str
        What may be opened beside a plain file, from `parse_protocols`.

    Raises
    ------
    InputError
        If it cannot be read, has no film, or no frame of it can be decoded.
    """
    container = open_input(path, allowed=allowed)
    try:
        film = film_stream(container)
        film.thread_type = "AUTO"
        reading = _Reading(container, film)
        reading.run()
        if reading.first is None:
            raise InputError(f"no frame of {os.fspath(path)} can be decoded")
        family = _family(container)
        for track in reading.tracks.values():
            _inherit_date(track, container)
        return Contents(
            family=family,
            tags=_tags(container.metadata),
            chapters=[_chapter(chapter) for chapter in container.chapters()],
            tracks=[track for index, track in reading.tracks.items() if index != film.index],
            film=reading.tracks[film.index],
            first=reading.first,
            shape=_shape(film),
            end=_end(family, reading),
            damaged=reading.damaged,
            error=reading.error,
        )
    finally:
        container.close()


def side_data(frame: av.VideoFrame) -> dict[str, bytes]:
    """Return the side data of a frame that is compared, by name."""
    found = cast(Iterable[SideData], frame.side_data)  # typed as a mapping, iterates over values
    return {data.type.name: bytes(data) for data in found if data.type.name in SIDE_DATA}


class _Reading:
    """One pass over a file."""

    def __init__(self, container: Any, film: Any) -> None:
        self._container, self._film = container, film
        self.tracks = {stream.index: _track(stream) for stream in container.streams}
        self._samples = {i: hashlib.blake2b() for i, t in self.tracks.items() if t.codec.startswith("pcm_")}
        self._avi = container.format.name == "avi"
        self.first: av.VideoFrame | None = None
        self.latest, self.last_packet = NO_TIME, (NO_TIME, 0)
        self.damaged = 0
        self.error = ""

    def run(self) -> None:
        """Read to the end, or as far as it goes."""
        for packet in self._packets():
            if packet.stream_index == self._film.index:
                if packet.pts is not None:
                    self.latest = max(self.latest, packet.pts)
                    self.last_packet = packet.pts, packet.duration or 0
                self._decode(packet)
            elif packet.stream_index in self.tracks:
                _note(self.tracks[packet.stream_index], packet)
                if packet.stream_index in self._samples:
                    self._samples[packet.stream_index].update(packet)
        self._decode(None)
        for index, samples in self._samples.items():
            self.tracks[index].samples = samples.hexdigest()

    def _packets(self) -> Iterator[Any]:
        try:
            yield from (packet for packet in self._container.demux() if packet.size)
        except av.error.FFmpegError as error:
            self.error = error.strerror or str(error)

    def _decode(self, packet: Any) -> None:
        try:
            frames = self._film.decode(packet)
        except av.error.FFmpegError:
            self.damaged += 1
            return
        for frame in frames:
            if self.first is None:
                self.first = frame
            # AVI has no presentation times: what libav makes up lies a frame beside the decoding times.
            ticks = frame.dts if frame.pts is None or (self._avi and frame.dts is not None) else frame.pts
            self.tracks[self._film.index].times.append(NO_TIME if ticks is None else ticks)


def _track(stream: Any) -> Track:
    """Describe a stream; an attachment's content is in its header."""
    cover = bool(stream.disposition & Disposition.attached_pic)
    context = stream.codec_context
    codec = context.codec.canonical_name if context else getattr(stream, "name", None) or "none"
    base = fraction(stream.time_base) or MICROSECONDS
    kind = "cover" if cover else stream.type
    track = Track(stream.index, kind, codec, base, _tags(stream.metadata), int(stream.disposition))
    if "name" in track.tags:  # so libav calls MP4's title of a stream
        track.tags.setdefault("title", track.tags.pop("name"))
    if kind == "attachment":
        track.codec = getattr(stream, "mimetype", None) or codec
        track.tags["filename"] = getattr(stream, "name", None) or ""
        track.hashes.append(_digest(bytes(stream.data or b"")))
    return track


def _note(track: Track, packet: Any) -> None:
    """Keep a packet's time and hash."""
    content = bytes(packet)
    if track.kind == "subtitle":
        text = plain_text(content, track.codec)
        if text == "":  # how .mp4 says that nothing is shown
            return
        track.texts.append(_digest((text or "").encode()))
    track.times.append(NO_TIME if packet.pts is None else packet.pts)
    track.hashes.append(_digest(without_framing(content, track.codec)))


def _digest(content: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big")


def _tags(metadata: dict[str, str]) -> dict[str, str]:
    return {key.lower(): value for key, value in metadata.items()}


def _inherit_date(track: Track, container: Any) -> None:
    """Give a stream the file's date if it has none of its own: .mp4 repeats it on each, .mkv does not."""
    if date := container.metadata.get("creation_time"):
        track.tags.setdefault("creation_time", date)


def _chapter(chapter: Any) -> tuple[Fraction, Fraction, str]:
    base = fraction(chapter["time_base"]) or MICROSECONDS
    return chapter["start"] * base, chapter["end"] * base, chapter["metadata"].get("title", "")


def _family(container: Any) -> str:
    """Return which of the containers that share a demuxer this is."""
    name = str(container.format.name).split(",")[0]
    if name == "mov":
        return "mov" if container.metadata.get("major_brand", "").startswith("qt") else "mp4"
    return name


def _shape(film: Any) -> Fraction | None:
    shape = fraction(film.sample_aspect_ratio)
    return None if shape == 1 else shape


def _end(family: str, reading: _Reading) -> Fraction | None:
    """Return when the last frame ends: .mp4 says it in its sample table, .mkv in a tag.

    The sample table counts from one decoding to the next: where the last packet is not the last frame to
    be shown, it does not tell how long that one is.
    """
    film = reading.tracks[reading._film.index]
    ticks, duration = reading.last_packet
    if family in ("mp4", "mov") and ticks == reading.latest != NO_TIME and duration:
        return (ticks + duration) * film.base
    if family == "matroska" and (clock := film.tags.get("duration")):
        hours, minutes, seconds = clock.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)
    return None
