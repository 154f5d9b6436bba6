"""Several smoothers over the same masks in one run: what is drawn, and what it is compared with."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import replace

from masksmooth_filter.frames import MaskedFrame
from masksmooth_filter.smoothing.smoother import Smoother


class SideBySide:
    """Filter over `MaskedFrame` in place of a `Smoother`: its masks, and others' as `MaskedFrame.rivals`.

    A frame leaves once every smoother has given its mask: frames are decoded and segmented once.

    Parameters
    ----------
    own : Smoother
        What the run uses.
    others : mapping of str to Smoother
        What it is compared with.
    """

    def __init__(self, own: Smoother, others: Mapping[str, Smoother]) -> None:
        self._smoothers = {"smoothed": own, **others}
        self._ready: dict[str, deque[MaskedFrame]] = {name: deque() for name in self._smoothers}
        self._seconds = dict.fromkeys(self._smoothers, 0.0)
        self._frames = 0

    @property
    def latency(self) -> int:
        """Frames that are held back, by the smoother that waits longest."""
        return max(smoother.latency for smoother in self._smoothers.values())

    @property
    def ms_per_frame(self) -> dict[str, float]:
        """Milliseconds each smoother took for a frame so far, on the clock, with the run's other threads."""
        return {name: 1000 * spent / self._frames for name, spent in self._seconds.items() if self._frames}

    def push(self, item: MaskedFrame) -> list[MaskedFrame]:
        """Take a masked frame; return those that all have smoothed."""
        self._frames += 1
        for name, smoother in self._smoothers.items():
            start = time.perf_counter()
            self._ready[name].extend(smoother.push(item))
            self._seconds[name] += time.perf_counter() - start
        return self._matched()

    def flush(self) -> list[MaskedFrame]:
        """Return the frames that are held, their windows cut to the frames there are."""
        for name, smoother in self._smoothers.items():
            start = time.perf_counter()
            self._ready[name].extend(smoother.flush())
            self._seconds[name] += time.perf_counter() - start
        return self._matched()

    def close(self) -> None:
        """Drop what is held. Twice is fine."""
        for name, smoother in self._smoothers.items():
            smoother.close()
            self._ready[name].clear()

    def _matched(self) -> list[MaskedFrame]:
        """Return the frames for which every smoother has a mask."""
        out = []
        while all(self._ready.values()):
            own, *others = (ready.popleft() for ready in self._ready.values())
            out.append(replace(own, rivals=tuple(other.mask for other in others)))
        return out
