"""From packets to frames."""

from __future__ import annotations

from typing import Any, cast

import av
import av.error
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from masksmooth_filter.cores import usable_cores
from masksmooth_filter.media.probe import MAX_PIXELS
from masksmooth_filter.timing import fraction, to_ticks

ALPHA_DECODERS = {"vp9": "libvpx-vp9", "vp8": "libvpx"}
"""Decoders that know the transparency of a WebM; libav's own leave it out."""

MOST_THREADS = 8
"""Frames decoded at once, at most; one for every two cores, where libav takes one more than there are, up to
16. Each is held in memory, 12 MB at 2160p, with tables; and a thread decodes several times as fast as one
encodes: on 2 cores a second one made no run faster, MPEG-4 part 2 at 1080p (55 frames/s) included."""

MOST_UNTIMED = 32
"""Frames held at the start for a time to come: Matroska cannot say times before 0, more than a second of
which nobody writes."""

DECODER_LATENCY = 32 + MOST_UNTIMED
"""A decoder of libav's has at most 16 frame threads; H.264 and HEVC reorder at most 16 pictures, and as many
as `MOST_UNTIMED` may wait."""


class Decoder:
    """Film packets in, frames out: with a time, in order, and never to be drawn on.

    The decoder still refers to the frames it hands out; painting on one changes later frames.

    Parameters
    ----------
    stream : av.VideoStream
        Of an open input, not decoded from yet.

    Attributes
    ----------
    frames : int
        Frames handed out so far.
    damaged : int
        Packets (or drains) that could not be decoded.
    retimed : int
        Frames whose time was equal to the one before, or earlier; they leave a tick after it.
    untimed : int
        Frames without a time; they leave a frame's duration after the one before. Those at the start are
        held until one with a time comes, and leave before it.
    reshaped : int
        Frames of another size or pixel format than the first; they leave in its.

    Raises
    ------
    ValueError
        If the stream is being decoded already: a second decoder would lose the first one's frames.
        With a `Demuxer`, take its ``decoder``.
    """

    def __init__(self, stream: VideoStream) -> None:
        if stream.codec_context.is_open:
            raise ValueError("the stream is being decoded already; use the demuxer's own .decoder")
        # PyAV's default is slices only, of which most x264 files have one: no parallelism at all.
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = max(1, min(usable_cores() // 2, MOST_THREADS))
        self._stream = stream
        self._context = _context(stream)
        self._context.options = {"max_pixels": str(MAX_PIXELS)}  # a size may change on the way
        self._shape: tuple[int, int, str] | None = None
        self._unread: list[av.VideoFrame] = []
        self._waiting: list[av.VideoFrame] = []
        self._last: int | None = None
        self.frames = 0
        self.damaged = 0
        self.retimed = 0
        self.untimed = 0
        self.reshaped = 0

    @property
    def latency(self) -> int:
        """The most frames held back, for threads and reordering."""
        return DECODER_LATENCY

    @property
    def warnings(self) -> list[str]:
        """What went wrong so far, in plain words; empty if nothing."""
        found = []
        if self.damaged:
            found.append(f"{self.damaged} damaged video packets could not be decoded and were skipped")
        if self.retimed:
            what = "were not timed after the frame before; they were put one tick after it"
            found.append(f"{self.retimed} of {self.frames} frames {what}")
        if self.untimed:
            what = "had no time; they follow each other at the average rate"
            found.append(f"{self.untimed} of {self.frames} frames {what}")
        if self.reshaped and self._shape:
            width, height, pix_fmt = self._shape
            what = "have another size or pixel format than the first; they were scaled to its"
            found.append(f"{self.reshaped} of {self.frames} frames {what} {width}x{height} {pix_fmt}")
        return found

    def push(self, packet: av.Packet[Any], /) -> list[av.VideoFrame]:
        """Take a packet of the film; return the frames that are ready."""
        return self._read() + self._decode(packet)

    def flush(self) -> list[av.VideoFrame]:
        """Hand over the frames still held and be as new."""
        frames = self._read() + self.drain()
        self._context.flush_buffers()
        self._last = None
        return frames

    def drain(self) -> list[av.VideoFrame]:
        """Decode what the codec still holds; after this only `flush` makes it take packets again."""
        return self._decode(None)

    def unread(self, frames: list[av.VideoFrame]) -> None:
        """Put frames back, to be handed out again first."""
        self._unread += frames

    def close(self) -> None:
        """Forget frames put back; the codec belongs to the input."""
        self._unread.clear()

    def _read(self) -> list[av.VideoFrame]:
        frames, self._unread = self._unread, []
        return frames

    def _decode(self, packet: av.Packet[Any] | None) -> list[av.VideoFrame]:
        try:
            frames = [self._shaped(frame) for frame in self._context.decode(packet)]
        except av.error.EOFError:  # drained before
            frames = []
        except av.error.FFmpegError:
            self.damaged += 1
            frames = []
        return [self._timed(frame) for frame in self._begun(frames, last=packet is None)]

    def _begun(self, frames: list[av.VideoFrame], *, last: bool) -> list[av.VideoFrame]:
        """Hold frames at the start that have no time until one has; then they lie before it."""
        if self._last is not None:
            return frames
        self._waiting += frames
        known = next((n for n, frame in enumerate(self._waiting) if _ticks(frame) is not None), None)
        if known is None and not last and len(self._waiting) < MOST_UNTIMED:
            return []
        frames, self._waiting = self._waiting, []
        if known:
            first = _ticks(frames[known])
            self._last = (first or 0) - (known + 1) * self._step(frames[known])
        return frames

    def _shaped(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Scale a frame to the size of the first: a file's film has one size from start to end."""
        shape = (frame.width, frame.height, frame.format.name)
        self._shape = self._shape or shape
        if shape == self._shape:
            return frame
        self.reshaped += 1
        width, height, pix_fmt = self._shape
        duration = frame.duration
        frame = frame.reformat(width, height, pix_fmt)
        frame.duration = duration
        return frame

    def _timed(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Give the frame its time base (drained frames lack it) and a pts after the last one's."""
        frame.time_base = self._stream.time_base
        # The decoded type would be taken by libx264 as an order: forced I, P and B frames.
        frame.pict_type = 0
        pts = _ticks(frame)
        if pts is None:
            pts = 0 if self._last is None else self._last + self._step(frame)
            self.untimed += 1
        elif self._last is not None and pts <= self._last:
            pts = self._last + 1
            self.retimed += 1
        frame.pts = self._last = pts
        self.frames += 1
        return frame

    def _step(self, frame: av.VideoFrame) -> int:
        """Return a frame's duration in ticks, from itself or the stream's rate; 1 if neither says."""
        rate, base = fraction(self._stream.average_rate), fraction(self._stream.time_base)
        return frame.duration or (to_ticks(1 / rate, base) if rate and base else 0) or 1


def _ticks(frame: av.VideoFrame) -> int | None:
    """Return a frame's time, or that of its decoding where it has no other."""
    return frame.dts if frame.pts is None else frame.pts


def _context(stream: VideoStream) -> VideoCodecContext:
    """Return the stream's decoder, or for a WebM with transparency the one that knows it."""
    own = stream.codec_context
    name = ALPHA_DECODERS.get(own.codec.canonical_name)
    if name is None or stream.metadata.get("alpha_mode") != "1" or name not in av.codecs_available:
        return own
    context = cast(VideoCodecContext, VideoCodecContext.create(name, "r"))
    context.extradata = own.extradata
    return context
