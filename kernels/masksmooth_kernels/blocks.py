"""Sums over square blocks of a plane, weighted by a mask: a picture made small without what is masked out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels._jit import kernel
from masksmooth_kernels.blend import ImagePlane
from masksmooth_kernels.volume import Plane, check_uint8, is_whole, read_only

MAX_BLOCK = 64
"""Sums of 64 x 64 samples of 16 bits times a weight fit 64 bits with room to spare, and float32 to 1e-7."""

Sums = tuple[NDArray[np.float32], NDArray[np.float32]]


def block_sums(plane: ImagePlane, weight: Plane, size: int) -> Sums:
    """Return the sums of ``plane * weight`` and of ``weight`` over blocks of ``size x size`` samples.

    Parameters
    ----------
    plane : (H, W) uint8 or uint16
        Samples; rows may be longer than W.
    weight : (H, W) uint8
        How much each counts.
    size : int
        Side of a block, 1 to 64; blocks at the right and below may be cut.

    Returns
    -------
    (ceil(H / size), ceil(W / size)) float32, twice
        Divided by one another they are the weighted mean of each block.

    Raises
    ------
    ValueError
        If an argument is not as above.

    Examples
    --------
    >>> import numpy as np
    >>> sums, weights = block_sums(np.array([[10, 20], [30, 99]], np.uint8), np.uint8([[1, 1], [2, 0]]), 2)
    >>> (sums / weights).tolist()
    [[22.5]]
    """
    if plane.ndim != 2 or plane.dtype not in (np.uint8, np.uint16):
        raise ValueError(
            f"plane is {plane.dtype} of shape {plane.shape}; give (height, width) uint8 or uint16"
        )
    check_uint8(weight, "weight", plane.shape)
    if not is_whole(size) or not 1 <= size <= MAX_BLOCK:
        raise ValueError(f"size is {size!r}; give a whole number from 1 to {MAX_BLOCK}")
    height, width = plane.shape
    shape = -(-height // size), -(-width // size)
    sums, weights = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    columns = np.empty((2, width), np.uint32)
    shares = read_only(weight, plane.shape)
    _block_sums(read_only(plane, plane.shape), shares, size, columns, sums, weights)
    return sums, weights


@kernel
def _block_sums(
    plane: ImagePlane,
    weight: NDArray[np.uint8],
    size: int,
    columns: NDArray[np.uint32],
    sums: NDArray[np.float32],
    weights: NDArray[np.float32],
) -> None:
    height, width = plane.shape
    down, across = columns[0], columns[1]
    for row in range(sums.shape[0]):
        down[:] = 0  # 64 rows of 65535 * 255 are 2 ** 30: no overflow
        across[:] = 0
        for y in range(row * size, min(height, (row + 1) * size)):
            samples, shares = plane[y], weight[y]
            for x in range(width):
                down[x] += np.uint32(samples[x]) * np.uint32(shares[x])
                across[x] += np.uint32(shares[x])
        for column in range(sums.shape[1]):
            total, share = np.uint64(0), np.uint64(0)
            for x in range(column * size, min(width, (column + 1) * size)):
                total += np.uint64(down[x])
                share += np.uint64(across[x])
            sums[row, column] = np.float32(total)
            weights[row, column] = np.float32(share)
