"""GStreamer pipelines in this process: buffers in through appsrc, buffers out through appsink."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

TIMEOUT_S = 60


def gstreamer() -> Any:
    """GStreamer with the element registered; a test skips without it, or fails if it is required."""
    from masksmooth_filter.integrations import gst

    try:
        gst.register()
    except ImportError as error:
        if os.environ.get("MASKSMOOTH_REQUIRE_GST"):
            raise
        pytest.skip(f"{error} (MASKSMOOTH_REQUIRE_GST=1 makes this a failure)", allow_module_level=True)
    from masksmooth_filter.integrations.gst.bindings import Gst

    return Gst


@dataclass(frozen=True)
class Bit:
    """What is in a buffer: bytes, and times in nanoseconds (None where a buffer has none)."""

    data: bytes
    pts: int | None = None
    duration: int | None = None
    caps: str = ""


class GstFailed(Exception):
    """An ERROR message came over the bus."""


class Pipe:
    """``appsrc ! MIDDLE ! appsink``, running.

    Parameters
    ----------
    middle : str
        The elements under test, in gst-launch's words.
    caps : str
        What appsrc says it sends.
    """

    def __init__(self, middle: str, caps: str, *, live: bool = False) -> None:
        self.gst = gstreamer()
        source = f"appsrc name=in format=time is-live={'true' if live else 'false'}"
        sink = "appsink name=out sync=false max-buffers=0"
        self.pipeline = self.gst.parse_launch(f"{source} ! {middle} ! {sink}")
        self.source, self.sink = self.pipeline.get_by_name("in"), self.pipeline.get_by_name("out")
        self.bus = self.pipeline.get_bus()
        self.set_caps(caps)
        self.pipeline.set_state(self.gst.State.PLAYING)

    def set_caps(self, caps: str) -> None:
        self.source.set_property("caps", self.gst.Caps.from_string(caps))

    def push(self, bit: Bit, change: Callable[[Any], None] | None = None) -> None:
        none = self.gst.CLOCK_TIME_NONE
        buffer = self.gst.Buffer.new_wrapped(bit.data)
        buffer.pts = none if bit.pts is None else bit.pts
        buffer.duration = none if bit.duration is None else bit.duration
        if change is not None:
            change(buffer)
        self.source.emit("push-buffer", buffer)

    def end(self) -> None:
        self.source.emit("end-of-stream")

    def pull(self) -> Any | None:
        """The next sample, or None at the end; raises GstFailed for an error on the bus."""
        for _ in range(TIMEOUT_S * 10):
            sample = self.sink.emit("try-pull-sample", self.gst.SECOND // 10)
            if sample is not None:
                return sample
            self.check()
            if self.sink.get_property("eos"):
                return None
        raise GstFailed("nothing came out in time")

    def rest(self) -> list[Bit]:
        return [self.bit(sample) for sample in iter(self.pull, None)]

    def check(self) -> None:
        message = self.bus.pop_filtered(self.gst.MessageType.ERROR)
        if message is not None:
            error, debug = message.parse_error()
            raise GstFailed(f"{message.src.get_name()}: {error.message} ({debug})")

    def bit(self, sample: Any) -> Bit:
        buffer, none = sample.get_buffer(), self.gst.CLOCK_TIME_NONE
        with buffer.map(self.gst.MapFlags.READ) as mapped:
            data = bytes(mapped.data)
        times = (None if time == none else int(time) for time in (buffer.pts, buffer.duration))
        return Bit(data, *times, sample.get_caps().to_string())

    def close(self) -> None:
        self.pipeline.set_state(self.gst.State.NULL)


@contextmanager
def piped(middle: str, caps: str, *, live: bool = False) -> Iterator[Pipe]:
    pipe = Pipe(middle, caps, live=live)
    try:
        yield pipe
    finally:
        pipe.close()


def run(middle: str, caps: str, bits: Sequence[Bit]) -> list[Bit]:
    """Send buffers through elements and return what comes out."""
    with piped(middle, caps) as pipe:
        for bit in bits:
            pipe.push(bit)
        pipe.end()
        return pipe.rest()
