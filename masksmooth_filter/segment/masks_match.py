"""Which stored mask belongs to which frame: by time, or by order where masks have no times."""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

import av

from masksmooth_filter.errors import InputError
from masksmooth_filter.segment.masks_tag import Masks, StoredMask
from masksmooth_filter.timing import fraction, half_tick, time_of

_ONE_MILLISECOND = Fraction(1, 1000)


class Match(Protocol):
    """Hands out the mask of each frame, in order, each mask at most once."""

    def mask_of(self, frame: av.VideoFrame) -> StoredMask:
        """Return the frame's mask, or raise InputError if it has none."""
        ...

    def rest(self) -> bool:
        """Tell whether masks are left that no frame took."""
        ...

    def close(self) -> None:
        """Stop reading."""
        ...


class OrderMatch:
    """The first mask for the first frame, and so on.

    Parameters
    ----------
    masks : generator of StoredMask
        In order.
    name : str
        What to call them in messages.
    """

    def __init__(self, masks: Masks, *, name: str) -> None:
        self._masks = masks
        self._name = name
        self._count = 0

    def mask_of(self, frame: av.VideoFrame) -> StoredMask:
        """Return the next mask."""
        mask = next(self._masks, None)
        if mask is None:
            at = _when(time_of(frame))
            raise InputError(
                f"the frame{at} has no mask: {self._name} holds {self._count}, one a frame is needed"
            )
        self._count += 1
        return mask

    def rest(self) -> bool:
        """Tell whether a mask is left."""
        return next(self._masks, None) is not None

    def close(self) -> None:
        """Stop reading."""
        self._masks.close()


class TimeMatch:
    """The mask nearest in time, if it is near enough.

    Parameters
    ----------
    masks : generator of StoredMask
        In order of time.
    base : Fraction
        The masks' time base.
    name : str
        What to call them in messages.
    shift : Fraction, optional
        The video's times less the masks', where that is known already.

    Attributes
    ----------
    shift : Fraction, optional
        The first frame's time less the first mask's, once known; 0 where they agree.
    """

    def __init__(self, masks: Masks, *, base: Fraction, name: str, shift: Fraction | None = None) -> None:
        self._masks = masks
        self._base = base
        self._name = name
        self._count = 0
        self._last: Fraction | None = None
        self._ahead: list[tuple[Fraction, StoredMask]] = []
        self.shift = shift

    def mask_of(self, frame: av.VideoFrame) -> StoredMask:
        """Return the nearest mask that is at most half a tick of the coarser time base, or 1 ms, away."""
        mask = self.find(frame)
        if mask is None:
            raise InputError(f"the frame{_when(time_of(frame))} has no mask: {self._told()}")
        return mask

    def find(self, frame: av.VideoFrame) -> StoredMask | None:
        """Return the same, or None if there is none: masks of keyframes only leave most frames without."""
        time, base = time_of(frame), fraction(frame.time_base)
        if time is None or base is None:
            raise InputError(f"a frame has no time to match a mask of {self._name} with; remux the video")
        near = max(half_tick(base, self._base), _ONE_MILLISECOND)
        self._read()
        if self.shift is None and self._ahead:
            apart = time - self._ahead[0][0]
            self.shift = apart if abs(apart) > near else Fraction(0)
        wanted = time - (self.shift or 0)
        self._skip_to(wanted)
        if not self._ahead or abs(self._ahead[0][0] - wanted) > near:
            return None
        return self._ahead.pop(0)[1]

    def rest(self) -> bool:
        """Tell whether a mask is left."""
        self._read()
        return bool(self._ahead)

    def close(self) -> None:
        """Stop reading."""
        self._ahead.clear()
        self._masks.close()

    def _skip_to(self, wanted: Fraction) -> None:
        """Drop masks until the first one ahead is nearer than the second; two are held at most."""
        self._read()
        while len(self._ahead) == 2 and abs(self._ahead[1][0] - wanted) < abs(self._ahead[0][0] - wanted):
            self._ahead.pop(0)
            self._read()

    def _read(self) -> None:
        while len(self._ahead) < 2 and (mask := next(self._masks, None)) is not None:
            if mask.time is None:
                raise InputError(f"mask {self._count + 1} of {self._name} has no time; remux the file")
            self._count, self._last = self._count + 1, mask.time
            self._ahead.append((mask.time, mask))

    def _told(self) -> str:
        if self._last is None:
            return f"{self._name} holds none"
        shifted = "" if not self.shift else f", moved by {float(self.shift):+.3f} s"
        if self._ahead:
            near = f"the nearest is{_when(self._ahead[0][0])}{shifted}"
            return f"{self._name} has none there ({near}, after {self._count} read)"
        return f"{self._name} holds {self._count}, the last{_when(self._last)}{shifted}"


def _when(time: Fraction | None) -> str:
    return "" if time is None else f" at {float(time):.3f} s"
