"""Chunks from scene cut to scene cut, found while a film is decoded: no smoother reaches across."""

from __future__ import annotations

import statistics
import zlib
from collections.abc import Hashable
from dataclasses import dataclass

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from masksmooth_filter.scale.chunk_work import picture_print
from masksmooth_filter.scale.chunks import Chunk
from masksmooth_filter.smoothing.cuts import SceneStarts

SMALL = (64, 36)
"""Width and height of the picture in which changes are looked for first: .2 ms a frame."""

SUDDEN = 2.0
"""A change so many times the median of the last `USUAL` may be a cut; the smoother's own way of telling costs
30 ms, so it is asked about few frames. What is missed makes chunks longer, nothing else."""

LEAST_CHANGE = 2.0
"""Levels of mean change that a cut makes at least."""

USUAL = 8

TAIL = 32
"""Frames of a film's last chunk at least: an encoder's look-back fits in (see `Joints`)."""


@dataclass(frozen=True, slots=True)
class SceneChunk(Chunk):
    """A chunk that begins with a scene.

    Attributes
    ----------
    print : int
        A checksum of its pictures and their times; see `running_print`.
    """

    print: int


def running_print(before: int, frame: av.VideoFrame) -> int:
    """Return the checksum of all frames up to this one."""
    return zlib.crc32(f"{frame.pts} {picture_print(frame)}".encode(), before)


@dataclass(slots=True)
class _Open:
    """A chunk whose end is not known yet."""

    start: int | None
    seek: int | None
    frames: int = 0
    print: int = 0

    def add(self, frame: av.VideoFrame) -> None:
        self.frames += 1
        self.print = running_print(self.print, frame)

    def until(self, end: int | None) -> SceneChunk:
        return SceneChunk(self.start, end, self.seek, self.frames, self.print)


class SceneChunks:
    """Frames in, chunks out: each begins where the smoother begins anew.

    Parameters
    ----------
    least : int
        Frames of a chunk at least.
    batch : int
        Pictures the network is given at a time: chunks begin at whole batches.
    flashes : bool
        Whether the smoother waits for a frame more, to tell cuts from flashes.
    """

    def __init__(self, *, least: int, batch: int = 1, flashes: bool = True) -> None:
        self._least, self._batch, self._flashes = least, batch, flashes
        self._starts, self._changes = SceneStarts(), _Changes()
        self._open = _Open(None, None)
        self._ended: SceneChunk | None = None  # where the next one has begun, but may turn out too short
        self._next: _Open | None = None
        self._number, self._key = 0, 0
        self._kind: Hashable = None
        self._whole_batches = True
        self._before: tuple[av.VideoFrame, ...] = ()
        self._held: av.VideoFrame | None = None

    def push(self, frame: av.VideoFrame) -> SceneChunk | None:
        """Take the next frame; return a chunk if one is known to be whole."""
        held, self._held = self._held, frame
        return None if held is None else self._place(held, frame)

    def flush(self) -> list[SceneChunk]:
        """Return what is left: the last chunk, which holds one that has begun too late in the film."""
        ended = None if self._held is None else self._place(self._held, None)
        return [*([] if ended is None else [ended]), self._open.until(None)]

    def _place(self, frame: av.VideoFrame, after: av.VideoFrame | None) -> SceneChunk | None:
        """Put a frame into its chunk; the one after it is known."""
        self._note(frame)
        if after is not None and self._may_begin(frame) and self._begins(frame, after):
            self._ended = self._open.until(frame.pts)
            self._next = _Open(frame.pts, self._key)
        self._open.add(frame)
        self._before = (*self._before[-1:], frame)
        self._number += 1
        if self._next is None or self._ended is None:
            return None
        self._next.add(frame)
        if self._next.frames < min(self._least, TAIL):
            return None
        ended, self._open = self._ended, self._next
        self._ended = self._next = None
        return ended

    def _note(self, frame: av.VideoFrame) -> None:
        """Remember the last keyframe, and whether batches are still where their number says."""
        if frame.key_frame:
            self._key = frame.pts or 0
        size = frame.width, frame.height, frame.rotation
        kind = *size, frame.format.name, frame.colorspace, frame.color_range
        self._whole_batches &= self._batch == 1 or self._kind in (None, kind)
        self._kind = kind

    def _may_begin(self, frame: av.VideoFrame) -> bool:
        sudden = self._changes.sudden(frame)
        whole = self._whole_batches and self._number % self._batch == 0
        return sudden and whole and self._next is None and self._open.frames >= max(self._least, 2)

    def _begins(self, frame: av.VideoFrame, after: av.VideoFrame) -> bool:
        older, last = self._before
        return self._starts.begins((older, last), frame, after if self._flashes else None)


class _Changes:
    """Tells sudden changes of the picture from the usual ones."""

    def __init__(self) -> None:
        self._scaler = VideoReformatter()
        self._last: NDArray[np.int16] | None = None
        self._usual: list[float] = []

    def sudden(self, frame: av.VideoFrame) -> bool:
        """Tell whether a frame differs from the last one far more than those before it did."""
        shown = self._scaler.reformat(frame, *SMALL, "gray", interpolation="AREA")
        small = shown.to_ndarray().astype(np.int16)
        last, self._last = self._last, small
        change = 0.0 if last is None else float(np.abs(small - last).mean())
        usual = statistics.median(self._usual or [0.0])
        self._usual = [*self._usual[1 - USUAL :], change]
        return change >= max(LEAST_CHANGE, SUDDEN * usual)
