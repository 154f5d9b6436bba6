"""Several smoothers over the same masks in one run: what is drawn, and what it is compared with."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from masksmooth_filter.frames import MaskedFrame
from masksmooth_filter.smoothing.smoother import Smoother


class Rivalry:
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
        self._clocks = {name: _Clock() for name in self._smoothers}

    @property
    def latency(self) -> int:
        """Frames that are held back, by the smoother that waits longest."""
        return max(smoother.latency for smoother in self._smoothers.values())

    @property
    def ms_per_frame(self) -> dict[str, float]:
        """Milliseconds each smoother took for a frame so far, on the clock, with the run's other threads."""
        return {name: clock.ms for name, clock in self._clocks.items() if clock.frames}

    def push(self, item: MaskedFrame) -> list[MaskedFrame]:
        """Take a masked frame; return those that all have smoothed."""
        for name, smoother in self._smoothers.items():
            self._ready[name].extend(self._clocks[name].timed(partial(smoother.push, item)))
        return self._matched()

    def flush(self) -> list[MaskedFrame]:
        """Return the frames that are held, their windows cut to the frames there are."""
        for name, smoother in self._smoothers.items():
            self._ready[name].extend(self._clocks[name].timed(smoother.flush))
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


class _Clock:
    """Times what a smoother gives, from its second result on: the first one loads its kernels."""

    def __init__(self) -> None:
        self._seconds, self.frames, self._warm = 0.0, 0, False

    @property
    def ms(self) -> float:
        return 1000 * self._seconds / self.frames

    def timed(self, work: Callable[[], list[MaskedFrame]]) -> list[MaskedFrame]:
        start = time.perf_counter()
        out = work()
        if self._warm:
            self._seconds += time.perf_counter() - start
            self.frames += len(out)
        self._warm = self._warm or bool(out)
        return out
