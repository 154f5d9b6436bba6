"""Gather votes where walks have arrived: what the neighbouring frame's mask says there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels._jit import kernel
from masksmooth_kernels.volume import Plane
from masksmooth_kernels.warp import Path

_ONE = np.float32(1)


def gather(path: Path, weight: NDArray[np.float32], mask: Plane, sums: NDArray[np.float32]) -> None:
    """Add one frame's votes, all masks trusted alike.

    Parameters
    ----------
    path : (4, N) float32
        Where the walks are, see `masksmooth_kernels.warp`.
    weight : (N,) float32
        What each vote weighs; a walk with weight 0 has ended.
    mask : (H, W) uint8
        The mask they arrive in; read bilinearly.
    sums : (N,) float32
        Sums of weight times mask value, 0..255; added to in place.
    """
    _gather(path, weight, mask, sums)


def gather_trusted(
    path: Path,
    weight: NDArray[np.float32],
    mask: Plane,
    trust: NDArray[np.float32],
    votes: NDArray[np.float32],
) -> None:
    """Add one frame's votes, each mask trusted as far as it is reliable at that place.

    Parameters
    ----------
    path, weight, mask
        As for `gather`.
    trust : (h, w) float32
        Reliability of the mask on a grid of every second pixel; the nearest is taken.
    votes : (2, N) float32
        Sum of weights times mask value, and sum of weights; added to in place.
    """
    _gather_trusted(path, weight, mask, trust, votes)


@kernel
def _gather(
    path: NDArray[np.float32],
    weight: NDArray[np.float32],
    mask: NDArray[np.uint8],
    sums: NDArray[np.float32],
) -> None:
    height, width = mask.shape
    for i in range(weight.size):
        w = weight[i]
        if w == 0:
            continue
        left, top = int(path[0, i]), int(path[1, i])
        right, low = min(left + 1, width - 1), min(top + 1, height - 1)
        fx, fy = path[0, i] - np.float32(left), path[1, i] - np.float32(top)
        p, q, r, s = mask[top, left], mask[top, right], mask[low, left], mask[low, right]
        upper = np.float32(p) + fx * (np.float32(q) - np.float32(p))
        lower = np.float32(r) + fx * (np.float32(s) - np.float32(r))
        sums[i] += w * (upper + fy * (lower - upper))


@kernel
def _gather_trusted(
    path: NDArray[np.float32],
    weight: NDArray[np.float32],
    mask: NDArray[np.uint8],
    trust: NDArray[np.float32],
    votes: NDArray[np.float32],
) -> None:
    height, width = mask.shape
    for i in range(weight.size):
        if weight[i] == 0:
            continue
        left, top = int(path[0, i]), int(path[1, i])
        right, low = min(left + 1, width - 1), min(top + 1, height - 1)
        fx, fy = path[0, i] - np.float32(left), path[1, i] - np.float32(top)
        upper = np.float32(mask[top, left]) * (_ONE - fx) + np.float32(mask[top, right]) * fx
        lower = np.float32(mask[low, left]) * (_ONE - fx) + np.float32(mask[low, right]) * fx
        value = upper + fy * (lower - upper)
        column, row = left >> 1, top >> 1
        w = weight[i] * trust[row, column]
        votes[0, i] += w * value
        votes[1, i] += w
