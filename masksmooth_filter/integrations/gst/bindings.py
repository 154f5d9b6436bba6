"""GStreamer's Python bindings, with a plain word where they are missing."""

from __future__ import annotations

import ctypes
from contextlib import suppress

# GStreamer brings libunwind, whose functions have the names of libgcc's. Where they are found first, a C++
# exception inside torch or ONNX Runtime ends the process instead of becoming a Python exception.
with suppress(OSError):
    ctypes.CDLL("libgcc_s.so.1", mode=ctypes.RTLD_GLOBAL)

try:
    import gi

    for _name in ("Gst", "GstBase", "GstVideo"):
        gi.require_version(_name, "1.0")
    from gi.repository import GLib, GObject, Gst, GstBase, GstVideo
except (ImportError, ValueError) as error:  # ValueError: gi is there, the library's description is not
    packages = "python3-gst-1.0 gir1.2-gst-plugins-base-1.0"
    raise ImportError(
        f"GStreamer's Python bindings are missing ({error}); on Debian: apt-get install {packages}, and see "
        "docs/integrations.md on how a virtual environment finds them"
    ) from error

__all__ = ["GLib", "GObject", "Gst", "GstBase", "GstVideo"]
