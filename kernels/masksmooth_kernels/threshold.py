"""Cut a mask at a level: one value from there on, 0 below.

A comparison a pixel, which LLVM turns into vectors by itself: as fast as memory is.
docs/benchmarks.md has its speed beside others'.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels._jit import kernel
from masksmooth_kernels.volume import Plane, check_uint8, is_whole, output_for, read_only


def threshold(mask: Plane, level: int = 128, value: int = 255, *, out: Plane | None = None) -> Plane:
    """Cut a mask at a level.

    Parameters
    ----------
    mask : uint8
        Any shape; copied if not C-contiguous, never written to.
    level : int
        A pixel is foreground if its value is at least this, 0 .. 255.
    value : int
        What foreground becomes, 0 .. 255.
    out : uint8 of the mask's shape, C-contiguous, optional
        Where the result goes; must not share memory with the mask.

    Returns
    -------
    uint8 of the mask's shape
        ``out``, or a new array.

    Raises
    ------
    ValueError
        If an array or a number is not as above.

    Examples
    --------
    >>> import numpy as np
    >>> threshold(np.array([0, 127, 128, 255], np.uint8)).tolist()
    [0, 0, 255, 255]
    """
    check_uint8(mask, "mask")
    for name, number in (("level", level), ("value", value)):
        if not is_whole(number) or not 0 <= number <= 255:
            raise ValueError(f"{name} is {number!r}; give a whole number from 0 to 255")
    out = output_for(mask, out)
    _threshold(read_only(mask, (mask.size,)), np.uint8(level), np.uint8(value), out.reshape(-1))
    return out


@kernel
def _threshold(mask: NDArray[np.uint8], level: np.uint8, value: np.uint8, out: NDArray[np.uint8]) -> None:
    nothing = np.uint8(0)
    for i in range(mask.size):
        out[i] = value if mask[i] >= level else nothing
