"""Temporal exponential mean: causal, no latency, one state plane.

``out[0] = in[0]; out[t] = out[t - 1] + alpha * (in[t] - out[t - 1])``

The state is float32, whose steps at 255 are 1.5e-5 level: it comes no nearer to a constant input than half a
step over ``alpha``, and rounding moves it by at most one step over ``alpha`` from exact arithmetic. With an
alpha of at least 1e-3 (33 s at 30 frames a second) that is 0.015 level, and outputs are within 0.52 of the
exact mean. A fixed-point state of 32 bits has none of this and takes twice the time: its products have 64.

docs/benchmarks.md has its speed beside others'.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels._jit import kernel
from masksmooth_kernels.volume import (
    Plane,
    Volume,
    as_planes,
    check_shape,
    check_uint8,
    output_for,
    read_only,
)

BLOCK = 4096
"""Pixels taken through time together: 16 KiB of state, half of a first-level cache."""

MIN_ALPHA = 1e-3
"""Below it the state would stick too far from a constant."""

_HALF = np.float32(0.5)


def temporal_ema(volume: Volume, *, alpha: float, out: Volume | None = None) -> Volume:
    """Smooth a volume along time with an exponential mean.

    Parameters
    ----------
    volume : (T, ...) uint8
        Oldest frame first; copied once if it is not C-contiguous, never written to.
    alpha : float
        Share of the new frame, 0.001 .. 1; 1 is a copy.
    out : (T, ...) uint8, C-contiguous, optional
        Where the result goes; must not share memory with the volume.

    Returns
    -------
    (T, ...) uint8
        ``out``, or a new array.

    Raises
    ------
    ValueError
        If alpha or an array is not as above.

    Examples
    --------
    >>> import numpy as np
    >>> temporal_ema(np.array([0, 100, 100, 100], np.uint8), alpha=0.5).tolist()
    [0, 50, 75, 88]
    """
    share = _share(alpha)
    planes, out = as_planes(volume), output_for(volume, out)
    if len(planes):
        _ema(planes, share, planes[0].astype(np.float32), out.reshape(planes.shape))
    return out


class EmaStream:
    """`temporal_ema` one plane at a time, bit-equal to it; holds one state plane of float32.

    Parameters
    ----------
    shape : tuple of int
        Shape of every plane.
    alpha : float
        Share of the new frame, 0.001 .. 1.

    Raises
    ------
    ValueError
        If an option is not as above.
    """

    def __init__(self, shape: tuple[int, ...], *, alpha: float) -> None:
        self._shape = check_shape(shape)
        self._share = _share(alpha)
        self._state: NDArray[np.float32] | None = None

    @property
    def latency(self) -> int:
        """Planes held back: none."""
        return 0

    def push(self, plane: Plane) -> list[Plane]:
        """Take a plane; return its smoothed twin.

        Raises
        ------
        ValueError
            If the plane is not uint8 or not of the stream's shape. The stream can go on after it.
        """
        check_uint8(plane, "plane", self._shape)
        pixels = read_only(plane, (1, math.prod(self._shape)))
        if self._state is None:
            self._state = pixels[0].astype(np.float32)
        out = np.empty(self._shape, np.uint8)
        _ema(pixels, self._share, self._state, out.reshape(pixels.shape))
        return [out]

    def flush(self) -> list[Plane]:
        """Return nothing, for nothing is held back, and be as new."""
        self._state = None
        return []


def _share(alpha: float) -> np.float32:
    """Return the share of the new frame, or raise ValueError if it is not allowed."""
    if not isinstance(alpha, (int, float, np.number)) or not MIN_ALPHA <= alpha <= 1:
        raise ValueError(
            f"alpha is {alpha!r}; give the new frame's share, {MIN_ALPHA} .. 1 (1 is no smoothing)"
        )
    return np.float32(alpha)


@kernel
def _ema(
    planes: NDArray[np.uint8], share: np.float32, state: NDArray[np.float32], out: NDArray[np.uint8]
) -> None:
    for start in range(0, planes.shape[1], BLOCK):
        end = min(start + BLOCK, planes.shape[1])
        mean = state[start:end]
        for t in range(planes.shape[0]):
            frame = planes[t, start:end]
            smooth = out[t, start:end]
            for i in range(end - start):
                moved = mean[i] + share * (np.float32(frame[i]) - mean[i])
                mean[i] = moved
                smooth[i] = np.uint8(np.int32(moved + _HALF))
