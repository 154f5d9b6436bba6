"""Mean-field rounds of a conditional random field over a sparse set of pixels.

The pairwise term is P. Kraehenbuehl and V. Koltun's ("Efficient inference in fully connected CRFs with
Gaussian edge potentials", NIPS 2011): neighbours of like colour want the same label. It is sampled at K
offsets of a spiral instead of summed over all pixels (48 samples: within .001 J of 169), and only pixels
of a band round the border are updated. Planes are padded, so that no offset leaves them.

Both kernels go by blocks of pixels that stay in the nearest cache and take turns, as the walks of
`masksmooth_kernels.warp` do: the samples are fetched one by one, then weighed eight at once. Runs of the
band are 13 to 34 pixels long: going along them, fetching was free, and starting anew cost more than that.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels._jit import kernel

Colours = NDArray[np.int32]
"""``(P,)`` int32: from the lowest byte L, a and b of each pixel's 8-bit Lab; the highest is not looked at."""

LUMA_SHARE = np.float32(10 / 64)
"""Of a squared level of L beside one of a or b."""

_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
_BLOCK = 1024
_BYTE = np.int32(255)
_HALF = np.float32(0.5)
_ONE = np.float32(1)
_THIRD, _QUARTER, _FIFTH, _SIXTH = (np.float32(1 / n) for n in (3, 4, 5, 6))
_LN2 = np.float32(math.log(2))
_FAINTEST = np.float32(-60)
"""Likenesses below 2^-60 are taken as that: next to any other they are nothing."""


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


def likenesses(
    colours: Colours,
    pixels: NDArray[np.int64],
    offsets: NDArray[np.int64],
    sigma: float,
    out: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Write how much each pixel's samples resemble it in colour; return what they sum to.

    ``exp(-d / (2 sigma^2))`` with squared distances ``d = .156 dL^2 + da^2 + db^2`` on 8-bit Lab (L is stored
    with 2.55 levels a unit).

    Parameters
    ----------
    colours : (P,) int32
        A padded picture's pixels in order.
    pixels : (N,) int
        Which of them.
    offsets : (K,) int
        Where the samples lie, in pixels of that order.
    sigma : float
        In 8-bit Lab levels.
    out : (K, N) float32
        Written, 0..1, right to 3e-5 of each.

    Returns
    -------
    (N,) float32
        Each pixel's sum.
    """
    total = np.zeros(pixels.size, np.float32)
    kept = np.empty(_BLOCK, np.int32), np.empty(_BLOCK, np.int32)
    _likenesses(colours, (pixels, offsets), np.float32(-1 / (2 * sigma**2 * math.log(2))), kept, (out, total))
    return total


def mean_field(
    chance: NDArray[np.float32] | NDArray[np.uint8],
    unary: NDArray[np.float32],
    pixels: NDArray[np.int64],
    colour: tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]],
    near: tuple[NDArray[np.int64], NDArray[np.float32]],
) -> NDArray[np.float32]:
    """Return the pixels' chances after one round, all updated at once.

    ``p <- sigmoid(unary + sum_k w_k (2 p_k - 1))``, over colour samples and nearest neighbours.

    Parameters
    ----------
    chance : (P,) float32 or uint8
        Chance of foreground of every pixel of the padded picture, 0..1; as bytes 0..255.
    unary : (N,) float32
        Log-odds of the pixels to update.
    pixels : (N,) int
        Which they are.
    colour : (K,) int, (K, N) float32 and (N,) float32
        Offsets of the colour samples, their likenesses, and what those are multiplied with to be weights.
    near : (M,) int and (M,) float32
        Offsets of the neighbours, and their weights, the same for every pixel.
    """
    out = np.empty(pixels.size, np.float32)
    one = np.float32(1 if chance.dtype == np.float32 else 1 / 255)
    _mean_field((chance, one), (pixels, unary), colour, near, (np.empty(_BLOCK, np.float32), out))
    return out


@kernel
def _likenesses(
    colours: NDArray[np.int32],
    samples: tuple[NDArray[np.int64], NDArray[np.int64]],
    rate: np.float32,
    kept: tuple[NDArray[np.int32], NDArray[np.int32]],
    outs: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> None:
    # 2^-x is put together from the bits of its whole part and a polynomial of the rest (Taylor's, to the
    # sixth power): numba's exp() is a call for every single number.
    (pixels, offsets), (mine, theirs), (out, totals) = samples, kept, outs
    for first in range(0, pixels.size, _BLOCK):
        part = slice(first, min(first + _BLOCK, pixels.size))
        here, total = pixels[part], totals[part]
        for i in range(here.size):
            mine[i] = colours[np.uint64(here[i])]
        for k in range(offsets.size):
            row, offset = out[k, part], offsets[k]
            for i in range(here.size):
                theirs[i] = colours[np.uint64(here[i] + offset)]
            for i in range(here.size):
                one, other = mine[i], theirs[i]
                dl = np.float32((other & _BYTE) - (one & _BYTE))
                da = np.float32((other >> np.int32(8) & _BYTE) - (one >> np.int32(8) & _BYTE))
                db = np.float32((other >> np.int32(16) & _BYTE) - (one >> np.int32(16) & _BYTE))
                power = max((LUMA_SHARE * dl * dl + (da * da + db * db)) * rate, _FAINTEST)
                whole = np.int32(power)
                x = (power - np.float32(whole)) * _LN2
                rest = _ONE + x * _FIFTH * (_ONE + x * _SIXTH)
                rest = _ONE + x * _THIRD * (_ONE + x * _QUARTER * rest)
                rest = _ONE + x * (_ONE + x * _HALF * rest)
                row[i] = rest * np.int32(whole + np.int32(127) << np.int32(23)).view(np.float32)
                total[i] += row[i]


@kernel
def _mean_field(
    state: tuple[NDArray[np.float32] | NDArray[np.uint8], np.float32],
    band: tuple[NDArray[np.int64], NDArray[np.float32]],
    colour: tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]],
    near: tuple[NDArray[np.int64], NDArray[np.float32]],
    outs: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> None:
    (chance, one), (pixels, unary), (offsets, alike, scales) = state, band, colour
    (around, shares), (kept, out) = near, outs
    for first in range(0, pixels.size, _BLOCK):
        part = slice(first, min(first + _BLOCK, pixels.size))
        here, odds, scale, pull = pixels[part], unary[part], scales[part], out[part]
        pull[:] = 0
        for k in range(offsets.size):
            weight, offset = alike[k, part], offsets[k]
            for i in range(here.size):
                kept[i] = chance[np.uint64(here[i] + offset)]
            for i in range(here.size):
                pull[i] += weight[i] * (kept[i] * one - _HALF)
        for i in range(here.size):
            pull[i] *= scale[i]
        for k in range(around.size):
            share, offset = shares[k], around[k]
            for i in range(here.size):
                kept[i] = chance[np.uint64(here[i] + offset)]
            for i in range(here.size):
                pull[i] += share * (kept[i] * one - _HALF)
        for i in range(here.size):
            pull[i] = _ONE / (_ONE + np.exp(-(odds[i] + pull[i] + pull[i])))
