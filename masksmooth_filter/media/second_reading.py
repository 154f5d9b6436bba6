"""The other streams of a file, read a second time, as far as the muxer has come.

A file may store its sound anywhere: minutes after the pictures it belongs to, or all of it at the end.
Whoever takes packets in file order must then hold everything between in memory, or write an output as
badly interleaved as the input. Here the muxer asks for what belongs before a time; nothing waits for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Any

import av
import av.error
from av.container import InputContainer
from av.stream import Discard, Disposition

from masksmooth_filter.timing import fraction

HELD_BYTES = 16 << 20
"""Bytes of packets one reader holds for streams that are not due yet; 40 s of 3 Mbit/s, a quarter of an
hour of usual sound. A stream for which more would have to be held gets a reader of its own."""

AHEAD = Fraction(10)
"""Seconds the reader looks further for the next packet of a stream with long pauses: subtitles, data."""

Open = Callable[[], InputContainer]


class SecondReading:
    """Packets of some streams of a file by their times, however far apart the file stores them.

    Sound and further films are waited for, until their next packet or the end of the file. Subtitles and
    data may pause for an hour: they are looked for until all films and sounds are `AHEAD` of the time asked
    for; or to the end, once the file has shown that it does not keep its streams side by side.

    Parameters
    ----------
    open_ : callable
        Opens the file anew.
    indexes : iterable of int
        The streams.
    held_bytes : int
        Most bytes a reader holds.

    Attributes
    ----------
    readers : int
        How many times the file is open.
    """

    def __init__(self, open_: Open, indexes: Iterable[int], *, held_bytes: int = HELD_BYTES) -> None:
        self._open, self._held_bytes = open_, held_bytes
        first = _Reader(open_, frozenset(indexes))
        self._readers = [first]
        self._of = dict.fromkeys(sorted(first.indexes), first)
        self._taken = dict.fromkeys(self._of, 0)
        self._dense = {index for index in self._of if _is_dense(first.container.streams[index])}

    @property
    def readers(self) -> int:
        """How many times the file is open."""
        return len(self._readers)

    def until(self, time: Fraction | None) -> Iterator[av.Packet[Any]]:
        """Yield, in the order of their decoding times, the packets due up to a time; None is the end."""
        while due := [(when, index) for index in self._of if (when := self._next(index, time)) is not None]:
            when, index = min(due)
            if time is not None and when > time:
                return
            self._taken[index] += 1
            yield self._of[index].take(index)

    def close(self) -> None:
        """Close the file. Twice is fine."""
        for reader in self._readers:
            reader.close()

    def _next(self, index: int, time: Fraction | None) -> Fraction | None:
        """Return the time of a stream's next packet, reading on to find it; None if there is none."""
        while (when := self._of[index].time_of(index)) is None:
            reader = self._of[index]
            waits = index in self._dense or reader.scattered or time is None
            if not waits and time is not None and reader.is_past(time + AHEAD):
                return None
            if reader.held > self._held_bytes:
                self._give_own_reader(index)
            elif not reader.read():
                return None
        return when

    def _give_own_reader(self, index: int) -> None:
        """Read one stream apart from the others, from where it is now."""
        shared = self._of[index]
        shared.leave(index)
        own = self._of[index] = _Reader(self._open, frozenset({index}), skip=self._taken[index])
        own.scattered = shared.scattered
        if shared.scattered or index in self._dense:  # the others' times tell nothing
            own.read_alone()
        self._readers.append(own)


class _Reader:
    """The file opened once more, packets of some of its streams waiting in a queue each."""

    def __init__(self, open_: Open, indexes: frozenset[int], *, skip: int = 0) -> None:
        self.container = open_()
        self.indexes = set(indexes)
        self.held = 0
        self.scattered = False
        self._latest = Fraction(0)
        self._skip = skip
        self._queues: dict[int, deque[tuple[Fraction, av.Packet[Any]]]] = {i: deque() for i in indexes}
        self._last: dict[int, Fraction] = {}
        self._dense = [stream.index for stream in self.container.streams if _is_dense(stream)]
        self._packets = self._read()

    def read_alone(self) -> None:
        """Have libav skip all other streams."""
        for stream in self.container.streams:
            if stream.index not in self.indexes:
                stream.discard = Discard.all

    def time_of(self, index: int) -> Fraction | None:
        """Return the time of a stream's first waiting packet, None if none waits."""
        queue = self._queues[index]
        return queue[0][0] if queue else None

    def is_past(self, time: Fraction) -> bool:
        """Tell whether all films and sounds of the file have been read beyond a time."""
        return all(self._last.get(index, time) > time for index in self._dense)

    def take(self, index: int) -> av.Packet[Any]:
        """Remove and return a stream's first waiting packet."""
        _, packet = self._queues[index].popleft()
        self.held -= packet.size
        return packet

    def read(self) -> bool:
        """Read one packet; False at the end."""
        packet = next(self._packets, None)
        if packet is None:
            return False
        index = packet.stream_index
        when = self._when(packet)
        self.scattered |= when < self._latest - AHEAD
        self._latest = max(self._latest, when)
        if index not in self.indexes:
            return True
        if self._skip:
            self._skip -= 1
            return True
        self._queues[index].append((when, packet))
        self.held += packet.size
        return True

    def leave(self, index: int) -> None:
        """Give up a stream."""
        self.indexes.discard(index)
        self.held -= sum(packet.size for _, packet in self._queues.pop(index))

    def close(self) -> None:
        """Close the file. Twice is fine."""
        self.container.close()

    def _when(self, packet: av.Packet[Any]) -> Fraction:
        """Return when a packet is due: its decoding time, else the one before it of its stream."""
        base, ticks = fraction(packet.time_base), packet.pts if packet.dts is None else packet.dts
        last = self._last.get(packet.stream_index, Fraction(0))
        when = last if base is None or ticks is None else ticks * base
        self._last[packet.stream_index] = when
        return when

    def _read(self) -> Iterator[av.Packet[Any]]:
        try:
            for packet in self.container.demux():
                if packet.size:  # libav's drain markers are empty
                    yield packet
        except av.error.FFmpegError:  # the first reading says so
            return


def _is_dense(stream: Any) -> bool:
    """Tell whether a stream has packets all the time."""
    return stream.type in ("audio", "video") and not stream.disposition & Disposition.attached_pic
