"""The GStreamer element ``masksmooth``."""

from __future__ import annotations

from typing import Any

from masksmooth_filter.integrations.gst.bindings import Gst, GstBase, GstVideo
from masksmooth_filter.integrations.gst.caps import SINK_TEMPLATE, SRC_TEMPLATE, as_matte, with_any_format
from masksmooth_filter.integrations.gst.faults import guarded, post_warning
from masksmooth_filter.integrations.gst.properties import DEFAULTS, GPROPERTIES, LIVE, options_of
from masksmooth_filter.integrations.gst.stream import Drawn, SteadyStream
from masksmooth_filter.integrations.gst.video import Layout

_DROPPED = Gst.FlowReturn.CUSTOM_SUCCESS
"""GST_BASE_TRANSFORM_FLOW_DROPPED, which Python has no name for: this call gives no picture."""

_ENDS = (Gst.EventType.EOS, Gst.EventType.SEGMENT, Gst.EventType.SEGMENT_DONE, Gst.EventType.GAP)
"""Before these events every picture that came before them must be out."""


class MaskSmooth(GstVideo.VideoFilter):
    """Segment pictures, steady the masks over time, draw them; no picture is dropped or invented.

    `GstBase.BaseTransform.do_transform` alone gives at most one picture a call; where a scene cut or the
    end of a stream sets several free, all but the last are pushed from here.
    """

    __gtype_name__ = "MaskSmooth"
    __gstmetadata__ = (
        "Mask smoother",
        "Filter/Effect/Video",
        "Segments pictures, steadies the masks over time and draws them",
        "masksmooth-filter",
    )
    __gsttemplates__ = (SINK_TEMPLATE, SRC_TEMPLATE)
    __gproperties__ = GPROPERTIES

    def __init__(self) -> None:
        super().__init__()
        self.set_qos_enabled(
            False
        )  # a picture dropped for being late would be missing in its neighbours' windows
        self._values = dict(DEFAULTS)
        self._stream: SteadyStream | None = None
        self._in: Layout | None = None
        self._out: Layout | None = None
        self._latency_ns = 0

    # Properties.

    def do_get_property(self, spec: Any) -> Any:
        """Return a property."""
        return self._values[spec.name]

    @guarded(None)
    def do_set_property(self, spec: Any, value: Any) -> None:
        """Set a property; those of the drawing take effect with the next picture."""
        self._values[spec.name] = value
        if spec.name in LIVE and self._stream is not None:
            self._stream.redraw(options_of(self._values))

    # States.

    @guarded(False)
    def do_start(self) -> bool:
        """Load the network and the kernels: only now, and not when GStreamer looks at its plug-ins."""
        self._stream = SteadyStream(options_of(self._values))
        return True

    @guarded(False)
    def do_stop(self) -> bool:
        """Free everything."""
        if self._stream is not None:
            self._stream.close()
        self._stream = self._in = self._out = None
        self._latency_ns = 0
        return True

    # Caps.

    @guarded(None)
    def do_transform_caps(self, direction: Any, caps: Any, wanted: Any) -> Any:
        """Return what the other pad can be: the same, or for a matte any format in and GRAY8 out."""
        if self._values["mode"] == "matte":
            caps = as_matte(caps) if direction == Gst.PadDirection.SINK else with_any_format(caps)
        return wanted.intersect_full(caps, Gst.CapsIntersectMode.FIRST) if wanted else caps

    @guarded(False)
    def do_set_caps(self, in_caps: Any, out_caps: Any) -> bool:
        """Take the caps both pads have agreed on."""
        if not GstVideo.VideoFilter.do_set_caps(self, in_caps, out_caps):
            return False
        self.set_in_place(False)  # the base class works in place where there is no transform_frame
        self._in, self._out = Layout(in_caps), Layout(out_caps)
        self._announce_latency()
        return True

    # Pictures.

    @guarded(Gst.FlowReturn.ERROR)
    def do_transform(self, inbuf: Any, outbuf: Any) -> Any:
        """Take a picture; fill ``outbuf`` with the last one that is ready, if any."""
        drawn = self._take(inbuf)
        if not drawn:
            return _DROPPED
        flow = self._push_all(drawn[:-1])
        if flow == Gst.FlowReturn.OK:
            self._fill(outbuf, drawn[-1])
        return flow

    def do_copy_metadata(self, _inbuf: Any, _outbuf: Any) -> bool:
        """Do nothing: the base class means the picture that came, and another one leaves."""
        return True

    def _take(self, inbuf: Any) -> list[Drawn]:
        assert self._stream is not None
        assert self._in is not None
        frame = self._in.read(inbuf)
        frame.pts = self._stream_time(inbuf)
        carrier = Gst.Buffer.new()  # times, flags and metas, without the pixels
        GstBase.BaseTransform.do_copy_metadata(self, inbuf, carrier)
        carrier.duration = inbuf.duration
        drawn = self._stream.push(frame, carrier)
        for text in self._stream.new_warnings():
            post_warning(self, text)
        return drawn

    def _stream_time(self, buffer: Any) -> int | None:
        """Return a picture's place in the film, which seeking does not change; else its time."""
        if buffer.pts == Gst.CLOCK_TIME_NONE:
            return None
        time = self.segment.to_stream_time(Gst.Format.TIME, buffer.pts)
        return int(buffer.pts if time == Gst.CLOCK_TIME_NONE else time)

    def _fill(self, buffer: Any, drawn: Drawn) -> None:
        assert self._out is not None
        frame, carrier = drawn
        GstBase.BaseTransform.do_copy_metadata(self, carrier, buffer)
        buffer.duration = carrier.duration
        self._out.write(frame, buffer)

    def _push_all(self, drawn: list[Drawn]) -> Any:
        """Push pictures in buffers of our own; return the first flow that is not OK."""
        for item in drawn:
            assert self._out is not None
            buffer = Gst.Buffer.new_allocate(None, self._out.info.size, None)
            self._fill(buffer, item)
            flow = self.srcpad.push(buffer)
            if flow != Gst.FlowReturn.OK:
                return flow
        return Gst.FlowReturn.OK

    # Events and queries.

    @guarded(False)
    def do_sink_event(self, event: Any) -> bool:
        """Let out what is held before what ends it; forget it where the stream is flushed."""
        if event.type in _ENDS or (event.type == Gst.EventType.CAPS and self._is_new(event)):
            self._drain()
        if event.type == Gst.EventType.FLUSH_STOP and self._stream is not None:
            self._stream.reset()
        return bool(GstVideo.VideoFilter.do_sink_event(self, event))

    def _is_new(self, event: Any) -> bool:
        current = self.sinkpad.get_current_caps()
        return current is None or not current.is_equal(event.parse_caps())

    def _drain(self) -> None:
        if self._stream is not None and self._out is not None:
            self._push_all(self._stream.flush())

    @guarded(False)
    def do_gst_base_transform_query(self, direction: Any, query: Any) -> bool:
        """Answer the LATENCY query; the name tells PyGObject which of two base classes' query is meant."""
        if direction == Gst.PadDirection.SRC and query.type == Gst.QueryType.LATENCY:
            return self._answer_latency(query)
        return bool(GstBase.BaseTransform.do_query(self, direction, query))

    def _answer_latency(self, query: Any) -> bool:
        if not self.sinkpad.peer_query(query):
            return False
        live, least, most = query.parse_latency()
        own = self._latency()
        query.set_latency(live, least + own, most if most == Gst.CLOCK_TIME_NONE else most + own)
        return True

    def _latency(self) -> int:
        """Return how long a picture is held, in nanoseconds; 0 as long as, or where, nobody can say."""
        if self._in is None or self._stream is None:
            return 0
        return self._in.duration_of(self._stream.latency) or 0

    def _announce_latency(self) -> None:
        if self._latency() != self._latency_ns:
            self._latency_ns = self._latency()
            self.post_message(Gst.Message.new_latency(self))
