"""Blend one colour into an image plane by a mask, exactly, at the plane's own bit depth.

``out = plane + (colour - plane) * weight / 255``, rounded to nearest; the error is at most half a level,
and no tie can occur. Where the weight is 0 the plane's bytes are kept, where it is 255 the colour is exact.

With ``x = plane * (255 - weight) + colour * weight`` and ``t = x + 128``, ``(t + (t >> 8)) >> 8`` is
``x / 255`` rounded for every 8-bit plane (J. Blinn, "Three wrongs make a right", IEEE CG&A 15(6), 1995),
and nothing leaves 16 bits: `_blend_core` does 32 pixels at once. The cheaper approximation with the weight
255 taken for 256, then ``>> 8``, is no faster and a level off in places. Planes of more than 8 bits take
uint32 and a true division, which LLVM turns into a multiplication.

docs/benchmarks.md has its speed beside others'.
"""

from __future__ import annotations

from typing import Any, TypeVar, cast

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from masksmooth_kernels._jit import kernel
from masksmooth_kernels.volume import Plane, check_uint8, is_whole

ImagePlane = NDArray[np.uint8] | NDArray[np.uint16]
"""``(H, W)`` uint8, or uint16 holding 9 to 16 bits in native range; rows may be strided."""

PlaneT = TypeVar("PlaneT", bound=ImagePlane)

_HALF32 = np.uint32(127)
_FULL32 = np.uint32(255)


def blend(plane: PlaneT, weight: Plane, colour: int, out: PlaneT | None = None) -> PlaneT:
    """Blend a colour into a plane by a mask.

    Parameters
    ----------
    plane : (H, W) uint8 or uint16
        Samples in native range (10 bits: 0 .. 1023). Not written to, unless it is ``out`` itself.
    weight : (H, W) uint8
        0 keeps the plane, 255 gives the colour.
    colour : int
        The colour's sample in native range.
    out : (H, W) of the plane's dtype, optional
        Where the result goes; may be the plane itself, not the weights. Rows may be longer than W (line
        padding, which is not touched), but the samples of a row must lie side by side.

    Returns
    -------
    (H, W) of the plane's dtype
        ``out``, or a new array.

    Raises
    ------
    ValueError
        If an array or the colour is not as above.

    Examples
    --------
    >>> import numpy as np
    >>> blend(np.array([[16, 16, 16]], np.uint8), np.array([[0, 128, 255]], np.uint8), 235).tolist()
    [[16, 126, 235]]
    """
    _check_plane(plane, colour)
    check_uint8(weight, "weight", plane.shape)
    if out is not None:
        _check_out(out, plane, weight)
    blended = cast(PlaneT, np.empty(plane.shape, plane.dtype)) if out is None else out
    if plane.size == 0:
        return blended
    weights = weight if _has_rows(weight) else np.ascontiguousarray(weight)
    if plane.dtype == np.uint8 and _has_rows(plane) and not np.may_share_memory(blended, plane):
        _eight_bits(blended, plane, weights, colour)
        return blended
    if out is not plane:
        np.copyto(blended, plane)
    if plane.dtype == np.uint8:
        _eight_bits(blended, blended, weights, colour)
    else:
        arrays = _flat(blended), _flat(weights, writeable=False)
        _blend16(*arrays, np.uint32(colour), _layout(blended), _layout(weights))
    return blended


def _eight_bits(out: ImagePlane, plane: ImagePlane, weights: Plane, colour: int) -> None:
    """Blend rows of bytes; ``plane`` is ``out`` itself or shares nothing with it."""
    from masksmooth_kernels._blend_core import blend8

    rows = out.ctypes.data, plane.ctypes.data, weights.ctypes.data
    steps = _layout(out)[2], _layout(plane)[2], _layout(weights)[2]
    blend8(rows, steps, out.shape, int(colour))


def _check_plane(plane: ImagePlane, colour: int) -> None:
    kind = getattr(plane, "dtype", type(plane).__name__)
    if kind not in (np.uint8, np.uint16) or plane.ndim != 2:
        where = f" with shape {plane.shape}" if isinstance(plane, np.ndarray) else ""
        raise ValueError(f"plane is {kind}{where}; give a (height, width) uint8 or uint16 array")
    top = np.iinfo(plane.dtype).max
    if not is_whole(colour) or not 0 <= colour <= top:
        raise ValueError(f"colour is {colour!r}; give a whole number from 0 to {top}, the plane's own range")


def _check_out(out: ImagePlane, plane: ImagePlane, weight: Plane) -> None:
    found = getattr(out, "dtype", type(out).__name__), getattr(out, "shape", None)
    if found != (plane.dtype, plane.shape):
        raise ValueError(f"out is {found[0]} of shape {found[1]}; give {plane.dtype} of shape {plane.shape}")
    if not _has_rows(out) or not out.flags.writeable:
        raise ValueError("out is not writable, or the samples of a row do not lie side by side")
    if np.may_share_memory(out, weight):
        raise ValueError("out shares memory with the weights; give an array of its own")


def _has_rows(array: ImagePlane) -> bool:
    """Tell whether the samples of each row lie side by side, and the rows in order."""
    if array.size == 0:
        return True  # NumPy gives an empty array strides of its own liking
    height, width = array.shape
    row, sample = array.strides
    side_by_side = width <= 1 or sample == array.itemsize
    in_order = height <= 1 or (row >= width * array.itemsize and row % array.itemsize == 0)
    return side_by_side and in_order and array.flags.aligned


def _layout(array: ImagePlane) -> tuple[int, int, int]:
    """Return height, width, and samples from one row to the next."""
    height, width = array.shape
    return height, width, array.strides[0] // array.itemsize if height > 1 else width


def _flat(array: NDArray[Any], *, writeable: bool = True) -> NDArray[Any]:
    """Return the samples from the first to the last, line padding between them, as a flat view.

    A 2-D view with strided rows would do, but numba then does not know that samples lie side by side.
    """
    height, width, step = _layout(array)
    length = (height - 1) * step + width if array.size else 0
    flat: NDArray[Any] = as_strided(array, (length,), (array.itemsize,), writeable=writeable)
    return flat


@kernel
def _blend16(
    out: NDArray[np.uint16],
    weights: NDArray[np.uint8],
    colour: np.uint32,
    layout: tuple[int, int, int],
    weights_layout: tuple[int, int, int],
) -> None:
    height, width, step = layout
    for y in range(height):
        row = out[y * step : y * step + width]
        weight = weights[y * weights_layout[2] : y * weights_layout[2] + width]
        for x in range(width):
            w = np.uint32(weight[x])
            row[x] = np.uint32(colour * w + np.uint32(row[x]) * (_FULL32 - w) + _HALF32) // _FULL32
