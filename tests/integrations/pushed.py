"""The ways in where somebody pushes frames: what happens at cuts, seeks and new sizes is theirs to say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import av

import masksmooth_filter as mf
from tests.integrations.adapters import Shown, bit_of, caps_of, matte_of, shown_bit
from tests.integrations.gst_harness import Bit
from tests.integrations.gst_pads import Pads


class Pushed(Protocol):
    """Frames in one by one; `taken` is what has come out so far."""

    taken: list[Shown]

    def push(self, frame: av.VideoFrame) -> None: ...
    def flush(self) -> None: ...
    def reset(self) -> None: ...
    def close(self) -> None: ...


class Filter:
    """`frame_filter`, by hand: flush between sizes, and drop what a flush gives to reset."""

    def __init__(self, **options: Any) -> None:
        self.taken: list[Shown] = []
        self._filter = mf.frame_filter(mode="matte", **options)
        self.close = self._filter.close
        self._size: tuple[int, int] | None = None

    def push(self, frame: av.VideoFrame) -> None:
        if self._size not in (None, (frame.width, frame.height)):
            self.flush()
        self._size = frame.width, frame.height
        self.taken += map(matte_of, self._filter.push(frame))

    def flush(self) -> None:
        self.taken += map(matte_of, self._filter.flush())

    def reset(self) -> None:
        self._filter.flush()


class Element:
    """The GStreamer element: SEGMENT events flush, FLUSH_STOP resets, CAPS change the size."""

    def __init__(self, **options: Any) -> None:
        self._options, self._pads = options, None

    @property
    def taken(self) -> list[Shown]:
        out = self._pads.out if self._pads else []
        caps = iter(self._pads.out_caps if self._pads else [])
        shown, current = [], ""
        for item in out:
            if item == "caps":
                current = next(caps)
            elif isinstance(item, Bit):
                shown.append(shown_bit(Bit(item.data, item.pts, item.duration, current)))
        return shown

    def push(self, frame: av.VideoFrame) -> None:
        if self._pads is None:
            self._pads = Pads(caps_of(frame), mode="matte", **self._options)
        self._pads.caps(caps_of(frame))
        self._pads.push(bit_of(frame))
        self._pads.check()

    def flush(self) -> None:
        if self._pads is not None:
            self._pads.segment()

    def reset(self) -> None:
        if self._pads is not None:
            gst = self._pads.gst
            self._pads.send(gst.Event.new_flush_start())
            self._pads.send(gst.Event.new_flush_stop(True))
            self._pads.segment()

    def close(self) -> None:
        if self._pads is not None:
            self._pads.close()


PUSHED: dict[str, Callable[..., Pushed]] = {"library": Filter, "GStreamer": Element}
