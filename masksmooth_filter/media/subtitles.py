"""Text subtitles from the form of one container into that of another."""

from __future__ import annotations

from typing import Any

import av
import av.error
from av.subtitles.codeccontext import SubtitleCodecContext
from av.subtitles.subtitle import AssSubtitle, SubtitleSet

TEXT_CODECS = frozenset({"ass", "mov_text", "ssa", "subrip", "text", "webvtt"})
"""Subtitles that are words, by libav's canonical names; pictures cannot be converted."""

OWN_FORMS = {"mp4": "mov_text", "mov": "mov_text", "webm": "webvtt", "matroska": "subrip"}
"""The form in which each container keeps text."""


def own_form(format_: str, source: Any) -> str | None:
    """Return the encoder for a container's own form of a text subtitle, or None if there is no way.

    Parameters
    ----------
    format_ : str
        libav's name of the container.
    source : av.stream.Stream
        A stream of the input.
    """
    context = source.codec_context
    if source.type != "subtitle" or context is None or context.codec.canonical_name not in TEXT_CODECS:
        return None
    return OWN_FORMS.get(format_)


class SubtitleConverter:
    """Takes packets of a text subtitle and returns them in another form, at the same times.

    Parameters
    ----------
    source : av.stream.Stream
        The input's stream; it is decoded from.
    target : av.stream.Stream
        The output's stream, of a text codec, not open yet.
    """

    def __init__(self, source: Any, target: Any) -> None:
        self._reader: SubtitleCodecContext = source.codec_context
        self._writer: SubtitleCodecContext = target.codec_context
        self._reader.open(strict=False)
        self._writer.time_base = target.time_base = source.time_base
        self._writer.subtitle_header = self._reader.subtitle_header

    def convert(self, packet: av.Packet[Any]) -> av.Packet[Any] | None:
        """Return the packet's text in the other form, or None if there is none (MP4 fills gaps so).

        Raises
        ------
        av.error.FFmpegError
            If the packet cannot be read.
        """
        found = self._reader.decode2(packet)
        lines = [rect.ass for rect in found or () if isinstance(rect, AssSubtitle)]
        if not lines:
            return None
        # An event is "order,layer,style,name,margins x 3,effect,text": only texts may be joined.
        text = b"\\N".join([lines[0], *(line.split(b",", 8)[-1] for line in lines[1:])])
        made = self._writer.encode_subtitle(
            SubtitleSet.create(text, 0, packet.duration or 0, packet.pts or 0)
        )
        made.pts, made.dts, made.duration = packet.pts, packet.pts, packet.duration
        made.time_base, made.is_keyframe = packet.time_base, True
        return made
