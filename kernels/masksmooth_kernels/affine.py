"""One round of fitting an affine motion to points of a picture: the sums that Gauss-Newton solves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels._jit import kernel

_ONE, _HALF = np.float32(1), np.float32(0.5)


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
