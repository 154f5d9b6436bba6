"""Blend another plane into an image plane by a mask, with the arithmetic of `masksmooth_kernels.blend`."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels._jit import kernel
from masksmooth_kernels.blend import PlaneT, _check_out, _check_plane, _flat, _has_rows, _layout
from masksmooth_kernels.volume import Plane, check_uint8

_BYTE16 = np.uint16(8)
_HALF16 = np.uint16(128)
_FULL16 = np.uint16(255)
_HALF32 = np.uint32(127)
_FULL32 = np.uint32(255)


def mix(plane: PlaneT, weight: Plane, other: PlaneT) -> None:
    """Blend another plane into a plane by a mask, in place, with the arithmetic of `blend`.

    Parameters
    ----------
    plane : (H, W) uint8 or uint16
        Samples in native range; written to. Rows may be longer than W, as for `blend`.
    weight : (H, W) uint8
        0 keeps the plane, 255 gives the other.
    other : (H, W) of the plane's dtype
        The samples that come in.

    Raises
    ------
    ValueError
        If an array is not as above.

    Examples
    --------
    >>> import numpy as np
    >>> plane = np.array([[16, 16, 16]], np.uint8)
    >>> mix(plane, np.array([[0, 128, 255]], np.uint8), np.array([[235, 235, 235]], np.uint8))
    >>> plane.tolist()
    [[16, 126, 235]]
    """
    _check_plane(plane, 0)
    check_uint8(weight, "weight", plane.shape)
    if (other.dtype, other.shape) != (plane.dtype, plane.shape):
        found = f"{other.dtype} of shape {other.shape}"
        raise ValueError(f"other is {found}; give {plane.dtype} of shape {plane.shape}, as the plane")
    _check_out(plane, plane, weight)
    weights = weight if _has_rows(weight) else np.ascontiguousarray(weight)
    others = cast(PlaneT, other if _has_rows(other) else np.ascontiguousarray(other))
    arrays = _flat(plane), _flat(weights, writeable=False), _flat(others, writeable=False)
    layouts = _layout(plane), _layout(weights), _layout(others)
    body = _mix8 if plane.dtype == np.uint8 else _mix16
    body(*arrays, *layouts)


@kernel
def _mix8(
    out: NDArray[np.uint8],
    weights: NDArray[np.uint8],
    others: NDArray[np.uint8],
    layout: tuple[int, int, int],
    weights_layout: tuple[int, int, int],
    others_layout: tuple[int, int, int],
) -> None:
    height, width, step = layout
    for y in range(height):
        row = out[y * step : y * step + width]
        weight = weights[y * weights_layout[2] : y * weights_layout[2] + width]
        other = others[y * others_layout[2] : y * others_layout[2] + width]
        for x in range(width):
            w = np.uint16(weight[x])
            total = np.uint16(np.uint16(other[x]) * w + np.uint16(row[x]) * (_FULL16 - w) + _HALF16)
            row[x] = (total + (total >> _BYTE16)) >> _BYTE16


@kernel
def _mix16(
    out: NDArray[np.uint16],
    weights: NDArray[np.uint8],
    others: NDArray[np.uint16],
    layout: tuple[int, int, int],
    weights_layout: tuple[int, int, int],
    others_layout: tuple[int, int, int],
) -> None:
    height, width, step = layout
    for y in range(height):
        row = out[y * step : y * step + width]
        weight = weights[y * weights_layout[2] : y * weights_layout[2] + width]
        other = others[y * others_layout[2] : y * others_layout[2] + width]
        for x in range(width):
            w = np.uint32(weight[x])
            total = np.uint32(np.uint32(other[x]) * w + np.uint32(row[x]) * (_FULL32 - w) + _HALF32)
            row[x] = total // _FULL32
