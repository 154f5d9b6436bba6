"""The element between two pads of the test's own: every push returns when all it caused has come out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.integrations.gst_harness import Bit, GstFailed, gstreamer


class Pads:
    """The element, playing, and what has come out of it so far.

    Attributes
    ----------
    out : list
        Buffers as `Bit` and events by their type's name, in order.
    out_caps : list of str
        The caps of each "caps" in ``out``.
    buffers : list
        The buffers themselves.
    """

    def __init__(self, caps: str, **properties: Any) -> None:
        gst = self.gst = gstreamer()
        self.out: list[Bit | str] = []
        self.out_caps: list[str] = []
        self.buffers: list[Any] = []
        self.element = gst.ElementFactory.make("masksmooth")
        for name, value in properties.items():
            self.element.set_property(name.replace("_", "-"), value)
        self._bus = gst.Bus.new()
        self.element.set_bus(self._bus)
        self._source = gst.Pad.new("source", gst.PadDirection.SRC)
        kind = gst.PadDirection.SINK, gst.PadPresence.ALWAYS, gst.Caps.new_any()
        self._target = gst.Pad.new_from_template(gst.PadTemplate.new("target", *kind), "target")
        self._target.set_chain_function_full(self._chain)
        self._target.set_event_function_full(self._event)
        self._source.link(self.element.get_static_pad("sink"))
        self.element.get_static_pad("src").link(self._target)
        for pad in (self._target, self._source):
            pad.set_active(True)
        self.element.set_state(gst.State.PLAYING)
        self.check()
        self.send(gst.Event.new_stream_start("test"))
        self.caps(caps)
        self.segment()

    def send(self, event: Any) -> bool:
        return bool(self._source.push_event(event))

    def caps(self, caps: str) -> None:
        self.send(self.gst.Event.new_caps(self.gst.Caps.from_string(caps)))

    def segment(self, start: int = 0) -> None:
        segment = self.gst.Segment.new()
        segment.init(self.gst.Format.TIME)
        segment.start = segment.time = start
        self.send(self.gst.Event.new_segment(segment))

    def push(self, bit: Bit, change: Callable[[Any], None] | None = None) -> Any:
        buffer = self.gst.Buffer.new_wrapped(bit.data)
        if bit.pts is not None:
            buffer.pts = bit.pts
        if bit.duration is not None:
            buffer.duration = bit.duration
        if change is not None:
            change(buffer)
        return self._source.push(buffer)

    def check(self) -> None:
        message = self._bus.pop_filtered(self.gst.MessageType.ERROR)
        if message is not None:
            raise GstFailed(message.parse_error()[0].message)

    def messages(self, kind: Any) -> list[Any]:
        return list(iter(lambda: self._bus.pop_filtered(kind), None))

    @property
    def times(self) -> list[int | None]:
        return [item.pts for item in self.out if isinstance(item, Bit)]

    def close(self) -> None:
        self.element.set_state(self.gst.State.NULL)

    def _chain(self, _pad: Any, _parent: Any, buffer: Any) -> Any:
        none = self.gst.CLOCK_TIME_NONE
        with buffer.map(self.gst.MapFlags.READ) as mapped:
            data = bytes(mapped.data)
        times = (None if time == none else int(time) for time in (buffer.pts, buffer.duration))
        self.out.append(Bit(data, *times))
        self.buffers.append(buffer)
        return self.gst.FlowReturn.OK

    def _event(self, _pad: Any, _parent: Any, event: Any) -> bool:
        self.out.append(event.type.value_nick)
        if event.type == self.gst.EventType.CAPS:
            self.out_caps.append(event.parse_caps().to_string())
        return True


@contextmanager
def pads(caps: str, **properties: Any) -> Iterator[Pads]:
    made = Pads(caps, **properties)
    try:
        yield made
    finally:
        made.close()
