"""The caps of the element's pads."""

from __future__ import annotations

from typing import Any

from masksmooth_filter.integrations.gst.bindings import Gst
from masksmooth_filter.integrations.gst.video import PIX_FMTS

MATTE = "GRAY8"
"""The format of a matte."""

_ANY = Gst.Caps.from_string(
    f"video/x-raw, format=(string){{ {', '.join(PIX_FMTS)} }}, "
    "width=(int)[ 1, max ], height=(int)[ 1, max ], framerate=(fraction)[ 0, max ]"
)
_COLOUR = ("colorimetry", "chroma-site")
"""What a matte does not have."""

SINK_TEMPLATE = Gst.PadTemplate.new("sink", Gst.PadDirection.SINK, Gst.PadPresence.ALWAYS, _ANY)
SRC_TEMPLATE = Gst.PadTemplate.new("src", Gst.PadDirection.SRC, Gst.PadPresence.ALWAYS, _ANY)


def as_matte(caps: Any) -> Any:
    """Return the caps of the mattes of pictures with certain caps."""
    return _with_format(caps, MATTE)


def with_any_format(caps: Any) -> Any:
    """Return the caps of all pictures whose mattes have certain caps."""
    return _with_format(caps, _ANY.get_structure(0).get_value("format"))


def _with_format(caps: Any, format_: Any) -> Any:
    out = Gst.Caps.new_empty()
    for i in range(caps.get_size()):
        structure = caps.get_structure(i).copy()
        for field in _COLOUR:
            structure.remove_field(field)
        structure.set_value("format", format_)
        out.append_structure(structure)
    return out
