"""What one writes with SciPy and NumPy."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from benchmarks.kernels.peers import Bytes, Peer, Prepared, weights_for
from benchmarks.kernels.peers.calls import ArrayCall

NO_SCIPY = "scipy is not installed (pip install '.[bench]')"


def scipy_absent() -> str | None:
    """Return why SciPy cannot be run, or None."""
    from importlib.util import find_spec

    return None if find_spec("scipy") else NO_SCIPY


def correlate(volume: Bytes, radius: int) -> Prepared:
    """``scipy.ndimage.correlate1d`` along time."""
    from scipy.ndimage import correlate1d

    out, weights = np.empty_like(volume), weights_for(radius)
    return ArrayCall(lambda: correlate1d(volume, weights, axis=0, output=out, mode="nearest"), radius)


def gaussian_filter(volume: Bytes, radius: int) -> Prepared:
    """``scipy.ndimage.gaussian_filter1d`` along time."""
    from scipy.ndimage import gaussian_filter1d

    out, sigma = np.empty_like(volume), max(radius / 2, 0.5)
    return ArrayCall(
        lambda: gaussian_filter1d(volume, sigma, axis=0, output=out, mode="nearest", radius=radius), radius
    )


def median_filter(volume: Bytes, radius: int) -> Prepared:
    """``scipy.ndimage.median_filter`` along time."""
    from scipy.ndimage import median_filter

    out, size = np.empty_like(volume), (2 * radius + 1, 1, 1)
    return ArrayCall(lambda: median_filter(volume, size=size, output=out, mode="nearest"), radius)


def tensordot(volume: Bytes, radius: int) -> Prepared:
    """``np.tensordot`` of the weights with the windows, in float32."""
    weights = weights_for(radius).astype(np.float32)

    def run() -> Bytes:
        windows = sliding_window_view(volume, len(weights), axis=0)
        found: Bytes = np.rint(np.tensordot(windows, weights, axes=1)).astype(np.uint8)
        return found

    return ArrayCall(run, 0)


def median(volume: Bytes, radius: int) -> Prepared:
    """``np.median`` of the windows."""

    def run() -> Bytes:
        windows = sliding_window_view(volume, 2 * radius + 1, axis=0)
        found: Bytes = np.median(windows, axis=-1).astype(np.uint8)
        return found

    return ArrayCall(run, 0)


def votes(volume: Bytes, radius: int) -> Prepared:
    """Sum each class's weights; the largest wins, of equals the centre's class, then the lowest.

    The weights are whole numbers, so that equals are equal; float64 holds them exactly.
    """
    weights, length = weights_for(radius), len(volume) - 2 * radius
    whole = np.rint(weights / weights.max() * 2**30)

    def run() -> Bytes:
        centre = volume[radius : radius + length]
        best, out = np.full(centre.shape, -1.0), np.zeros(centre.shape, np.uint8)
        for name in np.unique(volume):
            score = np.zeros(centre.shape)
            for k, weight in enumerate(whole):
                score += np.where(volume[k : k + length] == name, weight, 0)
            out[(score > best) | ((score == best) & (centre == name))] = name
            np.maximum(best, score, out=best)
        return out

    return ArrayCall(run, 0)


FLOORS = "cuts the fraction off (off by up to 1 level); the ends repeat the border frame"
INNER = "only the frames whose whole window is there"

PEERS = [
    Peer("SciPy correlate1d", ("gaussian",), correlate, 0.3, 1, FLOORS, absent=scipy_absent),
    Peer("SciPy gaussian_filter1d", ("gaussian",), gaussian_filter, 0.3, 1, FLOORS, absent=scipy_absent),
    Peer(
        "SciPy median_filter", ("median",), median_filter, 0.05, 0, "the ends repeat the border frame",
        absent=scipy_absent,
    ),
    Peer("NumPy tensordot", ("gaussian",), tensordot, 0.04, 1, INNER + "; float32", ends=False),
    Peer("NumPy median", ("median",), median, 0.03, 0, INNER, ends=False),
    Peer("NumPy where per class", ("vote labels",), votes, 0.03, 0, INNER, ends=False),
]  # fmt: skip
