"""Where a film is cut for its network: at keyframes, and so that every batch holds the pictures it would."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from masksmooth_filter.media import film_stream, open_input

FRAMES = 300
"""Frames of a chunk at least: 12 s of 25 fps. With selfie that is 2 s of work, a hundred times what it costs
to hand out; and a worker that is lost loses no more."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a film, in ticks of its time base.

    Attributes
    ----------
    start, end : int, optional
        Its first frame's time, and the first that is not in it; None at the film's ends.
    seek : int, optional
        The keyframe to decode from.
    frames : int
        How many frames it is thought to have.
    """

    start: int | None
    end: int | None
    seek: int | None
    frames: int

    def holds(self, time: int | None) -> bool:
        """Tell whether a frame that does not lie before the chunk lies in it."""
        return self.end is None or (time or 0) < self.end

    @property
    def name(self) -> str:
        """What its files are called."""
        return f"{'begin' if self.start is None else self.start}_{'end' if self.end is None else self.end}"


def plan_chunks(path: Path, *, batch: int, frames: int = FRAMES) -> list[Chunk]:
    """Cut a film; reads its packets once, and decodes none.

    A chunk begins at the first keyframe that is ``frames`` after the last cut, or at the next whole batch
    behind it. A film whose packets do not all have times of their own is not cut: one chunk.

    Parameters
    ----------
    path : Path
        The film.
    batch : int
        Pictures the network is given at a time.
    frames : int
        Frames of a chunk at least.
    """
    times, keys = _packet_times(path)
    if None in times or len(set(times)) < len(times):
        return [Chunk(None, None, None, len(times))]
    order = sorted(time for time in times if time is not None)
    rank = {time: number for number, time in enumerate(order)}
    cuts: list[tuple[int, int]] = []  # the frame, and its keyframe's time
    last = 0
    for key in sorted(key for key in keys if key is not None):
        first = -(-rank[key] // batch) * batch
        if first - last >= frames and first < len(order):
            cuts.append((first, key))
            last = first
    starts: list[tuple[int, int | None]] = [(0, None), *cuts]
    ends = [*(frame for frame, _ in cuts), len(order)]
    return [
        Chunk(
            start=None if key is None else order[frame],
            end=None if end == len(order) else order[end],
            seek=key,
            frames=end - frame,
        )
        for (frame, key), end in zip(starts, ends, strict=True)
    ]


def _packet_times(path: Path) -> tuple[list[int | None], list[int | None]]:
    """Return the times of the film's packets, and of those that are keyframes, in the file's order."""
    times, keys = [], []
    with open_input(path) as container:
        stream = film_stream(container)
        for packet in container.demux(stream):
            if packet.size:
                times.append(packet.pts)
                if packet.is_keyframe:
                    keys.append(packet.pts)
    return times, keys
