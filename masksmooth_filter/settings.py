"""How masks are smoothed: the settings, their defaults and their allowed values."""

from __future__ import annotations

import ast
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from masksmooth_filter import plugins
from masksmooth_filter.errors import OptionError

Method = Literal["motion", "gaussian", "median", "ema", "none"]
METHODS: tuple[str, ...] = get_args(Method)

Gate = Literal["none", "entropy"]
GATES: tuple[str, ...] = get_args(Gate)

Strength = float | Literal["auto"]

Every = int | Literal["auto"]

MAX_EVERY = 10
"""Frames from one keyframe to the next at most: a third of a second, beyond which too little is followed."""

MAX_RADIUS = 15
"""Windows of 1 to 31 frames: half a second each side at 30 fps, beyond which things have moved on."""


MOST_RIVALS = 4
"""Methods that one run is compared with at most: more curves in one plot are not told apart."""

EXAMPLE = "gaussian,median:radius=5,motion:lookahead=0"

RADIUS = {"motion": 5, "gaussian": 3, "median": 3, "ema": 3, "none": 0}
"""Frames on each side by default. Motion gains clearly up to 5 and nothing beyond; the founding study's
Gaussian had 7 taps. A plug-in's method has that of the plain ones."""

CARRIED_WINDOW = {"radius": 15, "sigma": 21.0, "lookahead": 15}
"""The window of 'motion' where most masks are carried: with every fifth frame segmented the usual one holds
three looks of the network, this one seven. Frames are weighed as nearly alike as in the usual one, a standard
deviation of 1.4 times the radius, and as many are waited for as are remembered. J of 40 frames of six
sequences with every fifth segmented, begun at the first, third and fifth: .7366, .7262 and .7368 with a
deviation of 9 and 10 frames of waiting, .7441, .7329 and .7407 so; all frames segmented .7566."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoothing:
    """How masks are smoothed.

    Attributes
    ----------
    method : {'motion', 'gaussian', 'median', 'ema', 'none'} or str
        Along the motion in the picture, or at the same place (docs/method.md); or the name of a method
        that an installed package offers.
    radius : int, optional
        Frames on each side of the window, 0 to 15; by default 5 for 'motion', else 3.
    sigma : float, optional
        Standard deviation of the weights in time, in frames; by default 7 for 'motion' (3 with less
        look-ahead than radius), half the radius for 'gaussian'.
    lookahead : int, optional
        Frames 'motion' waits for, 0 (causal) to ``radius``, which is the default.
    strength : float or 'auto'
        How far 'motion' trusts colours over masks, 0 to 1; by default by how well the masks sit on edges.
    refine : bool
        Whether 'motion' brings masks onto the picture's edges.
    scene_cuts : bool, optional
        Whether windows begin anew at scene cuts; by default for 'motion' only, which sees them anyway.
    gate : {'none', 'entropy'}
        Whether the plain methods smooth only what the network is unsure of.
    threads : int
        Threads of 'motion'; the result does not depend on it.
    device : str
        Where the heavy loops of 'motion' run: ``cpu``, ``cuda`` or ``cuda:N``.

    Raises
    ------
    OptionError
        If a value is not allowed, or would have no effect with the method.
    """

    method: Method | str = "motion"
    radius: int | None = None
    sigma: float | None = None
    lookahead: int | None = None
    strength: Strength = "auto"
    refine: bool = True
    scene_cuts: bool | None = None
    gate: Gate = "none"
    threads: int = 1
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            check_choice("method", self.method, METHODS + plugins.offered(plugins.SMOOTHERS))
        check_choice("gate", self.gate, GATES)
        if not isinstance(self.window, int) or not 0 <= self.window <= MAX_RADIUS:
            raise OptionError(f"radius is {self.radius}; give 0 to {MAX_RADIUS} frames on each side")
        if self.sigma is not None and not 0 < self.sigma < float("inf"):
            raise OptionError(f"sigma is {self.sigma}; give a standard deviation above 0, in frames")
        if self.strength != "auto":
            check_share("strength", self.strength)
        if self.lookahead is not None and not 0 <= self.lookahead <= self.window:
            raise OptionError(f"lookahead is {self.lookahead}; give 0 (causal) to the radius, {self.window}")
        self._check_effect()

    @property
    def window(self) -> int:
        """Frames on each side: the radius, or the method's own."""
        return RADIUS.get(self.method, RADIUS["gaussian"]) if self.radius is None else self.radius

    def _check_effect(self) -> None:
        """Refuse what would change nothing; a plug-in's method refuses for itself."""
        if self.method not in METHODS:
            return
        motion_only = {"lookahead": None, "strength": "auto", "refine": True, "device": "cpu"}
        wrong = [name for name, unset in motion_only.items() if getattr(self, name) != unset]
        if self.method != "motion" and wrong:
            raise OptionError(f"--{wrong[0]} has no effect with --method {self.method}; use --method motion")
        if self.method == "motion" and self.gate != "none":
            raise OptionError("--gate has no effect with --method motion, which weighs every vote anyway")


WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def parse_method(text: str) -> tuple[str, dict[str, Any]]:
    """Read ``name`` or ``name:key=value:key=value``.

    Returns
    -------
    (str, dict)
        The method, and its settings by the names of `Smoothing`'s fields.

    Raises
    ------
    OptionError
        If a setting is not ``key=value``.
    """
    name, *rest = text.split(":")
    pairs = [item.partition("=") for item in rest]
    if not all(key and equals for key, equals, _ in pairs):
        raise OptionError(f"method {text!r}: settings are key=value, separated by colons")
    return name, {key: _value(value) for key, _, value in pairs}


def _value(text: str) -> Any:
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def parse_comparison(text: str) -> dict[str, Smoothing]:
    """Read a comma separated list of methods, each as for `parse_method`.

    Raises
    ------
    OptionError
        If there is no such method or setting, none at all, or one twice.
    """
    labels = [label.strip() for label in text.split(",") if label.strip()]
    if not labels:
        raise OptionError(f"nothing to compare with; give methods, for example {EXAMPLE}")
    if len(set(labels)) < len(labels):
        raise OptionError(f"{text!r} names a method twice; give each once")
    if len(labels) > MOST_RIVALS:
        raise OptionError(f"{len(labels)} methods to compare with; give {MOST_RIVALS} at most")
    return {label: _named(label) for label in labels}


def _named(label: str) -> Smoothing:
    name, settings = parse_method(label)
    try:
        return Smoothing(method=name, **settings)
    except TypeError:
        known = ", ".join(sorted(field.name for field in fields(Smoothing) if field.name != "method"))
        raise OptionError(f"method {label!r} has a setting that does not exist; there are {known}") from None


def check_choice(name: str, value: Any, allowed: tuple[str, ...]) -> None:
    """Raise OptionError, listing what is allowed, unless ``value`` is."""
    if value not in allowed:
        raise OptionError(f"no {name} {value!r}; supported values are {', '.join(allowed)}")


def check_every(every: Every) -> None:
    """Raise OptionError unless ``every`` is a whole number from 1 to `MAX_EVERY`, or 'auto'."""
    if every != "auto" and (not isinstance(every, int) or not 1 <= every <= MAX_EVERY):
        raise OptionError(f"every is {every!r}; give 1 (every frame) to {MAX_EVERY}, or auto")


def check_share(name: str, value: float) -> None:
    """Raise OptionError unless ``value`` is in 0..1."""
    if not 0 <= value <= 1:
        raise OptionError(f"{name} is {value}; give a number from 0 to 1")
