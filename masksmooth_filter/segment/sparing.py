"""Spend the network only where it is needed: on keyframes, and where no earlier run has left the mask."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

import av

from masksmooth_filter.filter import Filter
from masksmooth_filter.frames import FollowedFrame, MaskedFrame, Motion
from masksmooth_filter.segment.masks_known import KnownMasks

Seen = av.VideoFrame | FollowedFrame
Network = Filter[av.VideoFrame, MaskedFrame]


class Sparing:
    """Segment some frames, and hand the others on in their order; a Filter around a `Segmenter`.

    A plain frame, and a `FollowedFrame` that is a keyframe, gets its mask from ``known`` as long as that
    lasts, then from the network. Other followed frames leave as they came.

    Parameters
    ----------
    make : callable
        Returns the segmenter; called when the first frame needs it, so that masks which are all known
        load no network. Closed with this filter.
    known : KnownMasks, optional
        What an earlier run has left.
    gap : int
        Frames from one keyframe to the next at most; 1 where every frame is one.
    batch : int
        Pictures that the network takes at a time.

    Attributes
    ----------
    segmented : int
        Frames the network was spent on so far.
    """

    def __init__(
        self, make: Callable[[], Network], *, known: KnownMasks | None = None, gap: int = 1, batch: int = 1
    ) -> None:
        self._make, self._known = make, known
        self._network: Network | None = None
        self._waiting: deque[MaskedFrame | FollowedFrame | _Asked] = deque()
        self.latency = gap * batch - 1
        self.segmented = 0

    @property
    def warnings(self) -> list[str]:
        """What the network has to warn of."""
        return list(getattr(self._network, "warnings", ()))

    def push(self, item: Seen, /) -> list[MaskedFrame | FollowedFrame]:
        """Take a frame; return those that are ready."""
        if isinstance(item, FollowedFrame) and not item.key:
            self._waiting.append(item)
        elif (known := self._remembered(item)) is not None:
            self._waiting.append(known)
        else:
            self._waiting.append(_Asked(item))
            self._take(self._segmenter().push(_frame(item)))
        return self._ready()

    def flush(self) -> list[MaskedFrame | FollowedFrame]:
        """Segment the frames that wait for their batch to fill; return all that is held."""
        if self._network is not None:
            self._take(self._network.flush())
        return self._ready()

    def close(self) -> None:
        """Close the network and the file of known masks, and forget the frames that wait."""
        self._waiting.clear()
        if self._known is not None:
            self._known.close()
        if self._network is not None:
            self._network.close()

    def _remembered(self, item: Seen) -> MaskedFrame | None:
        """Return the frame with the mask that an earlier run made for it, if there is one."""
        frame = _frame(item)
        mask = None if self._known is None else self._known.mask_of(frame)
        if mask is None or self._known is None:
            return None
        return MaskedFrame(frame, mask, self._known.tag.classes, motion=_motion(item))

    def _segmenter(self) -> Network:
        if self._network is None:
            self._network = self._make()
        self.segmented += 1
        return self._network

    def _take(self, masked: list[MaskedFrame]) -> None:
        """Put what the network gave where the frames that asked for it wait."""
        asked = (place for place in self._waiting if isinstance(place, _Asked) and place.answer is None)
        for place, answer in zip(list(asked), masked, strict=False):
            place.answer = replace(answer, motion=_motion(place.item))

    def _ready(self) -> list[MaskedFrame | FollowedFrame]:
        ready: list[MaskedFrame | FollowedFrame] = []
        while self._waiting:
            first = self._waiting[0]
            item = first.answer if isinstance(first, _Asked) else first
            if item is None:
                break
            ready.append(item)
            self._waiting.popleft()
        return ready


@dataclass(slots=True)
class _Asked:
    """A frame that the network has been given, and what it answered."""

    item: Seen
    answer: MaskedFrame | None = None


def _frame(item: Seen) -> av.VideoFrame:
    return item.frame if isinstance(item, FollowedFrame) else item


def _motion(item: Seen) -> Motion | None:
    return item.motion if isinstance(item, FollowedFrame) else None
