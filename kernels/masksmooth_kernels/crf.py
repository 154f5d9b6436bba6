"""Mean-field rounds of a conditional random field over a sparse set of pixels.

The pairwise term is P. Kraehenbuehl and V. Koltun's ("Efficient inference in fully connected CRFs with
Gaussian edge potentials", NIPS 2011): neighbours of like colour want the same label. It is sampled at K
offsets of a spiral instead of summed over all pixels (48 samples: within .001 J of 169), and only pixels
of a band round the border are updated. Planes are padded, so that no offset leaves them.

Both kernels go along *runs* of pixels that follow each other: a sample's values then lie side by side, and
vector instructions take eight at once (timed alone, 12000 pixels, 48 samples: weights 1.1 ms for 2.4, a
round .28 for .82; each pixel's sums are added in the same order, so not a bit differs).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels._jit import kernel

_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
_TABLE = 8192
_ONE = np.float32(1)
_LONGEST = 512
"""Pixels of a run that are taken at once, so that what is kept of them stays in the nearest cache."""


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
        A padded picture's pixels in order; not copied if they are stored plane by plane.
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
        Weights, stored sample by sample; each row sums to ``strength``, or to 0 where no sample is alike.
    """
    out = np.empty((offsets.size, pixels.size), np.float32)
    kept = np.empty(_LONGEST, np.int32), np.empty(_LONGEST, np.float32)
    planes = np.ascontiguousarray(lab.T)
    _colour_weights(planes, (pixels, offsets), (table, np.float32(strength)), kept, out)
    return out.T


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
        Offsets of the colour samples, and their weights; not copied if they are stored sample by sample.
    near : (M,) int and (M,) float32
        Offsets of the neighbours, and their weights, the same for every pixel.
    """
    out = np.empty(pixels.size, np.float32)
    offsets, weights = colour
    _mean_field(chance, unary, pixels, (offsets, np.ascontiguousarray(weights.T)), near, out)
    return out


@kernel
def _colour_weights(
    lab: NDArray[np.uint8],
    samples: tuple[NDArray[np.int64], NDArray[np.int64]],
    weighing: tuple[NDArray[np.float32], np.float32],
    kept: tuple[NDArray[np.int32], NDArray[np.float32]],
    out: NDArray[np.float32],
) -> None:
    # Distances are whole numbers under 2^24, exact in float32; int32 products would become int64, which has
    # no vector instruction.
    (pixels, offsets), (table, strength), (distance, total) = samples, weighing, kept
    last, first = np.float32(table.size - 1), 0
    while first < pixels.size:
        size, start = 1, pixels[first]
        while first + size < pixels.size and pixels[first + size] == start + size and size < distance.size:
            size += 1
        luma, a, b = lab[0, start : start + size], lab[1, start : start + size], lab[2, start : start + size]
        total[:size] = 0
        for k in range(offsets.size):
            at, row = start + offsets[k], out[k, first : first + size]
            lumas, reds, blues = lab[0, at : at + size], lab[1, at : at + size], lab[2, at : at + size]
            for i in range(size):
                dl = np.float32(lumas[i]) - np.float32(luma[i])
                da, db = np.float32(reds[i]) - np.float32(a[i]), np.float32(blues[i]) - np.float32(b[i])
                squared = np.float32(10) * dl * dl + np.float32(64) * (da * da + db * db)
                distance[i] = np.int32(min(squared * np.float32(1 / 64), last))
            for i in range(size):
                row[i] = table[np.uint64(distance[i])]
                total[i] += row[i]
        for i in range(size):
            total[i] = strength / max(total[i], np.float32(1e-6))
        for k in range(offsets.size):
            row = out[k, first : first + size]
            for i in range(size):
                row[i] *= total[i]
        first += size


@kernel
def _mean_field(
    chance: NDArray[np.float32],
    unary: NDArray[np.float32],
    pixels: NDArray[np.int64],
    colour: tuple[NDArray[np.int64], NDArray[np.float32]],
    near: tuple[NDArray[np.int64], NDArray[np.float32]],
    out: NDArray[np.float32],
) -> None:
    (offsets, weights), (around, shares) = colour, near
    first = 0
    while first < pixels.size:
        size, start = 1, pixels[first]
        while first + size < pixels.size and pixels[first + size] == start + size:
            size += 1
        pull = out[first : first + size]
        pull[:] = 0
        for k in range(offsets.size):
            at, row = start + offsets[k], weights[k, first : first + size]
            there = chance[at : at + size]
            for i in range(size):
                pull[i] += row[i] * (there[i] - np.float32(0.5))
        for k in range(around.size):
            there = chance[start + around[k] : start + around[k] + size]
            for i in range(size):
                pull[i] += shares[k] * (there[i] - np.float32(0.5))
        for i in range(size):
            pull[i] = _ONE / (_ONE + np.exp(-(unary[first + i] + pull[i] + pull[i])))
        first += size
