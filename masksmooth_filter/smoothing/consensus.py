"""What the neighbours say of a frame's mask, and how reliable that makes the mask, here and as a whole."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from masksmooth_filter.smoothing.held import Held, Real
from masksmooth_filter.smoothing.kernels import Kernels, Own
from masksmooth_filter.smoothing.picture import Picture
from masksmooth_filter.smoothing.team import runs
from masksmooth_filter.smoothing.tuning import Tuning

_SOFT = 8 / 255
"""Added to the mean of the masks, so that a few stray pixels do not count as an object."""

_FAINT = 1e-4

_FEWEST = 30
"""Masks of fewer pixels in all say nothing of how far masks agree."""


def time_weight(distance: int, sigma: float) -> float:
    """Return the Gaussian weight of a distance in frames."""
    return math.exp(-(distance**2) / (2 * sigma**2))


def look_back(held: Held, past: Sequence[Held], sigma: float, shade: float, kernels: Kernels) -> None:
    """Walk a new frame's points back through the frames before it, the nearest last in ``past``."""
    path, here = kernels.empty(held.heard.path.shape), held
    path[:] = held.heard.path
    for distance, there in enumerate(reversed(past), 1):
        near = time_weight(distance, sigma)
        _hear(held, (path, kernels.step(path, here.behind, there.shade, (near, shade))), there, kernels)
        held.heard.most += near
        here = there


def look_ahead(
    frames: Sequence[tuple[Held, float]], last: tuple[Held, Held], shade: float, kernels: Kernels
) -> None:
    """Walk frames' points one frame on, from the one before the newest to the newest.

    Parameters
    ----------
    frames : list of (Held, float)
        Whose points, and the weights in time they are heard with; one alone unless the kernels do batches.
    last : (Held, Held)
        The one before the newest, and the newest.
    shade : float
        See `masksmooth_kernels.warp.step`.
    kernels : Kernels
        What walks.
    """
    path, time = kernels.joined([held.heard.path for held, _ in frames], [near for _, near in frames])
    weight = kernels.step(path, last[0].ahead, last[1].shade, (time, shade))
    for (held, near), part in zip(frames, runs(len(weight), len(weight) // len(frames)), strict=True):
        held.heard.path = path[:, part]
        _hear(held, (held.heard.path, weight[part]), last[1], kernels)
        held.heard.most += near
        held.trust = []


def _hear(held: Held, walks: tuple[Own, Own], there: Held, kernels: Kernels) -> None:
    path, weight = walks
    held.heard.weight += weight
    for said, sums in zip(there.said, held.heard.sums, strict=True):
        kernels.gather(path, weight, said, sums)


def judge(held: Held, tuning: Tuning) -> None:
    """Set how far a frame's mask may be believed, from what has been heard so far."""
    if held.trust:
        return
    said = held.consensus(_FAINT)
    held.agreement = []
    for plane, consensus in zip(held.planes, said, strict=True):
        own = plane[::2, ::2].astype(np.float32) * np.float32(1 / 255)
        if own.any() or consensus.any():
            trust, agreement = reliability(own, consensus, held.support, held.picture, tuning)
            held.trust.append(trust)
            held.agreement += agreement
        else:
            held.trust.append(np.ones((2, *own.shape), np.float32))


def reliability(
    own: Real, said: Real, support: Real, picture: Picture, tuning: Tuning
) -> tuple[Real, list[float]]:
    """Return how far a mask may be believed, in two readings: for poor masks, and for good ones.

    The first lowers it wherever the consensus differs; the second only where the consensus has support,
    which keeps fast limbs that flow cannot follow.

    Parameters
    ----------
    own, said : (h, w) float32
        The mask and the neighbours' consensus, 0..1, every second pixel.
    support : (h, w) float32
        Share of the neighbours' possible weight that has reached each point.
    picture : Picture
        For its scale.
    tuning : Tuning
        Constants.

    Returns
    -------
    trust : (2, h, w) float32
        0..1.
    agreement : list of float
        Share of what is seen by either that both see, where there is support; empty if it is next to nothing.
    """
    size = round(tuning.box * picture.scale / 2) | 1
    both, either = np.minimum(own, said), np.maximum(own, said)
    gate = np.minimum(support * np.float32(1 / tuning.support), np.float32(1))
    unlike, asked = either - both, gate * either
    spread, differ, gated, heard = _means(either, unlike, unlike * gate, asked, size)
    whole = max(_ratio(both, either), tuning.floor) ** 2
    strict = whole * np.maximum(1 - differ / (spread + _SOFT), tuning.floor) ** 2
    agreement = _ratio(both * gate, asked)
    kept = agreement**2 * (1 - gated / (spread + _SOFT)) ** 2
    trust = np.stack([strict, 1 - heard / (heard + np.float32(0.001)) * (1 - kept)])
    return trust, [agreement] if asked.sum() > _FEWEST else []


def _means(a: Real, b: Real, c: Real, d: Real, size: int) -> Sequence[Real]:
    import cv2

    return [cv2.blur(image, (size, size), borderType=cv2.BORDER_REPLICATE) for image in (a, b, c, d)]


def _ratio(part: Real, whole: Real) -> float:
    import cv2

    total = cv2.sumElems(whole)[0]  # in float64, in a quarter of numpy's time
    return cv2.sumElems(part)[0] / total if total > 0 else 1.0
