"""From frames to packets: which encoder, and the picture's time and tags."""

from __future__ import annotations

import os
from contextlib import suppress
from fractions import Fraction
from typing import Any

import av
import av.error
from av.bitstream import BitStreamFilterContext
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext

from masksmooth_filter.errors import OutputError
from masksmooth_filter.media.containers import IN_ORDER
from masksmooth_filter.media.defaults import interlaced
from masksmooth_filter.media.encoders import EncodeOptions, choose_codec, open_encoder, pixel_format
from masksmooth_filter.media.losses import losses, orientation_words, says_shape
from masksmooth_filter.media.palette import Palettes
from masksmooth_filter.media.pixels import convert, encoded_tags
from masksmooth_filter.media.probe import VideoInfo
from masksmooth_filter.media.remux import OutputFile
from masksmooth_filter.timing import fraction, time_of, to_ticks

ENCODER_LATENCY = 320
"""x264 and x265 look ahead at most 250 frames, and hold 16 B-frames and a frame a thread."""

TOP_FIRST, BOTTOM_FIRST = 2, 3
"""libav's AVFieldOrder."""

REORDER_ROOM = Fraction(1, 2)
"""A film that starts this late leaves room for decoding times before its first picture."""

GIF_TICK = Fraction(1, 100)

MPEG4_TICKS = 65535
"""The finest time base MPEG-4 part 2 can say."""

FRAME_TICKS = frozenset({"mpeg1video", "mpeg2video"})
"""Encoders that take no time base finer than a frame."""


class Encoder:
    """Frames in, packets out; set up and opened by the constructor.

    Parameters
    ----------
    output : OutputFile
        Whose film stream is set up; call its ``start`` after this.
    info : VideoInfo
        The film that will come: size, pixel format, time base, tags.
    options : EncodeOptions, optional

    Attributes
    ----------
    info : VideoInfo
        The film, as given.
    pix_fmt : str
        The format encoded in. Frames may come in this one or in that of ``info``.
    time_base : Fraction
        Seconds of a tick: the film's own, or a frame's where nothing finer can be said.

    Raises
    ------
    OptionError
        If the encoder refuses an option, the pixel format or the size.
    """

    def __init__(self, output: OutputFile, info: VideoInfo, *, options: EncodeOptions | None = None) -> None:
        options = options or EncodeOptions()
        self._output, self._stream, self.info = output, output.stream, info
        context = output.stream.codec_context
        self._codec = context.name
        chosen = pixel_format(self._codec, info, options)
        self.pix_fmt = chosen.name
        self.time_base = _time_base(self._codec, output.format, info)
        self._notes = [chosen.note] * bool(chosen.note) + losses(self._codec, output.format, info)
        self._last: int | None = None
        self._moved = 0
        self._palettes = Palettes()
        self._oriented = _orientation_filter(self._codec, output.format, info)
        self._describe(context, in_order=_in_order(output, info))
        open_encoder(context, options, info)

    @property
    def latency(self) -> int:
        """The most frames held back."""
        return ENCODER_LATENCY

    @property
    def headers(self) -> bytes:
        """What a file's header says of the codec: parameter sets and the like; may be empty."""
        return bytes(self._stream.codec_context.extradata or b"")

    @property
    def warnings(self) -> list[str]:
        """What could not be encoded as it was, in plain words; complete after `flush`."""
        tick = f"the next tick of {self.time_base} s, the finest there is here"
        moved = f"{self._moved} frames were moved to {tick}"
        return self._notes + [moved] * bool(self._moved)

    def push(self, frame: av.VideoFrame, /) -> list[av.Packet[Any]]:
        """Take a frame; return the packets that are ready.

        Raises
        ------
        OutputError
            If the frame's size or format is another than at the start, or the encoder fails.
        ValueError
            If the frame has no time.
        """
        self._check(frame)
        if frame.format.name != self.pix_fmt:
            frame = self._convert(frame)
        self._set_time(frame)
        return self._encode(frame)

    def flush(self) -> list[av.Packet[Any]]:
        """Return the packets still held. The encoder takes no frame after this: a file has one film."""
        with suppress(av.error.EOFError):  # flushed before
            return self._encode(None)
        return []

    def close(self) -> None:
        """Do nothing: the encoder belongs to the output file."""

    def _describe(self, context: VideoCodecContext, *, in_order: bool) -> None:
        """Tell the encoder and its stream what the film is."""
        info = self.info
        context.width, context.height, context.pix_fmt = info.width, info.height, self.pix_fmt
        context.time_base = self._stream.time_base = self.time_base
        context.framerate = info.grid or info.rate or Fraction(25)  # a hint for rate control, never a time
        if info.sample_aspect_ratio is not None:
            context.sample_aspect_ratio = info.sample_aspect_ratio
            if info.sample_aspect_ratio != 1 and not says_shape(self._codec):
                self._output.shape = info.sample_aspect_ratio
        context.flags |= Flags.frame_duration
        # PyAV's default, slices only, makes x264 cut each picture in slices: larger files on many cores.
        context.thread_type = "AUTO"
        for name, value in encoded_tags(info, self.pix_fmt).items():
            setattr(context, name, value)
        if in_order:
            context.max_b_frames = 0
        if self._oriented is not None:  # the filter reads the parameter sets out of the packets
            context.flags &= ~Flags.global_header
        if interlaced(self._codec, info):
            context.flags |= Flags.interlaced_dct | Flags.interlaced_me
        if info.looks.fields != "progressive":
            context.field_order = TOP_FIRST if info.looks.fields == "top" else BOTTOM_FIRST
        if info.display_matrix is not None:
            self._stream.set_display_matrix(info.display_matrix)
        elif info.rotation:
            self._stream.set_display_rotation(info.rotation)

    def _convert(self, frame: av.VideoFrame) -> av.VideoFrame:
        if self.pix_fmt == "pal8":
            return self._palettes.apply(frame)
        return convert(frame, self.info, self.pix_fmt)

    def _check(self, frame: av.VideoFrame) -> None:
        """Raise OutputError for a frame that is not of this film."""
        size, wanted = (frame.width, frame.height), (self.info.width, self.info.height)
        if size != wanted:
            now, was = "x".join(map(str, size)), "x".join(map(str, wanted))
            raise OutputError(f"the picture's size changes from {was} to {now}; cut the film there first")
        if frame.format.name not in (self.pix_fmt, self.info.pix_fmt):
            wants = " or ".join(sorted({self.pix_fmt, self.info.pix_fmt}))
            raise OutputError(f"the encoder got a {frame.format.name} picture; it takes {wants}")

    def _set_time(self, frame: av.VideoFrame) -> None:
        """Put the frame on the encoder's ticks, which are its own unless the container has coarser ones."""
        time = time_of(frame)
        if time is None:
            raise ValueError("a frame without time came to the encoder; copy pts and time_base of its source")
        ticks = to_ticks(time, self.time_base)
        if self._last is not None and ticks <= self._last:
            ticks = self._last + 1
        self._moved += ticks * self.time_base != time
        if fraction(frame.time_base) != self.time_base:
            frame.duration = to_ticks(
                frame.duration * (fraction(frame.time_base) or Fraction(0)), self.time_base
            )
        frame.pts, frame.time_base = ticks, self.time_base
        self._last = ticks

    def _encode(self, frame: av.VideoFrame | None) -> list[av.Packet[Any]]:
        try:
            return self._orient(self._stream.encode(frame))
        except av.error.EOFError:
            raise
        except av.error.FFmpegError as error:
            raise OutputError(f"{self._codec} failed: {error.strerror or error}") from error

    def _orient(self, packets: list[av.Packet[Any]]) -> list[av.Packet[Any]]:
        """Have the codec say how the picture is turned, where the container cannot."""
        if self._oriented is None:
            return packets
        turned = [out for packet in packets for out in self._oriented.filter(packet)]
        for packet in turned:
            packet.stream, packet.time_base = self._stream, self.time_base
        return turned


class PlainVideo:
    """Writes frames to a file that holds nothing else.

    Parameters
    ----------
    path : path
        The suffix says the container.
    info : VideoInfo
        Size, pixel format, time base and tags of the frames.
    options : EncodeOptions, optional
        For exact pixels, codec ``ffv1`` in .mkv.

    Raises
    ------
    OptionError, OutputError
        As `OutputFile` and `Encoder` do.
    """

    def __init__(
        self, path: str | os.PathLike[str], info: VideoInfo, *, options: EncodeOptions | None = None
    ) -> None:
        self._output = OutputFile(path, codec=choose_codec(path, options))
        self._encoder = Encoder(self._output, info, options=options)
        self._output.start()

    def write(self, frame: av.VideoFrame) -> None:
        """Encode and write a frame that has pts and time base."""
        for packet in self._encoder.push(frame):
            self._output.mux(packet)

    def close(self) -> None:
        """Write what is held, and the trailer. Twice is fine."""
        for packet in self._encoder.flush():
            self._output.mux(packet)
        self._output.close()

    def abort(self) -> None:
        """Close the file as it is."""
        self._output.abort()


def _orientation_filter(codec: str, format_: str, info: VideoInfo) -> BitStreamFilterContext | None:
    """Return the filter that writes the rotation into H.264 where the container has no place for it."""
    words = orientation_words(codec, format_, info)
    if words is None:
        return None
    return BitStreamFilterContext(f"h264_metadata=display_orientation=insert:{words}", "h264")


def _in_order(output: OutputFile, info: VideoInfo) -> bool:
    """Tell whether pictures must not be reordered: AVI has no presentation times, others no room for it."""
    early = info.start + output.shift < REORDER_ROOM
    return output.format == "avi" or (output.format in IN_ORDER and early)


def _time_base(codec: str, format_: str, info: VideoInfo) -> Fraction:
    """Return the film's own time base, or one a frame where nothing finer can be said."""
    if format_ == "gif":
        return GIF_TICK
    if (
        format_ == "avi"
        or codec in FRAME_TICKS
        or (codec == "mpeg4" and info.time_base.denominator > MPEG4_TICKS)
    ):
        return 1 / (info.grid or info.rate or Fraction(25))
    return info.time_base
