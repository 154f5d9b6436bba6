"""What can be drawn, and which options belong to which mode.

Light on purpose, like `masksmooth_filter.options`: the command's ``--help`` reads it.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

from masksmooth_filter.errors import OptionError

Mode = Literal["overlay", "matte", "cutout", "blur", "replace", "side-by-side"]
MODES: tuple[str, ...] = get_args(Mode)

TINTED = ("overlay", "side-by-side")

ONLY_IN: dict[str, tuple[tuple[str, ...], Any]] = {
    "alpha": (TINTED, 0.5),
    "color": (TINTED, None),
    "contour": (TINTED, 0),
    "legend": (TINTED, False),
    "blur": (("blur",), None),
    "background": (("replace",), None),
}
"""Options of some modes only: which, and the value that asks for nothing."""

BLUR = 3.0
"""Percent of the picture's short side that the background is blurred by: 32 pixels at 1080p."""


def check_mode(options: Any) -> None:
    """Raise OptionError unless the options of the drawing go together.

    Parameters
    ----------
    options : Options
        Or anything with the same fields.
    """
    for name, (modes, unset) in ONLY_IN.items():
        if getattr(options, name) != unset and options.mode not in modes:
            use = " or ".join(f"--mode {mode}" for mode in modes)
            raise OptionError(
                f"--{name} has no effect with --mode {options.mode}; use {use}, or leave it out"
            )
    if options.mode == "replace" and options.background is None:
        raise OptionError("--mode replace needs --background: an image, a video, or a colour such as green")
    if options.legend and options.masks_from is None and options.classes in (None, "all"):
        raise OptionError("--legend names classes, and all are one mask here; give --classes person,dog")


def milliseconds(name: str, text: float | str) -> float:
    """Read a time such as ``300ms``, or a plain number of milliseconds.

    Raises
    ------
    OptionError
        If it is neither.
    """
    try:
        return float(text.strip().lower().removesuffix("ms")) if isinstance(text, str) else float(text)
    except ValueError:
        raise OptionError(f"{name} is {text!r}; give a time in milliseconds, as 300ms") from None
