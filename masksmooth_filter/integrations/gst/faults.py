"""Python's exceptions as GStreamer's errors.

An exception that leaves a virtual method is none to GStreamer: PyGObject prints it, the method returns
0, which is "OK", a buffer nobody filled is pushed on, and gst-launch ends with status 0.
"""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from typing import Any

from masksmooth_filter.errors import (
    DeviceError,
    InputError,
    MaskShapeError,
    MaskSmoothError,
    ModelError,
    OptionError,
)
from masksmooth_filter.integrations.gst.bindings import GLib, Gst

_KINDS: dict[type[Exception], tuple[Any, Any]] = {
    OptionError: (Gst.library_error_quark(), Gst.LibraryError.SETTINGS),
    MaskShapeError: (Gst.stream_error_quark(), Gst.StreamError.FORMAT),
    InputError: (Gst.resource_error_quark(), Gst.ResourceError.READ),
    ModelError: (Gst.resource_error_quark(), Gst.ResourceError.NOT_FOUND),
    DeviceError: (Gst.resource_error_quark(), Gst.ResourceError.NOT_FOUND),
}
"""GStreamer's domain and code for our errors; whatever else is a stream that failed."""


def guarded(failed: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Have a virtual method post its exceptions on the bus.

    Parameters
    ----------
    failed : object
        What the method returns then.
    """

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def wrapped(self: Any, *args: Any) -> Any:
            try:
                return method(self, *args)
            except Exception as error:
                post_error(self, error)
                return failed

        return wrapped

    return decorate


def post_error(element: Any, error: Exception) -> None:
    """Put an error on the bus: ours as their sentence, others with their trace for the developer."""
    ours = isinstance(error, MaskSmoothError)
    text = str(error) if ours else f"{type(error).__name__}: {error}"
    trace = "" if ours else "".join(traceback.format_exception(error))
    element.post_message(Gst.Message.new_error(element, _gerror(error, text), trace))


def post_warning(element: Any, text: str) -> None:
    """Put a warning on the bus."""
    quark, code = Gst.stream_error_quark(), int(Gst.StreamError.FAILED)
    element.post_message(Gst.Message.new_warning(element, GLib.Error.new_literal(quark, text, code), ""))


def _gerror(error: Exception, text: str) -> Any:
    failed = Gst.stream_error_quark(), Gst.StreamError.FAILED
    quark, code = next((kind for class_, kind in _KINDS.items() if isinstance(error, class_)), failed)
    return GLib.Error.new_literal(quark, text, int(code))
