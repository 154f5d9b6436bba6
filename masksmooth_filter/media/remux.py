"""The output file: the new film, and every other stream of the input packet for packet."""

from __future__ import annotations

import os
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
from av.container import OutputContainer
from av.video.stream import VideoStream

from masksmooth_filter.errors import OptionError, OutputError
from masksmooth_filter.frames import CarriedPacket
from masksmooth_filter.media.containers import (
    CONTAINER_OPTIONS,
    COVER_MIMES,
    FILM_TAGS,
    OWN_TAGS,
    container_format,
    holders,
    holds,
    needed_shift,
)
from masksmooth_filter.media.demux import Demuxer
from masksmooth_filter.media.probe import describe
from masksmooth_filter.timing import MICROSECONDS, fraction, to_ticks


class OutputFile:
    """Takes packets of the new film and of the carried streams, and writes the file.

    The header is written by `start`, before any work: what the container cannot hold is found out
    first. One thread calls `mux`.

    Parameters
    ----------
    path : path
        Where to write; the suffix says the container. Use a name beside the final one.
    demuxer : Demuxer, optional
        The input, whose other streams, chapters and tags are kept; None writes a film alone.
    codec : str
        The film's encoder, from `choose_codec`.
    drop_unsupported : bool
        Leave out, with a warning, streams the container cannot hold, instead of refusing.
    name : path, optional
        What messages call the file; by default its path.

    Attributes
    ----------
    stream : av.VideoStream
        The new film, to be set up by an `Encoder`.
    format : str
        libav's name of the container.
    shift : Fraction
        Seconds added to the times of all streams alike; 0 unless the container cannot hold their start.

    Raises
    ------
    OptionError
        If the suffix is unknown or the container cannot hold the codec.
    OutputError
        If the container cannot hold a stream of the input.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        demuxer: Demuxer | None = None,
        *,
        codec: str,
        drop_unsupported: bool = False,
        name: str | os.PathLike[str] | None = None,
    ) -> None:
        self.format = container_format(path)
        self.shift = Fraction(0) if demuxer is None else _shift(demuxer, self.format)
        self._warnings = [_shift_note(self.shift, self.format)] * bool(self.shift)
        self._damaged = 0
        self._carried: dict[int, Any] = {}
        self._path = os.fspath(path)
        self._name = os.fspath(name or path)
        self._container = _open(self._path, self.format)
        if demuxer is None:
            self.stream = self._add_film(codec)
            return
        for source in demuxer.container.streams:
            if source.index == demuxer.stream.index:
                self.stream = self._add_film(codec)
                _copy_tags(source, self.stream, drop=OWN_TAGS | FILM_TAGS)
            elif not self._carry(source, demuxer):
                self._refuse(source, demuxer, drop_unsupported)
        self._copy_container(demuxer)

    @property
    def warnings(self) -> list[str]:
        """What could not be kept, in plain words; complete after `close`."""
        damaged = f"{self._damaged} damaged packets of other streams could not be written and were left out"
        return self._warnings + [damaged] * bool(self._damaged)

    def start(self) -> None:
        """Open the file and write its header; the film's encoder must be set up.

        Raises
        ------
        OutputError
            If the file cannot be written, or the container refuses what it shall hold.
        """
        try:
            self._container.start_encoding()
        except (av.error.FFmpegError, ValueError) as error:
            held = ", ".join(describe(stream) for stream in self._container.streams)
            raise OutputError(f"{self._name} cannot be written with {held}: {_reason(error)}") from error

    def mux(self, item: av.Packet[Any] | CarriedPacket, /) -> None:
        """Write a packet: of the film as it came from the `Encoder`, or one carried.

        Raises
        ------
        OutputError
            If the file cannot be written, for example because the disk is full.
        """
        if isinstance(item, CarriedPacket):
            self._mux_carried(item.packet)
            return
        try:
            self._write(item)
        except (av.error.FFmpegError, ValueError) as error:
            raise OutputError(f"{self._name} cannot be written: {_reason(error)}") from error

    def close(self) -> None:
        """Write the trailer and close the file. Twice is fine.

        Raises
        ------
        OutputError
            If the rest cannot be written.
        """
        try:
            self._container.close()
        except av.error.FFmpegError as error:
            raise OutputError(f"{self._name} cannot be finished: {_reason(error)}") from error

    def abort(self) -> None:
        """Close the file as it is, whatever state it is in; it is not worth keeping."""
        with suppress(av.error.FFmpegError):
            self._container.close()

    def _mux_carried(self, packet: av.Packet[Any]) -> None:
        out = self._carried.get(packet.stream_index)
        if out is None:  # left out, which a warning says, or written as an attachment
            return
        packet.stream = out
        try:
            self._write(packet)
        except OSError as error:
            raise OutputError(f"{self._name} cannot be written: {_reason(error)}") from error
        except (av.error.FFmpegError, ValueError):  # the packet itself, for example torn AAC out of a TS
            self._damaged += 1

    def _write(self, packet: av.Packet[Any]) -> None:
        base = fraction(packet.time_base)
        if self.shift and base is not None:
            ticks = to_ticks(self.shift, base)
            packet.pts = None if packet.pts is None else packet.pts + ticks
            packet.dts = None if packet.dts is None else packet.dts + ticks
        self._container.mux_one(packet)

    def _add_film(self, codec: str) -> VideoStream:
        try:
            stream = self._container.add_stream(codec)
        except ValueError as error:
            raise OptionError(
                f"{Path(self._path).suffix} cannot hold {codec}; choose another codec"
            ) from error
        if not isinstance(stream, VideoStream):
            raise OptionError(f"{codec} is not a video encoder; choose one")
        return stream

    def _carry(self, source: Any, demuxer: Demuxer) -> bool:
        """Add a stream of the input; False if the container cannot hold it."""
        if source.index in demuxer.pictures and self.format == "matroska":
            name, mime = COVER_MIMES.get(source.codec_context.name, ("cover", "application/octet-stream"))
            self._container.add_attachment(name, mime, demuxer.pictures[source.index])
            return True
        if source.type in ("data", "unknown"):
            return self._note_data(source, demuxer)
        if not holds(self.format, source):
            return False
        copy = self._container.add_stream_from_template(source, opaque=True)
        _copy_tags(source, copy, drop=OWN_TAGS)
        self._carried[source.index] = copy
        return True

    def _note_data(self, source: Any, demuxer: Demuxer) -> bool:
        """Say that a data stream stays behind, unless its content is kept in another way."""
        chapters = getattr(source, "name", None) == "bin_data" and demuxer.container.chapters()
        if "timecode" not in source.metadata and not chapters:
            what = describe(source)
            self._warnings.append(f"stream {what} holds data that cannot be copied here and is left out")
        return True

    def _refuse(self, source: Any, demuxer: Demuxer, drop: bool) -> None:
        """Raise OutputError for a stream the container cannot hold, or warn if it may be left out."""
        what = f"{Path(self._path).suffix} cannot hold stream {describe(source)} of the input"
        if not drop:
            others = holders(s for s in demuxer.container.streams if s.index != demuxer.stream.index)
            instead = f"use {' or '.join(others)}, or leave" if others else "leave"
            raise OutputError(f"{what}; {instead} it out with --drop-unsupported")
        self._warnings.append(f"{what}; it is left out")

    def _copy_container(self, demuxer: Demuxer) -> None:
        """Copy tags, chapters and timecode of the whole file."""
        source, target = demuxer.container, self._container
        _copy_tags(source, target, drop=OWN_TAGS)
        chapters = source.chapters()
        for chapter in chapters:
            ticks = to_ticks(self.shift, fraction(chapter["time_base"]) or MICROSECONDS)
            chapter["start"] += ticks
            chapter["end"] += ticks
        target.set_chapters(chapters)
        for stream in source.streams:
            if stream.type == "data" and "timecode" in stream.metadata:
                self.stream.metadata.setdefault("timecode", stream.metadata["timecode"])


def _open(path: str, format_: str) -> OutputContainer:
    options = CONTAINER_OPTIONS.get(format_)
    return av.open(f"file:{path}", "w", format=format_, options=options, metadata_errors="surrogateescape")


def _shift_note(shift: Fraction, format_: str) -> str:
    return f"all streams are moved by {float(shift):+.3f} s together: {format_} cannot hold where they start"


def _shift(demuxer: Demuxer, format_: str) -> Fraction:
    """Return the one shift that brings all streams to times the container can say."""
    declared = (demuxer.container.start_time or 0) * MICROSECONDS
    return needed_shift(format_, demuxer.info.start, declared, base=demuxer.info.time_base)


def _copy_tags(source: Any, target: Any, *, drop: frozenset[str]) -> None:
    """Copy the tags of a stream or a container, and a stream's disposition."""
    target.metadata.update({key: value for key, value in source.metadata.items() if key.lower() not in drop})
    if hasattr(source, "disposition"):
        target.disposition = source.disposition


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error)
