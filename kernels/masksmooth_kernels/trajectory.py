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
    # Flat unsigned indices for the reason given in `masksmooth_kernels.warp`.
    height, width = np.int64(mask.shape[0]), np.int64(mask.shape[1])
    flat, xs, ys = mask.reshape(-1), path[0], path[1]
    for i in range(weight.size):
        w = weight[i]
        if w == 0:
            continue
        left, top = np.int64(xs[i]), np.int64(ys[i])
        fx, fy = xs[i] - np.float32(left), ys[i] - np.float32(top)
        at = np.uint64(top * width + left)
        right, low = np.uint64(left < width - 1), np.uint64(width * (top < height - 1))
        p, q = np.float32(flat[at]), np.float32(flat[at + right])
        r, s = np.float32(flat[at + low]), np.float32(flat[at + low + right])
        upper, lower = p + fx * (q - p), r + fx * (s - r)
        sums[i] += w * (upper + fy * (lower - upper))


@kernel
def _gather_trusted(
    path: NDArray[np.float32],
    weight: NDArray[np.float32],
    mask: NDArray[np.uint8],
    trust: NDArray[np.float32],
    votes: NDArray[np.float32],
) -> None:
    height, width = np.int64(mask.shape[0]), np.int64(mask.shape[1])
    flat, xs, ys = mask.reshape(-1), path[0], path[1]
    believed, across = trust.reshape(-1), np.int64(trust.shape[1])
    for i in range(weight.size):
        if weight[i] == 0:
            continue
        left, top = np.int64(xs[i]), np.int64(ys[i])
        fx, fy = xs[i] - np.float32(left), ys[i] - np.float32(top)
        at = np.uint64(top * width + left)
        right, low = np.uint64(left < width - 1), np.uint64(width * (top < height - 1))
        upper = np.float32(flat[at]) * (_ONE - fx) + np.float32(flat[at + right]) * fx
        lower = np.float32(flat[at + low]) * (_ONE - fx) + np.float32(flat[at + low + right]) * fx
        value = upper + fy * (lower - upper)
        w = weight[i] * believed[np.uint64((top >> 1) * across + (left >> 1))]
        votes[0, i] += w * value
        votes[1, i] += w
