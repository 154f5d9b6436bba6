"""The GStreamer element ``masksmooth``: for applications (`register`) and for gst-launch (`plugin_path`).

``python -m masksmooth_filter.integrations.gst`` prints what gst-launch needs in ``GST_PLUGIN_PATH``.
"""

from __future__ import annotations

from pathlib import Path

NAME = "masksmooth"
"""What the element is called in a pipeline."""


def register() -> None:
    """Make the element known to this process, without GStreamer's plug-in loader for Python.

    Raises
    ------
    ImportError
        If GStreamer's Python bindings are not installed; says how to get them.
    RuntimeError
        If GStreamer refuses the element.
    """
    from masksmooth_filter.integrations.gst.bindings import Gst

    if not Gst.is_initialized():
        Gst.init(None)
    from masksmooth_filter.integrations.gst.element import MaskSmooth  # reads caps, which needs init

    if not Gst.Element.register(None, NAME, Gst.Rank.NONE, MaskSmooth):
        raise RuntimeError(f"GStreamer did not take the element {NAME}")


def plugin_path() -> Path:
    """Return the folder to add to ``GST_PLUGIN_PATH``, from which GStreamer loads the element itself."""
    return Path(__file__).resolve().parent / "plugin"
