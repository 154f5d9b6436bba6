"""Gather votes where walks have arrived: what the neighbouring frame's mask says there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels._jit import kernel
from masksmooth_kernels.warp import BLOCK, Corners, Path

_ONE = np.float32(1)
_BYTE = np.int32(255)


def gather(path: Path, weight: NDArray[np.float32], mask: Corners, sums: NDArray[np.float32]) -> None:
    """Add one frame's votes, all masks trusted alike.

    Parameters
    ----------
    path : (4, N) float32
        Where the walks are, see `masksmooth_kernels.warp`.
    weight : (N,) float32
        What each vote weighs; a walk with weight 0 has ended.
    mask : (H, W) uint32
        `corners_of` the mask they arrive in; read bilinearly.
    sums : (N,) float32
        Sums of weight times mask value, 0..255; added to in place.
    """
    _gather(path, weight, mask, np.empty(BLOCK, np.int32), sums)


def gather_trusted(
    path: Path,
    weight: NDArray[np.float32],
    mask: Corners,
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
    kept = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32), np.empty(BLOCK, np.float32)
    _gather_trusted((path[0], path[1]), weight, (mask, trust), kept, (votes[0], votes[1]))


@kernel
def _gather(
    path: NDArray[np.float32],
    weight: NDArray[np.float32],
    mask: NDArray[np.uint32],
    places: NDArray[np.int32],
    sums: NDArray[np.float32],
) -> None:
    # In blocks and by turns for the reason given in `masksmooth_kernels.warp`.
    flat, width = mask.reshape(-1), np.int32(mask.shape[1])
    for first in range(0, weight.size, BLOCK):
        part = slice(first, min(first + BLOCK, weight.size))
        xs, ys, weights, out = path[0, part], path[1, part], weight[part], sums[part]
        for i in range(out.size):
            places[i] = np.int32(ys[i]) * width + np.int32(xs[i])
        for i in range(out.size):
            places[i] = np.int32(flat[np.uint64(places[i])])
        for i in range(out.size):
            fx, fy = xs[i] - np.float32(np.int32(xs[i])), ys[i] - np.float32(np.int32(ys[i]))
            four = places[i]
            p, q = np.float32(four & _BYTE), np.float32(four >> np.int32(8) & _BYTE)
            r, s = np.float32(four >> np.int32(16) & _BYTE), np.float32(four >> np.int32(24) & _BYTE)
            upper, lower = p + fx * (q - p), r + fx * (s - r)
            out[i] += weights[i] * (upper + fy * (lower - upper))


@kernel
def _gather_trusted(
    path: tuple[NDArray[np.float32], NDArray[np.float32]],
    weight: NDArray[np.float32],
    frame: tuple[NDArray[np.uint32], NDArray[np.float32]],
    kept: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]],
    votes: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> None:
    # Rows of one array cannot be told from overlapping ones, which forbids vector instructions: they come
    # one by one.
    (mask, trust), (places, below, believed) = frame, kept
    flat, trusts = mask.reshape(-1), trust.reshape(-1)
    width, across = np.int32(mask.shape[1]), np.int32(trust.shape[1])
    for first in range(0, weight.size, BLOCK):
        part = slice(first, min(first + BLOCK, weight.size))
        xs, ys, weights = path[0][part], path[1][part], weight[part]
        values, total = votes[0][part], votes[1][part]
        for i in range(total.size):
            left, top = np.int32(xs[i]), np.int32(ys[i])
            places[i], below[i] = top * width + left, (top >> np.int32(1)) * across + (left >> np.int32(1))
        for i in range(total.size):
            places[i], believed[i] = np.int32(flat[np.uint64(places[i])]), trusts[np.uint64(below[i])]
        for i in range(total.size):
            fx, fy = xs[i] - np.float32(np.int32(xs[i])), ys[i] - np.float32(np.int32(ys[i]))
            four = places[i]
            p, q = np.float32(four & _BYTE), np.float32(four >> np.int32(8) & _BYTE)
            r, s = np.float32(four >> np.int32(16) & _BYTE), np.float32(four >> np.int32(24) & _BYTE)
            upper, lower = p * (_ONE - fx) + q * fx, r * (_ONE - fx) + s * fx
            w = weights[i] * believed[i]
            values[i] += w * (upper + fy * (lower - upper))
            total[i] += w
