"""The segmenters: which one ``auto`` takes and why, whether it works, where weights are."""

from __future__ import annotations

import os
from functools import partial

import numpy as np

from masksmooth_filter import plugins
from masksmooth_filter.doctor.finding import Finding, State, looked
from masksmooth_filter.segment.registry import BEST, SegmenterOptions, choose_auto
from masksmooth_filter.segment.torchvision_nets import ARCHITECTURES, Architecture
from masksmooth_filter.segment.weights import ENVIRONMENT, at_hand, cache_folder, check_hash


def segmenters() -> list[Finding]:
    """Return what is known of each segmenter; ``selfie`` is run once."""
    found = [looked("auto", _auto), looked("selfie", _selfie)]
    for architecture in ARCHITECTURES.values():
        name = architecture.name
        found.append(looked(name, partial(_weights, architecture), otherwise=_blame(name, found[0])))
    return [*found, *_plug_ins()]


def _auto() -> Finding:
    _, reason = choose_auto(SegmenterOptions(), fetch=False)
    return Finding("auto", reason)


def _blame(name: str, auto: Finding) -> State:
    """Say what a bad file of weights means: auto takes those that are there and does not look further."""
    return "bad" if name == BEST and auto.text.startswith(BEST) else "note"


def _selfie() -> Finding:
    from masksmooth_filter.segment.litert import Selfie

    model = Selfie()
    for width, height in ((16, 9), (1, 1)):
        size = model.input_size(width, height)
        model.predict(np.zeros((1, size[1], size[0], 3), np.uint8))
    model.close()
    return Finding("selfie", "its two networks are here and run")


def _weights(architecture: Architecture) -> Finding:
    published = architecture.published
    path = at_hand(published)
    if path is None and (named := os.environ.get(ENVIRONMENT)):
        return Finding(architecture.name, f"${ENVIRONMENT} names {named}, which is not there", "note")
    if path is None:
        text = f"weights not here yet; {published.megabytes:.1f} MB would be fetched to {cache_folder()}"
        return Finding(architecture.name, text, "note")
    if path.name != published.filename:
        return Finding(architecture.name, f"weights {path} (${ENVIRONMENT}), not the published ones", "note")
    check_hash(path, published)
    return Finding(architecture.name, f"weights {path}, sha256 as published")


def _plug_ins() -> list[Finding]:
    groups = {plugins.SEGMENTERS: "segmenter", plugins.SMOOTHERS: "smoothing method"}
    return [
        Finding(name, f"{kind} of {package}")
        for group, kind in groups.items()
        for name, package in plugins.packages(group).items()
    ]
