"""Methods under test: ``name`` or ``name:key=value:key=value``, run by the public `smooth` and timed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

import masksmooth_filter as mf
from benchmarks.quality.clips import Clip, Masks, Pictures
from masksmooth_filter.errors import OptionError
from masksmooth_filter.settings import parse_method

CONTROLS = ("raw", "frozen", "truth")
"""Not smoothers: the masks as they are, the middle frame's mask for all frames, and the truth itself."""

WARM_FRAMES = 12
"""Frames run before the clock starts, once a method, so that compiling the kernels is not counted: a full
window of 5 frames on each side."""


@dataclass(frozen=True, slots=True)
class Method:
    """One row of a table.

    Attributes
    ----------
    label : str
        As it was asked for.
    name : str
        Of `CONTROLS`, or the ``method`` of `masksmooth_filter.smooth`.
    settings : dict
        Passed on to `masksmooth_filter.smooth`.
    """

    label: str
    name: str
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """Masks a method gave, ``(T, H, W)`` uint8, and its CPU time in ms a frame."""

    masks: Masks
    ms: float


def parse_methods(text: str) -> list[Method]:
    """Read a comma separated list of methods; raw is put first, as all others are measured against it.

    Raises
    ------
    OptionError
        If a setting is not ``key=value``, or nothing is asked for.
    """
    asked = [_parse(label.strip()) for label in text.split(",") if label.strip()]
    if not asked:
        raise OptionError("no methods; give for example --methods raw,gaussian,motion:causal=true")
    return [_parse("raw"), *(method for method in asked if method.label != "raw")]


def _parse(label: str) -> Method:
    return Method(label, *parse_method(label))


_warm: set[str] = set()


def warm_up(method: Method, clip: Clip) -> None:
    """Let a method compile and load what it needs, if it has not in this process."""
    if method.name not in CONTROLS and method.label not in _warm:
        _warm.add(method.label)
        _smooth(method, clip.frames[:WARM_FRAMES], clip.masks[:WARM_FRAMES])


def run(method: Method, clip: Clip) -> Run:
    """Smooth a clip's masks.

    Raises
    ------
    OptionError
        If there is no such method or setting.
    """
    if method.name in CONTROLS:
        return Run(_control(method.name, clip), 0.0)
    begin = time.process_time()
    masks = _smooth(method, clip.frames, clip.masks)
    spent = time.process_time() - begin
    if masks.shape != clip.masks.shape or masks.dtype != np.uint8:
        raise OptionError(
            f"method {method.label!r} gave {masks.dtype}{masks.shape}, not uint8{clip.masks.shape}"
        )
    return Run(masks, 1000 * spent / len(masks))


def _smooth(method: Method, frames: Pictures, masks: Masks) -> Masks:
    name = cast(Any, method.name)  # one of its literals, or it says which there are
    return mf.smooth(frames, masks, method=name, **method.settings)


def _control(name: str, clip: Clip) -> Masks:
    if name == "raw":
        return clip.masks
    if name == "truth":
        return clip.truth.astype(np.uint8) * np.uint8(255)
    return np.repeat(clip.masks[len(clip.masks) // 2][np.newaxis], len(clip.masks), axis=0)
