"""What colours the object and the ground around it have, over the window's frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.smoothing.held import Held, Real
from masksmooth_filter.smoothing.picture import Rgb
from masksmooth_filter.smoothing.tuning import Tuning
from masksmooth_filter.smoothing.vote import Window

BINS = 16 * 16 * 16
_RARE = 1e-4
"""Added to both shares: a colour seen nowhere says nothing."""


def colour_bins(lab: Rgb) -> NDArray[np.int16]:
    """Return each pixel's histogram bin: 16 levels of L, and 16 of a and of b within 32 levels of gray."""
    bins = _LUMA_BIN.take(lab[..., 0]) | _A_BIN.take(lab[..., 1]) | _B_BIN.take(lab[..., 2])
    return np.asarray(bins, np.int16)


def count(held: Held, chances: Real, tuning: Tuning) -> None:
    """Set a frame's histograms from its chances of foreground, ``(C, h, w)`` on every second pixel."""
    bins = colour_bins(held.picture.lab[::2, ::2])
    reach = max(1, round(tuning.model_reach * held.picture.scale / 2))
    held.histograms = [_counted(bins, chance, reach) for chance in chances]


def _counted(bins: NDArray[np.int16], chance: Real, reach: int) -> Real:
    """Return histograms of foreground and of background near it; pixels count by how sure they are."""
    import cv2

    out = np.zeros((2, BINS), np.float32)
    inside = chance > 0.5
    if not inside.any():
        return out
    nearby = cv2.dilate(inside.astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) > 0
    sure = np.abs(2 * chance - 1)
    for row, which in enumerate((inside, nearby & ~inside)):
        out[row] = np.bincount(bins[which], sure[which], BINS)
    return out


def model(window: Window, plane: int, clip: float) -> Real:
    """Return each bin's log-odds of foreground over the window's frames, ``(4096,)``, within +-``clip``."""
    shares = _shares(window, plane)
    odds = np.log((shares[0] + _RARE) / (shares[1] + _RARE))
    return np.asarray(np.clip(odds, -clip, clip), np.float32)


def apart(window: Window, plane: int, alike: tuple[float, float]) -> float:
    """Return how far colours tell a plane from what is around it: 1 as usual .. 0 not at all.

    The histograms' overlap is .05 to .5 on six real sequences, .4 to .75 where object and ground are painted
    with the same colours.
    """
    overlap = float(np.minimum(*_shares(window, plane)).sum())
    return min(max((alike[1] - overlap) / (alike[1] - alike[0]), 0.0), 1.0)


def _shares(window: Window, plane: int) -> Real:
    """Return each bin's share of the foreground and of the background, over the window's frames."""
    counts = window.now.histograms[plane].copy()
    for held, weight in window.neighbours():
        counts += np.float32(weight) * held.histograms[plane]
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-6), np.float32)


_LEVELS = np.arange(256, dtype=np.int16)
_LUMA_BIN = (_LEVELS >> 4) << 8
_B_BIN = np.clip((_LEVELS - 128 >> 2) + 8, 0, 15).astype(np.int16)
_A_BIN = _B_BIN << 4
