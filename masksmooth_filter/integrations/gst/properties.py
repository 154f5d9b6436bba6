"""The element's properties: those of the command that make sense inside a pipeline, and their checks."""

from __future__ import annotations

from typing import Any

from masksmooth_filter.integrations.gst.bindings import GLib, GObject, Gst
from masksmooth_filter.options import PRECISIONS, Options
from masksmooth_filter.settings import GATES, MAX_EVERY, MAX_RADIUS, METHODS, check_choice

_MOST = GLib.MAXINT
_FIXED = GObject.ParamFlags.READWRITE | Gst.PARAM_MUTABLE_READY
_LIVE = GObject.ParamFlags.READWRITE | Gst.PARAM_MUTABLE_PLAYING


def _text(blurb: str, default: str | None = None, flags: Any = _FIXED) -> tuple[Any, ...]:
    return str, blurb, default, flags


def _switch(blurb: str, default: bool) -> tuple[Any, ...]:
    return bool, blurb, default, _FIXED


def _share(blurb: str) -> tuple[Any, ...]:
    return float, blurb, 0.0, 1.0, 0.5, _LIVE


def _whole(blurb: str, least: int, most: int) -> tuple[Any, ...]:
    """Declare a number whose least value means that none is given."""
    return int, blurb, least, most, least, _FIXED


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)


_TABLE: dict[str, tuple[Any, ...]] = {
    "segmenter": _text(
        "auto, selfie (people, embedded), deeplabv3_resnet50 and two smaller ones (20 classes, need torch), "
        "tflite:PATH, onnx:PATH, or a plug-in's name",
        "auto",
    ),
    "weights": _text("The segmenter's weights file; by default the published one"),
    "offline": _switch("Never download anything", False),
    "device": _text("auto, cpu, cuda or cuda:N", "auto"),
    "precision": _text(f"Number format of torchvision's networks: {_listed(PRECISIONS)}", "auto"),
    "exact": _switch("torchvision's own labels, bit for bit", False),
    "compile": _switch("Let torch compile the network first", False),
    "size": _whole("Short side of what the network sees, in pixels; 0: the segmenter's own", 0, _MOST),
    "classes": _text("Class names or ids, comma separated, a mask each; by default every class as one"),
    "every": (int, "Segment every Nth frame only; 0: where the picture changes", 0, MAX_EVERY, 1, _FIXED),
    "masks-from": _text(
        "Masks made elsewhere instead of a network: a gray or label video (by time) or a folder of PNGs"
    ),
    "method": _text(f"How masks are smoothed: {_listed(METHODS)}, or a plug-in's name", "motion"),
    "radius": _whole("Frames on each side of the window; -1: the method's own", -1, MAX_RADIUS),
    "sigma": (
        float, "Standard deviation of the weights in frames; 0: the method's own",
        0.0, GLib.MAXDOUBLE, 0.0, _FIXED,
    ),
    "causal": _switch("Look at the past only: no frame is held back", False),
    "lookahead": _whole("Frames that motion waits for, up to the radius; -1: the radius", -1, MAX_RADIUS),
    "strength": (
        float, "How far motion trusts the picture's colours over the masks, 0 to 1; -1: by itself",
        -1.0, 1.0, -1.0, _FIXED,
    ),
    "refine": _switch("Bring masks onto the picture's edges (motion)", True),
    "scene-cuts": _text("Begin anew at scene cuts: yes, no, or auto (with motion only)", "auto"),
    "gate": _text(f"What the plain methods smooth: {_listed(GATES)} (only what is unsure)", "none"),
    "mode": _text(
        "What is drawn: overlay, matte (the mask itself, GRAY8), blur (the background), replace", "overlay"
    ),
    "hold": (float, "Milliseconds for which masks are kept, before and after", 0.0, 2000.0, 0.0, _FIXED),
    "feather": (float, "Pixels over which the foreground's edge fades", 0.0, 200.0, 1.0, _LIVE),
    "invert": (bool, "Let foreground and background change places", False, _LIVE),
    "contour": (int, "Width of a line along the overlay's border in pixels", 0, 50, 0, _LIVE),
    "legend": (bool, "Name the overlay's classes in a corner", False, _LIVE),
    "blur": (
        float, "Of mode blur: standard deviation in percent of the short side; 0: 3", 0.0, 30.0, 0.0, _LIVE,
    ),
    "background": _text("Of mode replace: an image, a video or a colour", flags=_LIVE),
    "threshold": _share("Confidence from which a pixel is foreground"),
    "alpha": _share("Strength of the overlay's tint"),
    "color": _text("The overlay's colour, a name or #rrggbb", flags=_LIVE),
}  # fmt: skip

GPROPERTIES = {name: (kind, name.replace("-", " "), *rest) for name, (kind, *rest) in _TABLE.items()}
"""For PyGObject's ``__gproperties__``."""

LIVE = tuple(name for name, entry in _TABLE.items() if entry[-1] == _LIVE)
"""Properties that take effect at once, while frames flow."""

DEFAULTS: dict[str, Any] = {name: entry[-2] for name, entry in _TABLE.items()}
"""Each property's value as long as nobody sets it."""

_UNSET = {"blur": 0.0, "size": 0, "radius": -1, "sigma": 0.0, "lookahead": -1}
_SCENE_CUTS = {"auto": None, "yes": True, "no": False}


def options_of(values: dict[str, Any]) -> Options:
    """Turn properties into the options of a run.

    Parameters
    ----------
    values : dict
        By property name, as `DEFAULTS`.

    Raises
    ------
    OptionError
        If a value is not allowed, or two exclude each other.
    """
    return Options(**{field_of(name): _meaning(name, value) for name, value in values.items()})


def field_of(name: str) -> str:
    """Return what a property is called among the options."""
    return "compiled" if name == "compile" else name.replace("-", "_")


def _meaning(name: str, value: Any) -> Any:
    """Return what a property's value is called among the options."""
    if name == "scene-cuts":
        check_choice("scene-cuts", value, tuple(_SCENE_CUTS))
        return _SCENE_CUTS[value]
    if name == "every":
        return value or "auto"
    if name == "strength":
        return "auto" if value < 0 else value
    return None if name in _UNSET and value == _UNSET[name] else value
