"""Mean-field rounds of a conditional random field over a sparse set of pixels.

The pairwise term is P. Kraehenbuehl and V. Koltun's ("Efficient inference in fully connected CRFs with
Gaussian edge potentials", NIPS 2011): neighbours of like colour want the same label. It is sampled at K
offsets of a spiral instead of summed over all pixels (48 samples: within .001 J of 169), and only pixels
of a band round the border are updated. Planes are padded, so that no offset leaves them.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels._jit import kernel

_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
_TABLE = 8192
_ONE = np.float32(1)


def spiral(count: int, sigma: float) -> NDArray[np.int64]:
    """Return ``(count, 2)`` row and column offsets whose density is a Gaussian of that sigma in pixels.

    H. Vogel's spiral ("A better way to construct the sunflower head", Mathematical Biosciences 44, 1979),
    with ``r_i = sigma * sqrt(-2 ln(1 - (i + 1/2) / count))``, the Gaussian's own quantiles.
    """
    share = (np.arange(count) + 0.5) / count
    radius = sigma * np.sqrt(-2 * np.log(1 - share))
    angle = np.arange(count) * _GOLDEN_ANGLE
    steps = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
    return np.asarray(np.rint(steps), np.int64)


def colour_table(sigma: float) -> NDArray[np.float32]:
    """Return ``exp(-d / (2 sigma^2))`` for squared colour distances d = 0, 1, ..., the last taken as 0."""
    table = np.exp(-np.arange(_TABLE) / (2 * sigma**2))
    table[-1] = 0
    return table.astype(np.float32)


def colour_weights(
    lab: NDArray[np.uint8],
    pixels: NDArray[np.int64],
    offsets: NDArray[np.int64],
    table: NDArray[np.float32],
    strength: float,
) -> NDArray[np.float32]:
    """Return how much each pixel's samples resemble it in colour.

    Squared distances are ``.156 dL^2 + da^2 + db^2`` on 8-bit Lab (L is stored with 2.55 levels a unit).

    Parameters
    ----------
    lab : (P, 3) uint8
        A padded picture's pixels in order.
    pixels : (N,) int
        Which of them.
    offsets : (K,) int
        Where the samples lie, in pixels of that order.
    table : (D,) float32
        `colour_table`.
    strength : float
        What a pixel's weights sum to.

    Returns
    -------
    (N, K) float32
        Weights; each row sums to ``strength``, or to 0 where no sample is alike.
    """
    out = np.empty((pixels.size, offsets.size), np.float32)
    _colour_weights(lab, pixels, offsets, (table, np.float32(strength)), out)
    return out


def mean_field(
    chance: NDArray[np.float32],
    unary: NDArray[np.float32],
    pixels: NDArray[np.int64],
    colour: tuple[NDArray[np.int64], NDArray[np.float32]],
    near: tuple[NDArray[np.int64], NDArray[np.float32]],
) -> NDArray[np.float32]:
    """Return the pixels' chances after one round, all updated at once.

    ``p <- sigmoid(unary + sum_k w_k (2 p_k - 1))``, over colour samples and nearest neighbours.

    Parameters
    ----------
    chance : (P,) float32
        Chance of foreground of every pixel of the padded picture, 0..1.
    unary : (N,) float32
        Log-odds of the pixels to update.
    pixels : (N,) int
        Which they are.
    colour : (K,) int and (N, K) float32
        Offsets of the colour samples, and their weights.
    near : (M,) int and (M,) float32
        Offsets of the neighbours, and their weights, the same for every pixel.
    """
    out = np.empty(pixels.size, np.float32)
    _mean_field(chance, unary, pixels, colour, near, out)
    return out


@kernel
def _colour_weights(
    lab: NDArray[np.uint8],
    pixels: NDArray[np.int64],
    offsets: NDArray[np.int64],
    weighing: tuple[NDArray[np.float32], np.float32],
    out: NDArray[np.float32],
) -> None:
    table, strength = weighing
    last = table.size - 1
    for i in range(pixels.size):
        here = pixels[i]
        luma, a, b = np.int32(lab[here, 0]), np.int32(lab[here, 1]), np.int32(lab[here, 2])
        total = np.float32(0)
        for k in range(offsets.size):
            there = here + offsets[k]
            dl, da, db = (
                np.int32(lab[there, 0]) - luma,
                np.int32(lab[there, 1]) - a,
                np.int32(lab[there, 2]) - b,
            )
            distance = (10 * dl * dl + 64 * (da * da + db * db)) >> 6
            weight = table[distance if distance < last else last]
            out[i, k] = weight
            total += weight
        scale = strength / max(total, np.float32(1e-6))
        for k in range(offsets.size):
            out[i, k] *= scale


@kernel
def _mean_field(
    chance: NDArray[np.float32],
    unary: NDArray[np.float32],
    pixels: NDArray[np.int64],
    colour: tuple[NDArray[np.int64], NDArray[np.float32]],
    near: tuple[NDArray[np.int64], NDArray[np.float32]],
    out: NDArray[np.float32],
) -> None:
    offsets, weights = colour
    around, shares = near
    for i in range(pixels.size):
        here = pixels[i]
        pull = np.float32(0)
        for k in range(offsets.size):
            pull += weights[i, k] * (chance[here + offsets[k]] - np.float32(0.5))
        for k in range(around.size):
            pull += shares[k] * (chance[here + around[k]] - np.float32(0.5))
        out[i] = _ONE / (_ONE + np.exp(-(unary[i] + pull + pull)))
