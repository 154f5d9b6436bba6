"""Masks that an earlier run has left, whole or up to where it was killed."""

from __future__ import annotations

import itertools
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from masksmooth_filter.errors import InputError
from masksmooth_filter.frames import Mask
from masksmooth_filter.segment.masks_source import VideoSource
from masksmooth_filter.segment.masks_tag import ScoreTag, StoredMask
from masksmooth_filter.timing import time_of

_ONE_TICK = Fraction(1, 1000)
"""Times are stored in milliseconds."""


class KnownMasks:
    """Hands out the stored mask of each frame as long as they last, in order; one batch is held.

    Only whole batches are: networks may give other last bits to pictures that share their batch with
    others, and a run that goes on from here must give what an uninterrupted one gives.

    Parameters
    ----------
    path : path
        A file of `SaveMasks`; a torn one is read up to its last whole mask.

    Attributes
    ----------
    path : Path
        The file.
    tag : ScoreTag
        What it says of itself.
    used : int
        Masks handed out.

    Raises
    ------
    InputError
        If it is no such file.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._source = path, VideoSource(path)
        if self._source.tag is None:
            raise InputError(f"{path} holds no scores")
        self.tag: ScoreTag = self._source.tag
        self.used = 0
        self._masks = self._source.read()
        self._batch: list[StoredMask] = []
        self._ended = False
        self._apart: Fraction | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The name of every class id up to the highest that is stored."""
        named = dict(zip(self.tag.classes, self._source.titles, strict=False))
        return tuple(named.get(i, f"class {i}") for i in range(max(named, default=-1) + 1))

    def mask_of(self, frame: av.VideoFrame) -> Mask | None:
        """Return the next mask if it is this frame's; None from the first frame on that has none."""
        if not self._batch and not self._ended:
            self._batch = self._read()
        if not self._batch or not self._is_at(self._batch[0], frame):
            self.close()
            return None
        self.used += 1
        planes = [picture.confidence() for picture in self._batch.pop(0).pictures]
        return np.stack(planes) if self.tag.classes else planes[0]

    def close(self) -> None:
        """Stop reading. Twice is fine."""
        self._ended, self._batch = True, []
        self._masks.close()

    def _is_at(self, mask: StoredMask, frame: av.VideoFrame) -> bool:
        """Tell whether a mask is a frame's; the file may count time from its first mask."""
        time = time_of(frame)
        if mask.time is None or time is None:
            return False
        apart = time - mask.time
        if self._apart is None:
            self._apart = apart
        return abs(apart - self._apart) <= _ONE_TICK

    def _read(self) -> list[StoredMask]:
        """Return the next whole batch; nothing once the file ends, or is torn."""
        with suppress(InputError):
            batch = list(itertools.islice(self._masks, self.tag.batch))
            if len(batch) == self.tag.batch:
                return batch
        return []
