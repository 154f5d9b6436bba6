"""Networks that a worker keeps from one film to the next, as if each were made anew."""

from __future__ import annotations

import dataclasses
from typing import Any

from masksmooth_filter.segment.registry import AnyModel, SegmenterOptions, create_model
from masksmooth_filter.segment.torchvision_nets import ARCHITECTURES

_KEPT: dict[Any, AnyModel] = {}

FILES = ("tflite", "onnx")
"""Kinds of networks that come as a file."""


def is_built_in(name: str) -> bool:
    """Tell whether a segmenter is one of ours: what a plug-in's network remembers nobody knows."""
    return name == "selfie" or name in ARCHITECTURES or name.partition(":")[0] in FILES


def warm_model(name: str, options: SegmenterOptions) -> AnyModel:
    """Return the network of a segmenter, kept from the last time it was asked for; one is kept.

    It gives what a new one would give: the only thing a network of ours remembers of the pictures it has
    seen (whether its numbers have left 0..1) is forgotten. Whoever gets it leaves it open.
    """
    key = name, dataclasses.replace(options, on_progress=None)
    if key not in _KEPT or not is_built_in(name):
        forget()
        _KEPT[key] = create_model(name, options=options)
    set_bounded(_KEPT[key], None)
    return _KEPT[key]


def forget() -> None:
    """Close what is kept: after an error nobody knows what state it is in."""
    for model in _KEPT.values():
        model.close()
    _KEPT.clear()


def bounded(model: AnyModel) -> bool:
    """Tell whether all of a network's numbers were in 0..1 so far; True for those that never ask."""
    reader = getattr(model, "reader", None)
    return True if reader is None else bool(reader.bounded)


def set_bounded(model: AnyModel, value: bool | None) -> None:
    """Have a network go on as after pictures with that state; None is as new."""
    reader = getattr(model, "reader", None)
    if reader is not None:
        reader.begin(value)
