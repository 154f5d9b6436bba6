"""What every temporal kernel takes and gives: volumes of planes, checked once.

A **volume** is ``(T, ...)`` uint8, oldest first; usually ``(T, H, W)``, or ``(T, C, H, W)`` for one plane
a class. Space does not matter to a temporal filter, so the kernels see it as ``(T, pixels)``.
An input that is not C-contiguous is copied once. Inputs are handed on as read-only views: numba then
refuses, when it compiles, any kernel that writes to its input.
"""

from __future__ import annotations

import math
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

Volume = NDArray[np.uint8]
"""``(T, ...)`` uint8, oldest first."""

Plane = NDArray[np.uint8]
"""One frame's mask, any shape, uint8."""

CACHE_LINE = 64
"""Bytes: an array that begins on a cache line can be written past the caches."""

MAX_RADIUS = 15
"""Windows of up to 31 frames: a second of video at 30 frames a second."""


def is_whole(value: object) -> TypeGuard[int | np.integer[Any]]:
    """Tell whether a value is a whole number; True and False are not."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def check_radius(radius: int) -> int:
    """Return the radius as an int, or raise ValueError unless it is 0 .. 15."""
    if not is_whole(radius) or not 0 <= radius <= MAX_RADIUS:
        allowed = f"a whole number from 0 (no smoothing) to {MAX_RADIUS}"
        raise ValueError(f"radius is {radius!r}; give {allowed}, the frames taken on each side")
    return int(radius)


def check_threads(threads: int) -> int:
    """Return the number of threads as an int, or raise ValueError unless it is 1 or more."""
    if not is_whole(threads) or threads < 1:
        raise ValueError(f"threads is {threads!r}; give a whole number, 1 or more")
    return int(threads)


def check_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a plane's shape as a tuple of ints, or raise ValueError if it is none."""
    if not isinstance(shape, tuple) or not all(is_whole(n) and n >= 0 for n in shape):
        raise ValueError(f"shape is {shape!r}; give a plane's shape as a tuple, such as (height, width)")
    return tuple(int(n) for n in shape)


def check_uint8(array: object, name: str, shape: tuple[int, ...] | None = None) -> None:
    """Raise ValueError unless ``array`` is a uint8 array, of the given shape if one is given."""
    if not isinstance(array, np.ndarray) or array.dtype != np.uint8:
        kind = getattr(array, "dtype", type(array).__name__)
        raise ValueError(f"{name} is {kind}; give a uint8 array")
    if shape is not None and array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}; give {shape}")


def read_only(array: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return a C-contiguous array as a read-only view of another shape; others are copied first."""
    view = np.ascontiguousarray(array).reshape(shape)
    view.flags.writeable = False
    return view


def as_planes(volume: Volume) -> Volume:
    """Return a volume as read-only ``(T, pixels)``.

    Raises
    ------
    ValueError
        If it is not a uint8 array with a time axis.
    """
    check_uint8(volume, "volume")
    if volume.ndim == 0:
        raise ValueError("volume has no axes; give (T, H, W), oldest frame first")
    return read_only(volume, (volume.shape[0], math.prod(volume.shape[1:])))


def aligned(size: int) -> NDArray[np.uint8]:
    """Return uninitialised bytes that begin on a cache line."""
    room = np.empty(size + CACHE_LINE, np.uint8)
    first = -room.ctypes.data % CACHE_LINE
    return room[first : first + size]


def output_for(volume: Volume, out: Volume | None) -> Volume:
    """Return ``out``, or a new array like ``volume`` if it is None.

    Raises
    ------
    ValueError
        If ``out`` has another shape or dtype, is not C-contiguous, cannot be written, or shares memory
        with the volume (frames would be read after they were overwritten).
    """
    if out is None:
        return aligned(volume.size).reshape(volume.shape)
    check_uint8(out, "out", volume.shape)
    if not (out.flags.c_contiguous and out.flags.writeable):
        raise ValueError("out is not C-contiguous or not writable; give one made by numpy.empty")
    if np.may_share_memory(out, volume):
        raise ValueError("out shares memory with the volume; give an array of its own")
    return out
