"""Weights of a Gaussian window, as fractions and as the whole numbers its kernel multiplies with.

``exp(-(d / sigma)**2 / 2)`` for a frame ``d`` frames away, cut to the frames there are and divided by
their sum. With times, ``d`` is the distance in time over the window's mean spacing, so a frame that comes
late counts as far as it is.

In fixed point a window's weights are whole numbers that sum to exactly a power of two, so a constant comes
out unchanged; what rounding leaves goes to the centre. The power is the least, from 15 up, with which no
window of pixels can be off by more than `TOLERANCE` before the last rounding. 2**19 is always enough: 30
neighbours off by a half are 15 / 2**19 * 255 = 0.0073.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels.job import Ints
from masksmooth_kernels.volume import check_radius

TOLERANCE = 0.0095
"""Levels by which weights in fixed point may move a mean: with the rounding, 0.5095 in all."""


def gaussian_weights(radius: int, sigma: float | None = None) -> NDArray[np.float64]:
    """Return the weights of a full window.

    Parameters
    ----------
    radius : int
        Frames on each side, 0 .. 15.
    sigma : float, optional
        Standard deviation in frames; ``max(radius / 2, 0.5)`` if not given.

    Returns
    -------
    (2 * radius + 1,) float64
        Oldest first, with sum 1.

    Raises
    ------
    ValueError
        If the radius is not 0 .. 15, or sigma is not a finite number above 0.
    """
    radius = check_radius(radius)
    sigma = check_sigma(sigma, radius)
    with np.errstate(over="ignore", under="ignore"):  # a tiny sigma: the neighbours' weights are 0
        weights: NDArray[np.float64] = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    weights /= weights.sum()
    return weights


def check_sigma(sigma: float | None, radius: int) -> float:
    """Return sigma, or its default for the radius; raise ValueError unless it is finite and above 0."""
    if sigma is None:
        return max(radius / 2, 0.5)
    if not isinstance(sigma, (int, float, np.number)) or not (math.isfinite(sigma) and sigma > 0):
        raise ValueError(
            f"sigma is {sigma!r}; give a finite number of frames above 0, or None for radius / 2"
        )
    return float(sigma)


def check_times(times: Sequence[float] | None, frames: int) -> NDArray[np.float64]:
    """Return times as an array, NaN if there are none; raise ValueError unless one a frame, increasing."""
    if times is None:
        return np.full(frames, np.nan)
    at = np.asarray(times, np.float64)
    if at.shape != (frames,) or not np.isfinite(at).all() or (np.diff(at) <= 0).any():
        raise ValueError(f"times must be {frames} finite numbers, one a frame, each above the one before")
    return at


def fixed_weights(weights: NDArray[np.float64], centre: int) -> tuple[Ints, int]:
    """Return weights as whole numbers that sum to ``2**shift``, and the shift."""
    exact = weights / weights.sum()
    for shift in range(15, 21):
        fixed = np.rint(exact * (1 << shift)).astype(np.int64)
        fixed[centre] += (1 << shift) - int(fixed.sum())
        errors = fixed / (1 << shift) - exact
        if 255 * np.maximum(errors, 0).sum() < TOLERANCE:  # as much above as below: they sum to 0
            break
    return fixed, shift
