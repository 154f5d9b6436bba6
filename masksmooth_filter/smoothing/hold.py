"""Keep what was foreground for a while: one missed frame then exposes nothing."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from masksmooth_filter.errors import InputError, MaskShapeError, OptionError
from masksmooth_filter.frames import Mask, MaskedFrame
from masksmooth_filter.timing import time_of

MAX_HOLD_MS = 2000
"""Two seconds: frames and masks of 1080p at 60 fps are 0.9 GB then."""

UNKNOWN_RATE = Fraction(60)
"""Frames a second where nobody knows: what is denser sees less far ahead, never less far back."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    time: Fraction
    item: MaskedFrame


class Hold:
    """Filter over `MaskedFrame`, behind the smoother: each mask is the union of those near it in time.

    Confidence is the greatest, class by class, of all frames at most ``milliseconds`` before or after, by
    their times. Scene cuts are no bounds: what is held too long hides too much, never too little.

    Parameters
    ----------
    milliseconds : float
        How far, 0 to 2000.
    rate : Fraction, optional
        The most frames a second there are; 60 by default. What is denser sees less far ahead.
    causal : bool
        Whether to look back only, and hold no frame.

    Raises
    ------
    OptionError
        If the time is out of range.
    """

    def __init__(self, milliseconds: float, *, rate: Fraction | None = None, causal: bool = False) -> None:
        check_hold(milliseconds)
        self._reach = Fraction(milliseconds) / 1000
        self.latency = 0 if causal else math.floor(self._reach * (rate or UNKNOWN_RATE))
        """The most frames held back: as many as may lie within the reach."""
        self._waiting: deque[_Waiting] = deque()
        self._seen: deque[tuple[Fraction, Mask]] = deque()

    def push(self, item: MaskedFrame) -> list[MaskedFrame]:
        """Take a frame; return those whose time is up.

        Raises
        ------
        InputError
            If the frame has no time.
        MaskShapeError
            If its mask has another shape than those before it (``flush`` first).
        """
        time = time_of(item.frame)
        if time is None:
            raise InputError("a frame has no time, so its mask cannot be held for a time; remux the video")
        if self._seen and self._seen[-1][1].shape != item.mask.shape:
            was, now = self._seen[-1][1].shape, item.mask.shape
            raise MaskShapeError(f"mask is {now}, those before it {was}; flush() between sizes")
        ready = []
        while self._waiting and time - self._waiting[0].time > self._reach:
            ready.append(self._leave())
        self._seen.append((time, item.mask))
        self._waiting.append(_Waiting(time, item))
        while len(self._waiting) > self.latency:
            ready.append(self._leave())
        return ready

    def flush(self) -> list[MaskedFrame]:
        """Return the frames that are held and be as new."""
        ready = [self._leave() for _ in range(len(self._waiting))]
        self.close()
        return ready

    def close(self) -> None:
        """Drop what is held."""
        self._waiting.clear()
        self._seen.clear()

    def _leave(self) -> MaskedFrame:
        """Return the frame that waits longest with its union, and forget what no later one reaches."""
        now = self._waiting.popleft()
        while now.time - self._seen[0][0] > self._reach:
            self._seen.popleft()
        near = [mask for time, mask in self._seen if abs(time - now.time) <= self._reach]
        union = near[0]
        if len(near) > 1:
            union = near[0].copy()
            for mask in near[1:]:
                np.maximum(union, mask, out=union)
        item = now.item
        return replace(item, mask=union, raw=item.mask if item.raw is None else item.raw)


def check_hold(milliseconds: float) -> None:
    """Raise OptionError unless a time to hold masks for is allowed."""
    if not 0 <= milliseconds <= MAX_HOLD_MS:
        raise OptionError(f"hold is {milliseconds}; give 0 to {MAX_HOLD_MS} ms")
