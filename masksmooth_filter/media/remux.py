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
from masksmooth_filter.media.carried import Carried
from masksmooth_filter.media.containers import (
    CONTAINER_OPTIONS,
    PRIMING,
    Target,
    container_format,
    needed_shift,
)
from masksmooth_filter.media.demux import Demuxer
from masksmooth_filter.media.matroska import set_pixel_shape
from masksmooth_filter.media.probe import describe
from masksmooth_filter.media.programs import copy_program
from masksmooth_filter.media.second_reading import SecondReading
from masksmooth_filter.media.tags import FILM_TAGS, OWN_TAGS, copy_chapters, copy_tags, needs_keys
from masksmooth_filter.timing import MICROSECONDS, fraction, to_ticks

LATE = Fraction(1, 20)
"""Seconds of a late start worth a warning: a twentieth is where lips and voice begin to part."""


WAITED = "1000000"
"""Microseconds of packets the muxer holds back for streams that have none. What a second reading brings
comes in its order: libav's ten seconds would only cost memory, 125 MB at 100 Mbit/s."""


class OutputFile:
    """Takes packets of the new film and of the carried streams, and writes the file.

    The header is written by `start`, before any work: what the container cannot hold is found out
    first. One thread calls `mux`.

    Parameters
    ----------
    path : path or int
        Where to write; the suffix says the container. Use a name beside the final one. A number is a file
        descriptor, for example of a pipe, that NUT is written to.
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
    shape : Fraction, optional
        Width to height of a pixel, where the film's codec does not say it and the container shall.

    Raises
    ------
    OptionError
        If the suffix is unknown or the container cannot hold the codec.
    OutputError
        If the container cannot hold a stream of the input.
    """

    def __init__(
        self,
        path: Target,
        demuxer: Demuxer | None = None,
        *,
        codec: str,
        drop_unsupported: bool = False,
        name: str | os.PathLike[str] | None = None,
    ) -> None:
        self.format = container_format(path)
        self.shift = Fraction(0) if demuxer is None else _shift(demuxer, self.format)
        self._warnings = [_shift_note(self.shift, self.format)] * bool(self.shift)
        self.shape: Fraction | None = None
        self._path = path
        self._damaged = 0
        self._early = Fraction(0)
        self._started: set[int] = set()
        self._carried: Carried | None = None
        self._others: SecondReading | None = None
        self._name = str(path if name is None else name)
        self._suffix = f"a pipe of {self.format}" if isinstance(path, int) else Path(path).suffix
        self._container = _open(path, self.format, demuxer)
        if demuxer is None:
            self.stream = self._add_film(codec)
            return
        self._carried = Carried(
            self._container,
            demuxer,
            format_=self.format,
            suffix=self._suffix,
            drop_unsupported=drop_unsupported,
        )
        self._add_streams(demuxer, codec, self._carried)

    @property
    def warnings(self) -> list[str]:
        """What could not be kept, in plain words; complete after `close`."""
        damaged = f"{self._damaged} damaged packets of other streams could not be written and were left out"
        pulled = [_shift_note(-self._early, self.format)] * bool(self._early)
        carried = self._carried.warnings if self._carried is not None else []
        return carried + self._warnings + pulled + [damaged] * bool(self._damaged)

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
        if (base := fraction(item.time_base)) is not None and item.dts is not None:
            self._mux_due(item.dts * base)
        try:
            self._write(item)
        except (av.error.FFmpegError, ValueError) as error:
            raise OutputError(f"{self._name} cannot be written: {_reason(error)}") from error

    def close(self) -> None:
        """Write what is left of the other streams and the trailer, and close the file. Twice is fine.

        Raises
        ------
        OutputError
            If the rest cannot be written.
        """
        self._mux_due(None)
        self._close_others()
        streams = list(self._container.streams)
        try:
            self._container.close()
            self._write_shape(streams)
        except (av.error.FFmpegError, OSError) as error:
            raise OutputError(f"{self._name} cannot be finished: {_reason(error)}") from error

    def _write_shape(self, streams: list[Any]) -> None:
        """Have Matroska say once how wide a pixel is; libav does it for .mp4 and .mov."""
        shape, self.shape = self.shape, None
        if shape is None or self.format not in ("matroska", "webm") or isinstance(self._path, int):
            return
        films = [stream.index for stream in streams if stream.type == "video"]
        context = self.stream.codec_context
        size, number = (context.width, context.height), films.index(self.stream.index)
        if not set_pixel_shape(self._path, shape, size=size, number=number):
            self._warnings.append(
                f"{self.format}'s header has no room to say that pixels are {shape} as wide as high"
            )

    def abort(self) -> None:
        """Close the file as it is, whatever state it is in; it is not worth keeping."""
        self._close_others()
        with suppress(av.error.FFmpegError):
            self._container.close()

    def _close_others(self) -> None:
        if self._others is not None:
            self._others.close()
            self._others = None

    def _mux_due(self, time: Fraction | None) -> None:
        """Write what is due of the other streams before a packet of the film; None is the end."""
        if self._others is not None:
            for packet in self._others.until(time):
                self._mux_carried(packet)

    def _mux_carried(self, packet: av.Packet[Any]) -> None:
        try:
            if self._carried is not None and (made := self._carried.prepare(packet)) is not None:
                self._write(made)
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
        if self.format == "avi":
            self._start_late(packet, base)
        if self.format not in PRIMING and base is not None and packet.dts is not None:
            self._early = min(self._early, packet.dts * base)  # the muxer moves all streams by that much
        self._container.mux_one(packet)

    def _start_late(self, packet: av.Packet[Any], base: Fraction | None) -> None:
        """Keep a film's late start in AVI, whose streams all start at 0, or say that it is lost."""
        index, late = packet.stream_index, (packet.pts or 0) * (base or 0)
        if index in self._started:
            return
        self._started.add(index)
        if index == self.stream.index and late > 0:
            first = av.Packet(b"")  # after a frame without content AVI's muxer fills the gap with such
            first.pts, first.dts, first.time_base, first.stream = 0, 0, packet.time_base, self.stream
            self._container.mux_one(first)
        elif late > LATE:
            what = f"stream {describe(self._container.streams[index])} starts at {float(late):.3f} s"
            self._warnings.append(f"avi cannot say that {what}; it starts at 0 there")

    def _add_streams(self, demuxer: Demuxer, codec: str, carried: Carried) -> None:
        """Add the film and all other streams in the input's order, with what is said of them."""
        for source in demuxer.container.streams:
            if source.index == demuxer.stream.index:
                self.stream = self._add_film(codec)
                copy_tags(source, self.stream, drop=OWN_TAGS | FILM_TAGS, format_=self.format)
            else:
                carried.add(source)
        self._copy_container(demuxer)
        if self.format == "mpegts":
            copies = carried.copies | {demuxer.stream.index: self.stream}
            copy_program(demuxer.container, self._container, copies, suffix=self._suffix)
        if carried.copies:
            self._others = demuxer.reread(carried.copies)

    def _add_film(self, codec: str) -> VideoStream:
        try:
            stream = self._container.add_stream(codec)
        except ValueError as error:
            raise OptionError(f"{self._suffix} cannot hold {codec}; choose another codec") from error
        if not isinstance(stream, VideoStream):
            raise OptionError(f"{codec} is not a video encoder; choose one")
        return stream

    def _copy_container(self, demuxer: Demuxer) -> None:
        """Copy tags, chapters and timecode of the whole file."""
        source = demuxer.container
        copy_tags(source, self._container, drop=OWN_TAGS, format_=self.format)
        self._warnings += copy_chapters(source, self._container, shift=self.shift, format_=self.format)
        for stream in source.streams:
            if stream.type == "data" and "timecode" in stream.metadata:
                self.stream.metadata.setdefault("timecode", stream.metadata["timecode"])


def _open(path: Target, format_: str, demuxer: Demuxer | None) -> OutputContainer:
    options = dict(CONTAINER_OPTIONS.get(format_, {}))
    if demuxer is not None and not demuxer.once:
        options["max_interleave_delta"] = WAITED
    if demuxer is not None and needs_keys(format_, demuxer.container):
        options["movflags"] = "use_metadata_tags"
    url = f"pipe:{path}" if isinstance(path, int) else f"file:{os.fspath(path)}"
    return av.open(url, "w", format=format_, options=options, metadata_errors="surrogateescape")


def _shift_note(shift: Fraction, format_: str) -> str:
    return f"all streams are moved by {float(shift):+.3f} s together: {format_} cannot hold where they start"


def _shift(demuxer: Demuxer, format_: str) -> Fraction:
    """Return the one shift that brings all streams to times the container can say."""
    declared = (demuxer.container.start_time or 0) * MICROSECONDS
    sound = any(stream.type == "audio" for stream in demuxer.container.streams)
    return needed_shift(format_, demuxer.info.start, declared, base=demuxer.info.time_base, sound=sound)


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error)
