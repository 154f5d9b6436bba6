"""Bring a mask to the frame's size by bilinear interpolation, and cut it at a level in the same pass.

A pixel's place in the mask is ``(x + 0.5) * w / W - 0.5``, held within it: what OpenCV's INTER_LINEAR and
PyTorch's ``align_corners=False`` do. Places between pixels are in 65536ths, and sums are rounded once, within
0.52 of the exact value (OpenCV's differ from it by up to 0.82). The vector code is in `_upsample_core`.

docs/benchmarks.md has its speed beside others'.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels.job import VECTOR
from masksmooth_kernels.volume import Plane, check_uint8, is_whole

Axis = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint32]]


def upsample(mask: Plane, size: tuple[int, int], *, level: int | None = None, value: int = 255) -> Plane:
    """Bring a mask to another size.

    Parameters
    ----------
    mask : (h, w) uint8
        Copied if not C-contiguous, never written to; at least one pixel.
    size : (int, int)
        Rows and columns of the result, at least 1. Smaller than the mask, pixels are left out.
    level : int, optional
        Give ``value`` where the result is at least this, 0 .. 255, and 0 elsewhere.
    value : int
        As above, 0 .. 255.

    Returns
    -------
    (H, W) uint8
        A new array.

    Raises
    ------
    ValueError
        If the mask is not 2-D uint8 or empty, or a number is not as above.

    Examples
    --------
    >>> import numpy as np
    >>> edge = np.array([[0, 255]], np.uint8)
    >>> upsample(edge, (1, 4)).tolist()
    [[0, 64, 191, 255]]
    >>> upsample(edge, (1, 4), level=128, value=1).tolist()
    [[0, 0, 1, 1]]
    """
    check_uint8(mask, "mask")
    if mask.ndim != 2 or mask.size == 0:
        raise ValueError(f"mask has shape {mask.shape}; give (height, width), at least one pixel")
    if len(size) != 2 or not all(is_whole(n) and n > 0 for n in size):
        raise ValueError(f"size is {size!r}; give rows and columns, whole numbers from 1")
    for name, number in (("level", level), ("value", value)):
        if number is not None and not (is_whole(number) and 0 <= number <= 255):
            raise ValueError(f"{name} is {number!r}; give a whole number from 0 to 255")
    limit = (-1, 0) if level is None else (int(level), int(value))
    return _upsampled(mask, (int(size[0]), int(size[1])), limit)


def _upsampled(mask: Plane, size: tuple[int, int], limit: tuple[int, int]) -> Plane:
    from masksmooth_kernels._upsample_core import upsample as run

    (height, width), (rows, columns) = size, mask.shape
    padded = np.zeros(mask.size + VECTOR, np.uint8)
    padded[: mask.size] = mask.reshape(-1)
    across = _columns(columns, width)
    widened = np.empty(2 * across[0].size, np.uint16)
    out = np.empty(height * width + VECTOR, np.uint8)
    places = padded.ctypes.data, _SPAN.ctypes.data, widened.ctypes.data, out.ctypes.data
    run(_axis(rows, height), across, places, limit, (columns, width))
    return out[: height * width].reshape(height, width)


_SPAN = np.repeat(np.array([255, 0], np.uint8), VECTOR)


@functools.lru_cache(maxsize=16)
def _axis(few: int, many: int) -> Axis:
    """Return for every output place the two nearest of the mask, and how far between, in 65536ths."""
    place = np.clip((np.arange(many) + 0.5) * (few / many) - 0.5, 0, few - 1)
    first = np.floor(place).astype(np.int64)
    between = np.minimum(np.rint((place - first) * 65536), 65535).astype(np.uint32)
    return first, np.minimum(first + 1, few - 1), between


@functools.lru_cache(maxsize=16)
def _columns(few: int, many: int) -> Axis:
    """Return the columns in the order the vectors take them."""
    from masksmooth_kernels._upsample_core import order

    places = order(many)
    first, second, between = _axis(few, many)
    return first[places], second[places], between[places]
