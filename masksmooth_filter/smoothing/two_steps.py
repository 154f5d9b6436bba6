"""The motion method as two filters: one thread brings up a frame's masks while another settles the next's.

What comes out is `masksmooth_filter.smoothing.smoother.Smoother`'s, bit for bit.
"""

from __future__ import annotations

from masksmooth_filter.frames import MaskedFrame, RoughFrame
from masksmooth_filter.settings import Smoothing
from masksmooth_filter.smoothing.motion import MotionSmoother
from masksmooth_filter.smoothing.rough import Rough
from masksmooth_filter.smoothing.scene import OutputSize
from masksmooth_filter.smoothing.team import Team


class Settle:
    """Filter from `MaskedFrame` to `RoughFrame`: all that needs other frames, on small pictures.

    Parameters
    ----------
    smoothing : Smoothing
        Of method ``motion``.
    output_size : {'mask', 'frame'}
        Size of the masks in the end.
    """

    def __init__(self, smoothing: Smoothing, *, output_size: OutputSize = "mask") -> None:
        self._inner: MotionSmoother[MaskedFrame] = MotionSmoother.of(
            smoothing, output_size=output_size, lasting=True
        )

    @property
    def latency(self) -> int:
        """Frames that are held back."""
        return self._inner.latency

    def push(self, item: MaskedFrame) -> list[RoughFrame[Rough]]:
        """Take a masked frame; return those that are settled."""
        pairs = self._inner.push_rough(item, item.frame, item.mask, motion=item.motion)
        return [RoughFrame(item, rough) for item, rough in pairs]

    def expect(self, item: MaskedFrame) -> None:
        """Say what comes after the next push; in vain where its motion is known."""
        if item.motion is None:
            self._inner.expect(item.frame, item.mask)

    def flush(self) -> list[RoughFrame[Rough]]:
        """Return the frames that are held, their windows cut to the frames there are."""
        return [RoughFrame(item, rough) for item, rough in self._inner.flush_rough()]

    def close(self) -> None:
        """Drop what is held. Twice is fine."""
        self._inner.close()


class Finish:
    """Filter from `RoughFrame` to `MaskedFrame`: brings masks up, onto the full picture's edges.

    Parameters
    ----------
    threads : int
        Threads; the result does not depend on it.
    device : str
        As for `Smoothing`.
    """

    latency = 0

    def __init__(self, *, threads: int = 1, device: str = "cpu") -> None:
        self._team = Team(threads, device)

    def push(self, item: RoughFrame[Rough]) -> list[MaskedFrame]:
        """Take a settled frame; return it with its mask."""
        masks = item.rough.finished(self._team)
        return [item.masked.smoothed(masks[0] if item.masked.mask.ndim == 2 else masks)]

    def flush(self) -> list[MaskedFrame]:
        """Return nothing: nothing is held."""
        return []

    def close(self) -> None:
        """End the threads. Twice is fine."""
        self._team.close()
