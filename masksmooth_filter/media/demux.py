"""From file to packets."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from fractions import Fraction
from types import TracebackType
from typing import Any, Self

import av
import av.error
from av.stream import Disposition

from masksmooth_filter.errors import InputError
from masksmooth_filter.frames import CarriedPacket
from masksmooth_filter.media.decode import Decoder
from masksmooth_filter.media.pipes import PIPE, StandardInput
from masksmooth_filter.media.probe import VideoInfo, film_stream, open_input
from masksmooth_filter.media.protocols import Allowed
from masksmooth_filter.media.second_reading import SecondReading
from masksmooth_filter.timing import MICROSECONDS, fraction

PEEK_PACKETS = 2000
"""Film packets read in search of a first frame: beyond a minute of video no decoder would start."""

KEPT_BYTES = 256 << 20
"""Bytes of other streams kept before a pipe's first frame: two hours of sound, or uncompressed 20 minutes."""

EARLY_SECONDS = Fraction(1, 4)
"""How much earlier than declared a file may end unremarked: audio padding stays below 0.1 s."""

TS_PACKETS = (188, 192, 204)
"""Bytes of an MPEG transport packet, plain, with time code, and with error correction."""


class Demuxer:
    """The packets of a film; iterate once.

    The constructor reads up to the first decoded frame, so that everything about the film is known
    before any work starts. Nothing of the film is read or decoded twice: its first frames wait in
    ``decoder``. Other streams of a file come by `reread`; what can be read only once, a pipe, brings them
    as `CarriedPacket` among the film's, those that passed by before the first frame included.

    Parameters
    ----------
    path : path
        The file to read; ``-`` is standard input.
    allowed : frozenset of str
        What may be opened beside a plain file, from `parse_protocols`.

    Attributes
    ----------
    once : bool
        Whether it can be read only once.
    container : av.container.InputContainer
        The open file.
    stream : av.VideoStream
        The film.
    decoder : Decoder
        The film's decoder, which holds the first frames already.
    info : VideoInfo
        The film in figures.
    pictures : dict of int to bytes
        Cover pictures by stream index.

    Raises
    ------
    InputError
        If the file cannot be read, has no film, or no frame of it can be decoded.
    """

    def __init__(self, path: str | os.PathLike[str], *, allowed: Allowed = frozenset()) -> None:
        self._allowed = allowed
        self._pipe = StandardInput() if os.fspath(path) == PIPE else None
        self._path = "standard input" if self._pipe else os.fspath(path)
        self.container = open_input(self._path, pipe=self._pipe, allowed=allowed)
        self.pictures: dict[int, bytes] = {}
        self.once = self._pipe is not None or not os.path.isfile(self._path)
        self._kept: list[CarriedPacket] = []
        self._kept_bytes = 0
        self._ended = False
        self._error: str | None = None
        self._corrupt = 0
        self._end = self._step = Fraction(0)
        self._time: Fraction | None = None
        self._packets = self._read()
        try:
            self.stream = film_stream(self.container)
            self.decoder = Decoder(self.stream)
            self.info = VideoInfo.of(self.stream, self._peek())
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[av.Packet[Any] | CarriedPacket]:
        """Yield packets in file order; those of the film that were peeked at are in ``decoder``."""
        kept, self._kept = self._kept, []
        yield from kept
        for packet in self._packets:
            if packet.stream_index == self.stream.index:
                yield packet
            elif self.once:
                yield CarriedPacket(packet)

    def reread(self, indexes: Iterable[int]) -> SecondReading | None:
        """Return a second reading of other streams, from which the caller takes what is due.

        None for what can be read only once: there the iteration brings them.

        Parameters
        ----------
        indexes : iterable of int
            The streams that are wanted.
        """
        if self.once:
            return None
        return SecondReading(lambda: open_input(self._path, allowed=self._allowed), indexes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. Twice is fine."""
        self.container.close()

    def stop(self) -> None:
        """Give up reading, also where another thread waits for a pipe."""
        if self._pipe is not None:
            self._pipe.stop()

    @property
    def warnings(self) -> list[str]:
        """What was wrong with the file, in plain words; complete once all frames are decoded."""
        found = self.decoder.warnings if self._ended else []  # they count: said once, when it is over
        if self._ended and (why := self._ends_early()):
            found.insert(0, f"input ends early: {self._read_of()} frames could be read; {why}")
        elif self._corrupt:
            found.insert(
                0, f"{self._corrupt} packets of the input are damaged; what can be read of them is used"
            )
        if self.stream.metadata.get("alpha_mode") == "1" and not self.info.pix_fmt.startswith("yuva"):
            found.append("the input's transparency is not decoded here; the film goes on without it")
        return found

    def _peek(self) -> av.VideoFrame:
        """Return the first frame, putting it back into the decoder."""
        films = 0
        for packet in self._packets:
            if packet.stream_index != self.stream.index:
                self._keep(packet)
                continue
            films += 1
            if frames := self.decoder.push(packet):
                break
            if films == PEEK_PACKETS:
                raise InputError(
                    f"no frame in the first {films} packets of {self._path}; the video is damaged"
                )
        else:
            frames = self.decoder.drain()
        if not frames:
            raise InputError(f"no frame of {self._path} can be decoded; the video is damaged or encrypted")
        self.decoder.unread(frames)
        return frames[0]

    def _keep(self, packet: av.Packet[Any]) -> None:
        """Keep a packet of another stream for the iteration, if it can be read only once."""
        if not self.once:
            return
        self._kept_bytes += packet.size
        if self._kept_bytes > KEPT_BYTES:
            held = f"{KEPT_BYTES >> 20} MB of other streams come before its first frame"
            raise InputError(f"{self._path}: {held}; write it to a file and give that")
        self._kept.append(CarriedPacket(packet))

    def _read(self) -> Iterator[av.Packet[Any]]:
        """Yield the packets that hold something, until the end or an error."""
        try:
            for packet in self.container.demux():
                if packet.size:  # libav's drain markers are empty
                    self._note(packet)
                    yield packet
        except av.error.FFmpegError as error:
            self._error = error.strerror or str(error)
        self._ended = True

    def _note(self, packet: av.Packet[Any]) -> None:
        """Remember what tells a whole file from a truncated one, and the cover pictures."""
        self._corrupt += packet.is_corrupt
        if packet.stream.disposition & Disposition.attached_pic:
            self.pictures[packet.stream_index] = bytes(packet)
            return
        base = fraction(packet.time_base)
        if packet.pts is None or base is None:
            return
        time = packet.pts * base
        self._end = max(self._end, time + (packet.duration or 0) * base)
        if packet.stream_index == self.stream.index:
            self._step = max(self._step, abs(time - self._time) if self._time is not None else self._step)
            self._time = time

    def _read_of(self) -> str:
        """Return ``73 of 150``, ``73 of about 150`` if the total is an estimate, or ``73`` if unknown."""
        total = 0 if self.container.format.name == "mpegts" else self.info.frames  # TS: a guess from its end
        about = "" if self.stream.frames else "about "
        return (
            f"{self.decoder.frames} of {about}{total}"
            if total > self.decoder.frames
            else f"{self.decoder.frames}"
        )

    def _ends_early(self) -> str | None:
        """Tell why the file is thought to end too early, or None."""
        if self._error:
            return f"reading stopped: {self._error}"
        size = os.path.getsize(self._path) if os.path.isfile(self._path) else 0
        if self.container.format.name == "mpegts":  # its duration is measured, not declared
            torn = all(size % step for step in TS_PACKETS)
            return "the file stops in the middle of a packet" if torn else None
        # The last frame of a slide show may last as long as any before, and not every file says so.
        start = min(0, self.container.start_time or 0)
        declared = ((self.container.duration or 0) + start) * MICROSECONDS
        early = declared - self._end > max(EARLY_SECONDS, self._step)
        return "the file is truncated or damaged" if early else None
