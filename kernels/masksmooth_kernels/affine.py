"""An object's affine motion: fit it to points of a picture; choose pixel by pixel between it and flow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels._jit import kernel
from masksmooth_kernels.crf import Colours

_ONE, _HALF, _NONE = np.float32(1), np.float32(0.5), np.float32(0)
_BYTE = np.int32(255)


def fit_sums(
    there: NDArray[np.uint8],
    points: NDArray[np.float32],
    basis: NDArray[np.float32],
    shifts: NDArray[np.float32],
    shade: float,
) -> tuple[NDArray[np.float64], float]:
    """Return what one Gauss-Newton round needs, and how badly the points agree.

    A point at ``p`` is looked for at ``p + basis @ shifts``. With ``r`` the change of luma there and ``w =
    (1 + r^2 / shade^2)^-2``, the weight of Geman and McClure's estimator, the sums are those of ``w j j^T``
    and ``w r j`` for ``j = (basis * dI/dx, basis * dI/dy)``; slopes are central differences.

    Parameters
    ----------
    there : (H, W) uint8
        Luma the points are looked for in; read bilinearly, its edge goes on beyond it.
    points : (N, 3) float32
        x, y and luma.
    basis : (N, 3) float32
        What the shifts are multiplied with.
    shifts : (3, 2) float32
        In pixels to the right and down.
    shade : float
        Change in luma at which a point counts a quarter.

    Returns
    -------
    sums : (6, 7) float64
        ``w j j^T`` and, in the last column, ``w r j``.
    misfit : float
        Mean of ``1 - 1 / (1 + r^2 / shade^2)``, 0..1.
    """
    sums = np.zeros((7, 7))
    _fit_sums(there, points, basis, shifts, np.float32(1 / shade**2), sums)
    return sums[:6], float(sums[6, 6]) / max(len(points), 1)


def colour_gain(
    pictures: tuple[Colours, Colours],
    flow: NDArray[np.float32],
    motion: NDArray[np.float32],
    where: tuple[tuple[int, int, int], NDArray[np.uint8]],
    scale: tuple[float, float],
) -> NDArray[np.float32]:
    """Return by how many levels an affine motion changes colours less than flow does.

    Parameters
    ----------
    pictures : (H, W) and (H, W) int32
        Colours of the frame the motions begin in, and of the one they lead to, at least 2 pixels each way;
        the second is read bilinearly, its edge goes on beyond it.
    flow : (H, W, 2) float32
        In pixels.
    motion : (2, 3) float32
        The flow of the affine motion at x, y is ``motion @ (x, y, 1)``.
    where : (int, int, int) and (h, w) uint8
        Left, top and step in pixels of a grid, and which of its points are asked.
    scale : (float, float)
        Weight of a level of L beside one of a and b; the greatest change that counts.

    Returns
    -------
    (h, w) float32
        0 where nothing was asked.
    """
    out, count = np.zeros(where[1].shape, np.float32), where[1].shape[1]
    kept = np.empty((6, count), np.int32), np.empty((3, count), np.float32)
    luma, worst = np.float32(scale[0]), np.float32(scale[1])
    for affinity, share, sign in ((motion, _NONE, -_ONE), (np.zeros_like(motion), _ONE, _ONE)):
        _colour_change(pictures, (flow, affinity, share), where, (luma, worst, sign), kept, out)
    return out


def put_motion(
    flow: NDArray[np.float32],
    motion: NDArray[np.float32],
    corner: tuple[int, int, int],
    gain: NDArray[np.float32],
    least: float,
) -> None:
    """Write an affine motion's flow where it gains enough.

    Parameters
    ----------
    flow : (H, W, 2) float32
        Written to.
    motion : (2, 3) float32
        As for `colour_gain`.
    corner : (int, int, int)
        Left, top and step of the grid; a point stands for the pixels up to the next ones.
    gain : (h, w) float32
        On the grid.
    least : float
        The gain must be greater.
    """
    _put_motion(flow, motion, corner, gain, np.float32(least))


@kernel
def _fit_sums(
    there: NDArray[np.uint8],
    points: NDArray[np.float32],
    basis: NDArray[np.float32],
    shifts: NDArray[np.float32],
    sharp: np.float32,
    sums: NDArray[np.float64],
) -> None:
    height, width = np.int64(there.shape[0]), np.int64(there.shape[1])
    flat, slope, seen = there.reshape(-1), np.empty(6, np.float32), np.empty(5, np.float32)
    last_x, last_y = np.float32(width - 1), np.float32(height - 1)
    for i in range(points.shape[0]):
        b = basis[i]
        x0 = points[i, 0] + b[0] * shifts[0, 0] + b[1] * shifts[1, 0] + b[2] * shifts[2, 0]
        y0 = points[i, 1] + b[0] * shifts[0, 1] + b[1] * shifts[1, 1] + b[2] * shifts[2, 1]
        for k in range(5):  # in the middle, right, left, below, above
            x = min(max(x0 + np.float32((k == 1) - (k == 2)), np.float32(0)), last_x)
            y = min(max(y0 + np.float32((k == 3) - (k == 4)), np.float32(0)), last_y)
            left, top = np.int64(x), np.int64(y)
            fx, fy = x - np.float32(left), y - np.float32(top)
            at = np.uint64(top * width + left)
            right, low = np.uint64(left < width - 1), np.uint64(width * (top < height - 1))
            upper = np.float32(flat[at]) * (_ONE - fx) + np.float32(flat[at + right]) * fx
            lower = np.float32(flat[at + low]) * (_ONE - fx) + np.float32(flat[at + low + right]) * fx
            seen[k] = upper + fy * (lower - upper)
        change = seen[0] - points[i, 2]
        alike = _ONE / (_ONE + change * change * sharp)
        sums[6, 6] += np.float64(_ONE - alike)
        across, down, weight = _HALF * (seen[1] - seen[2]), _HALF * (seen[3] - seen[4]), alike * alike
        for k in range(3):
            slope[k], slope[k + 3] = b[k] * across, b[k] * down
        for k in range(6):
            share = weight * slope[k]
            for m in range(6):
                sums[k, m] += np.float64(share * slope[m])
            sums[k, 6] += np.float64(share * change)


@kernel
def _colour_change(
    pictures: tuple[Colours, Colours],
    way: tuple[NDArray[np.float32], NDArray[np.float32], np.float32],
    where: tuple[tuple[int, int, int], NDArray[np.uint8]],
    scale: tuple[np.float32, np.float32, np.float32],
    kept: tuple[NDArray[np.int32], NDArray[np.float32]],
    out: NDArray[np.float32],
) -> None:
    # In turns, as the walks of `masksmooth_kernels.warp`: places, reads, weights.
    (here, there), (flow, motion, share), ((left, top, step), near) = pictures, way, where
    (luma, worst, sign), (seen, (xs, ys, change)) = scale, kept
    width, last, colours = there.shape[1], np.array(there.shape) - 1, there.reshape(-1)
    for row in range(out.shape[0]):
        line, count = top + step * row, 0
        for i in range(near.shape[1]):
            if near[row, i]:
                at, x, y = left + step * i, np.float32(left + step * i), np.float32(line)
                u, v = share * flow[line, at, 0], share * flow[line, at, 1]
                seen[5, count], seen[4, count] = i, here[line, at]
                xs[count] = x + u + motion[0, 0] * x + motion[0, 1] * y + motion[0, 2]
                ys[count] = y + v + motion[1, 0] * x + motion[1, 1] * y + motion[1, 2]
                count += 1
        for i in range(count):
            x, y = min(max(xs[i], _NONE), np.float32(last[1])), min(max(ys[i], _NONE), np.float32(last[0]))
            across, down = min(np.int64(x), last[1] - 1), min(np.int64(y), last[0] - 1)
            xs[i], ys[i], change[i] = x - np.float32(across), y - np.float32(down), 0
            first = np.uint64(down * width + across)
            for k in range(4):
                seen[k, i] = colours[first + np.uint64(k % 2 + k // 2 * width)]
        for channel in range(3):
            shift, weight = np.int32(8 * channel), luma if channel == 0 else _ONE
            for i in range(count):
                p, q = np.float32(seen[0, i] >> shift & _BYTE), np.float32(seen[1, i] >> shift & _BYTE)
                r, s = np.float32(seen[2, i] >> shift & _BYTE), np.float32(seen[3, i] >> shift & _BYTE)
                upper, lower = p + xs[i] * (q - p), r + xs[i] * (s - r)
                same = np.float32(seen[4, i] >> shift & _BYTE)
                change[i] += weight * abs(upper + ys[i] * (lower - upper) - same)
        for i in range(count):
            out[row, seen[5, i]] += sign * min(change[i], worst)


@kernel
def _put_motion(
    flow: NDArray[np.float32],
    motion: NDArray[np.float32],
    corner: tuple[int, int, int],
    gain: NDArray[np.float32],
    least: np.float32,
) -> None:
    left, top, step = corner
    for row in range(gain.shape[0]):
        for i in range(gain.shape[1]):
            if gain[row, i] > least:
                for down in range(top + step * row, min(top + step * (row + 1), flow.shape[0])):
                    y = np.float32(down)
                    for across in range(left + step * i, min(left + step * (i + 1), flow.shape[1])):
                        x = np.float32(across)
                        for k in range(2):
                            flow[down, across, k] = motion[k, 0] * x + motion[k, 1] * y + motion[k, 2]
