"""How far a run has come, counted where packets leave for the file."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av

from masksmooth_filter.frames import CarriedPacket
from masksmooth_filter.media import VideoInfo
from masksmooth_filter.run.runner import Stage
from masksmooth_filter.timing import time_of


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come.

    Attributes
    ----------
    done, total : int
        Frames written, and frames there will be (0 if nobody knows).
    fps : float
        Frames a second since the start.
    slowest : str
        The stage that has been busiest so far.
    """

    done: int
    total: int
    fps: float
    slowest: str


class Watch:
    """The end of the chain: hands every item to the file, and counts the film's frames.

    Parameters
    ----------
    write : callable
        Writes an item.
    stages : sequence of Stage
        The running chain, for its speeds; empty if it runs elsewhere.
    info : VideoInfo
        The film, for the number of frames and the length of one.
    tell : callable, optional
        Given a `Progress` after every frame.
    """

    def __init__(
        self,
        write: Callable[[Any], None],
        stages: Sequence[Stage],
        info: VideoInfo,
        tell: Callable[[Progress], None] | None,
    ) -> None:
        self._write, self._stages, self._info, self._tell = write, stages, info, tell
        self._start = time.perf_counter()
        self._first: Fraction | None = None
        self._end = Fraction(0)
        self.done = 0

    def __call__(self, item: av.Packet[Any] | CarriedPacket) -> None:
        """Write one item."""
        if not isinstance(item, CarriedPacket):
            self._note(item)
        self._write(item)

    @property
    def seconds(self) -> float:
        """Length of the film written so far."""
        return float(self._end - (self._first or 0))

    def _note(self, packet: av.Packet[Any]) -> None:
        """Count a frame of the film; times are read before the file re-bases the packet."""
        self.done += 1
        at = time_of(packet)
        if at is not None:
            step = (packet.duration or 0) * (packet.time_base or 0) or 1 / (self._info.rate or Fraction(25))
            self._first = at if self._first is None else min(self._first, at)
            self._end = max(self._end, at + Fraction(step))
        if self._tell is not None:
            busiest = max(self._stages, key=lambda stage: stage.busy, default=None)
            fps = self.done / max(time.perf_counter() - self._start, 1e-9)
            slowest = "workers" if busiest is None else busiest.name
            self._tell(Progress(self.done, self._info.frames, fps, slowest))
