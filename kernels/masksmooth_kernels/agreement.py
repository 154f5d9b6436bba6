"""How far a mask and what its neighbours say agree: the passes over pixels that reliability is made of.

Two passes with a box filter between them, on four numbers a pixel that lie side by side: OpenCV filters such
a picture in half the time of four. In numpy the same took 15 passes and half as long again (135x240
pixels, filters and all).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels._jit import kernel

Real = NDArray[np.float32]

_ONE, _NONE = np.float32(1), np.float32(0)


def compare(mask: NDArray[np.uint8], said: Real, support: Real, full: float) -> Real:
    """Return what each pixel's mask and consensus have in common, and what not.

    Parameters
    ----------
    mask : (h, w) uint8
        Confidence.
    said : (h, w) float32
        The neighbours' consensus, 0..1.
    support : (h, w) float32
        Share of the neighbours' possible weight that has reached each pixel.
    full : float
        Support from which a contradiction counts fully; below, it counts ``support / full``.

    Returns
    -------
    (h, w, 4) float32
        The greater of the two; how far they differ; the same two as far as there is support, the difference
        first.
    """
    out = np.empty((*mask.shape, 4), np.float32)
    _compare(np.ascontiguousarray(mask), said, support, np.float32(1 / full), out)
    return out


def trusted(means: Real, whole: tuple[float, float], floor: float, soft: float) -> Real:
    """Return reliability in two readings, from local means of what `compare` returns.

    With the means ``u, d, ds, us`` and the agreement of the whole mask ``a`` and, where there is support,
    ``b``: ``max(a, floor)^2 * max(1 - d / (u + soft), floor)^2``, which any contradiction lowers, and
    ``1 - us / (us + .001) * (1 - b^2 (1 - ds / (u + soft))^2)``, which only those with support do.

    Parameters
    ----------
    means : (h, w, 4) float32
        Averaged over a box.
    whole : (float, float)
        ``a`` and ``b``, 0..1.
    floor, soft : float
        As above.

    Returns
    -------
    (2, h, w) float32
        0..1.
    """
    out = np.empty((2, *means.shape[:2]), np.float32)
    strict, gated = np.float32(max(whole[0], floor) ** 2), np.float32(whole[1] ** 2)
    _trusted(means, (strict, gated, np.float32(floor), np.float32(soft)), out[0], out[1])
    return out


@kernel
def _compare(mask: NDArray[np.uint8], said: Real, support: Real, scale: np.float32, out: Real) -> None:
    for row in range(mask.shape[0]):
        for i in range(mask.shape[1]):
            own, theirs = np.float32(mask[row, i]) * np.float32(1 / 255), said[row, i]
            gate, either = min(support[row, i] * scale, _ONE), max(own, theirs)
            unlike = either - min(own, theirs)
            out[row, i, 0], out[row, i, 1] = either, unlike
            out[row, i, 2], out[row, i, 3] = unlike * gate, either * gate


@kernel
def _trusted(
    means: Real,
    constants: tuple[np.float32, np.float32, np.float32, np.float32],
    strict: Real,
    lenient: Real,
) -> None:
    whole, agreed, floor, soft = constants
    for row in range(means.shape[0]):
        for i in range(means.shape[1]):
            spread, heard = means[row, i, 0] + soft, means[row, i, 3]
            alike = max(_ONE - means[row, i, 1] / spread, floor)
            kept = _ONE - means[row, i, 2] / spread
            strict[row, i] = whole * alike * alike
            lenient[row, i] = _ONE - heard / (heard + np.float32(0.001)) * (_ONE - agreed * kept * kept)
