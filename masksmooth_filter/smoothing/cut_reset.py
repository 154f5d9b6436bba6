"""Begin a window method anew at every scene cut."""

from __future__ import annotations

from typing import Generic, TypeVar

import av

from masksmooth_filter.frames import Mask
from masksmooth_filter.smoothing.cuts import CutFinder
from masksmooth_filter.smoothing.flow import FlowFinder
from masksmooth_filter.smoothing.picture import Gray, Picture, Rgb
from masksmooth_filter.smoothing.team import Team
from masksmooth_filter.smoothing.temporal import WindowSmoother

Token = TypeVar("Token")
Waiting = tuple[Token, object, Mask, Gray]


class CutReset(Generic[Token]):
    """A window smoother whose windows do not reach across scene cuts.

    A frame that does not go on from the one before is held until the next one tells a cut from a flash.

    Parameters
    ----------
    inner : WindowSmoother
        Flushed at every cut.
    """

    def __init__(self, inner: WindowSmoother[Token]) -> None:
        self._inner = inner
        self._team = Team(1)
        self._cuts = CutFinder(FlowFinder(self._team))
        self._last: Gray | None = None
        self._doubt: Waiting[Token] | None = None

    @property
    def latency(self) -> int:
        """Frames that are held back: the window's, and the one in doubt."""
        return self._inner.latency + 1

    def push(self, token: Token, frame: av.VideoFrame | Rgb, mask: Mask) -> list[tuple[Token, Mask]]:
        """Take a frame and its mask; return the pairs that are ready; see `WindowSmoother.push`.

        Raises
        ------
        MaskShapeError
            Also if the frame is neither an av.VideoFrame nor an (H, W, 3) uint8 array.
        """
        luma = Picture.of(frame, self._team).luma
        pairs = self._settle(luma)
        if self._last is not None and self._is_cut(self._last, luma):
            self._doubt = (token, frame, mask.copy(), luma)
            return pairs
        return pairs + self._take((token, frame, mask, luma))

    def flush(self) -> list[tuple[Token, Mask]]:
        """Return all that is held and be as new."""
        pairs = self._settle(None) + self._inner.flush()
        self.close()
        return pairs

    def close(self) -> None:
        """Drop what is held."""
        self._inner.close()
        self._team.close()
        self._last, self._doubt = None, None

    def _settle(self, after: Gray | None) -> list[tuple[Token, Mask]]:
        """Take the frame in doubt: as a flash if ``after`` goes on from what was before it, else a cut."""
        waiting, self._doubt = self._doubt, None
        if waiting is None or self._last is None:
            return []
        if after is not None and not self._is_cut(self._last, after):
            return self._take((*waiting[:3], self._last))
        return self._inner.flush() + self._take(waiting)

    def _take(self, waiting: Waiting[Token]) -> list[tuple[Token, Mask]]:
        token, frame, mask, self._last = waiting
        return self._inner.push(token, frame, mask)

    def _is_cut(self, earlier: Gray, later: Gray) -> bool:
        return earlier.shape != later.shape or self._cuts.is_cut(earlier, later)
