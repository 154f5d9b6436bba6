"""The other streams in the output: which there are, from which of the input, and in what form."""

from __future__ import annotations

from typing import Any

import av
import av.error
from av.container import OutputContainer

from masksmooth_filter.errors import OutputError
from masksmooth_filter.media.containers import COVER_MIMES, holders, holds
from masksmooth_filter.media.demux import Demuxer
from masksmooth_filter.media.probe import describe
from masksmooth_filter.media.subtitles import SubtitleConverter, own_form
from masksmooth_filter.media.tags import OWN_TAGS, copy_tags
from masksmooth_filter.timing import fraction, to_ticks

NONSTRICT = frozenset({"matroska", "webm"})
"""Containers in which two packets of a stream may have one time (libavformat's AVFMT_TS_NONSTRICT)."""


class Carried:
    """Streams of the input that are not the film, in an output container.

    Parameters
    ----------
    container : av.container.OutputContainer
        The output, whose header is not written yet.
    demuxer : Demuxer
        The input.
    format_ : str
        libav's name of the output's container.
    suffix : str
        What messages call it.
    drop_unsupported : bool
        Leave out, with a warning, streams the container cannot hold, instead of refusing.

    Attributes
    ----------
    copies : dict of int to av.stream.Stream
        Streams of the output by the input's whose packets they want.
    warnings : list of str
        What is not as it was, in plain words.
    """

    def __init__(
        self,
        container: OutputContainer,
        demuxer: Demuxer,
        *,
        format_: str,
        suffix: str,
        drop_unsupported: bool,
    ) -> None:
        self._container, self._demuxer, self._format, self._suffix = container, demuxer, format_, suffix
        self._drop = drop_unsupported
        self.copies: dict[int, Any] = {}
        self._converters: dict[int, SubtitleConverter] = {}
        self._last: dict[int, int] = {}
        self._retimed = 0
        self._notes: list[str] = []

    @property
    def warnings(self) -> list[str]:
        """What is not as it was, in plain words; complete at the end."""
        what = "packets of other streams were not timed after the one before; they were put one tick after it"
        return self._notes + [f"{self._retimed} {what}"] * bool(self._retimed)

    def add(self, source: Any) -> None:
        """Add a stream of the input.

        Raises
        ------
        OutputError
            If the container cannot hold it, and it may not be left out.
        """
        if not self._add(source):
            self._refuse(source)

    def prepare(self, packet: av.Packet[Any]) -> av.Packet[Any] | None:
        """Return a packet as the output wants it, None if there is nothing to write.

        Raises
        ------
        av.error.FFmpegError
            If it cannot be converted.
        """
        copy = self.copies.get(packet.stream_index)
        if copy is None:  # left out, which a warning says, or written as an attachment
            return None
        if (converter := self._converters.get(packet.stream_index)) is not None:
            made = converter.convert(packet)
            if made is None:
                return None
            packet = made
        packet.stream = copy
        self._put_in_order(packet, copy)
        return packet

    def _put_in_order(self, packet: av.Packet[Any], copy: Any) -> None:
        """Give a packet a decoding time after the last one's, and a sound's packet a duration.

        Muxers refuse two packets of one time, which coarse ticks make of short ones: TrueHD has 1200
        packets a second, Matroska 1000 ticks. MP4's edit list ends with the last packet's duration:
        readers would leave one without out.
        """
        base, tick = fraction(packet.time_base), fraction(copy.time_base)
        if base is None or tick is None or packet.dts is None:
            return
        dts, last = to_ticks(packet.dts * base, tick), self._last.get(copy.index)
        if last is not None and dts < last + (self._format not in NONSTRICT):
            self._retimed += last * tick - packet.dts * base > base
            dts = last + (self._format not in NONSTRICT)
            pts = dts if packet.pts is None else max(to_ticks(packet.pts * base, tick), dts)
            packet.duration = to_ticks((packet.duration or 0) * base, tick)
            packet.dts, packet.pts, packet.time_base = dts, pts, tick
        elif last is not None and not packet.duration and copy.type == "audio":
            packet.duration = to_ticks((dts - last) * tick, base)
        self._last[copy.index] = dts

    def _add(self, source: Any) -> bool:
        """Add a stream of the input; False if the container cannot hold it."""
        pictures = self._demuxer.pictures
        if source.index in pictures and self._format == "matroska":
            name, mime = COVER_MIMES.get(source.codec_context.name, ("cover", "application/octet-stream"))
            self._container.add_attachment(name, mime, pictures[source.index])
            return True
        if _kept_otherwise(source, self._demuxer):
            return True
        if holds(self._format, source):
            copy = self._container.add_stream_from_template(source, opaque=True)
        elif (form := own_form(self._format, source)) is not None:
            copy = self._container.add_stream(form)
            self._converters[source.index] = SubtitleConverter(source, copy)
            self._notes.append(
                f"stream {describe(source)} is converted to {form}, the text of {self._format}"
            )
        else:
            return self._note_unknown(source)
        copy_tags(source, copy, drop=OWN_TAGS, format_=self._format)
        self.copies[source.index] = copy
        return True

    def _note_unknown(self, source: Any) -> bool:
        """Say that data in no known form stays behind; False for a stream that is known."""
        if source.type not in ("data", "unknown") or getattr(source, "name", None) not in (None, "bin_data"):
            return False
        what = f"stream {describe(source)} holds data of a kind unknown here"
        self._notes.append(f"{what}, which {self._format} cannot be given; it is left out")
        return True

    def _refuse(self, source: Any) -> None:
        """Raise OutputError for a stream the container cannot hold, or warn if it may be left out."""
        what = f"{self._suffix} cannot hold stream {describe(source)} of the input"
        if not self._drop:
            film = self._demuxer.stream.index
            others = holders(s for s in self._demuxer.container.streams if s.index != film)
            instead = f"use {' or '.join(others)}, or leave" if others else "leave"
            raise OutputError(f"{what}; {instead} it out with --drop-unsupported")
        self._notes.append(f"{what}; it is left out")


def _kept_otherwise(source: Any, demuxer: Demuxer) -> bool:
    """Tell whether a data stream's content is kept in another way: a timecode's track, chapters' text."""
    chapters = getattr(source, "name", None) == "bin_data" and bool(demuxer.container.chapters())
    return source.type == "data" and ("timecode" in source.metadata or chapters)
