"""A threshold without jaggies: confidence in, the share of each pixel that is foreground out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels._jit import kernel
from masksmooth_kernels.volume import Plane, check_uint8, is_whole, read_only

GAIN = 8
"""How much steeper than the confidence its edge is: what is 16 levels of 255 off the threshold is decided.
Less, and a network that is 60 % sure gives a ghost; more, and a bilinear slope of 16 pixels has steps."""

_NONE, _HALF, _MOST = np.int16(0), np.int16(128), np.int16(255)
_NONE8, _LESS8, _HALF8, _MOST8 = np.uint8(0), np.uint8(127), np.uint8(128), np.uint8(255)
_EIGHT, _SHIFT = np.int16(8), np.int16(4)


def soft_edge(confidence: Plane, level: int, out: Plane | None = None) -> Plane:
    """Return how far each pixel is foreground, the border anti-aliased by the confidence itself.

    ``128 + (confidence - level) * 8``, cut to 0..255, then a binomial mean over 3x3 pixels, the picture's
    edge repeated. The result is 128 or more exactly where the confidence is at least the level, and 0 where
    the confidence is 0: what is certainly background is not touched.

    Parameters
    ----------
    confidence : (H, W) uint8
        At the picture's size. Not written to.
    level : int
        The least confidence that is foreground, 0..255.
    out : (H, W) uint8, C-contiguous, optional
        Where the result goes; not the confidence itself.

    Returns
    -------
    (H, W) uint8
        ``out``, or a new array: 0 background, 255 foreground.

    Raises
    ------
    ValueError
        If an argument is not as above.

    Examples
    --------
    >>> import numpy as np
    >>> soft_edge(np.array([[0, 0, 255, 255]], np.uint8), 128).tolist()
    [[0, 0, 191, 255]]
    """
    if not isinstance(confidence, np.ndarray) or confidence.ndim != 2:
        raise ValueError("confidence must be a (height, width) uint8 array")
    check_uint8(confidence, "confidence", confidence.shape)
    if not is_whole(level) or not 0 <= level <= 255:
        raise ValueError(f"level is {level!r}; give a whole number from 0 to 255")
    if out is None:
        out = np.empty(confidence.shape, np.uint8)
    if out.shape != confidence.shape or out.dtype != np.uint8 or not out.flags.c_contiguous:
        raise ValueError(f"out must be a C-contiguous uint8 array of shape {confidence.shape}")
    if np.may_share_memory(out, confidence):
        raise ValueError("out shares memory with the confidence; give an array of its own")
    if confidence.size:
        height, width = confidence.shape
        lines = np.empty((4, width + 2), np.int16)
        _soft_edge(read_only(np.ascontiguousarray(confidence), (height, width)), np.int16(level), lines, out)
    return out


@kernel
def _soft_edge(
    confidence: NDArray[np.uint8], level: np.int16, lines: NDArray[np.int16], out: NDArray[np.uint8]
) -> None:
    height, width = confidence.shape
    merged, least_sure = lines[3], np.uint8(level)
    for y in range(-1, height):
        # Row y + 1 comes into the ring of three; row -1 is row 0 again, and row `height` the last.
        row, ramp = confidence[min(y + 1, height - 1)], lines[(y + 1) % 3]
        for x in range(width):
            ramp[x] = min(max((np.int16(row[x]) - level) * _EIGHT + _HALF, _NONE), _MOST)
        if y < 0:
            continue
        above, here, below = lines[max(y - 1, 0) % 3], lines[y % 3], lines[(y + 1) % 3]
        for x in range(width):
            merged[x + 1] = above[x] + here[x] + here[x] + below[x]
        merged[0], merged[width + 1] = merged[1], merged[width]
        target, certain = out[y], confidence[y]
        for x in range(width):
            target[x] = (merged[x] + merged[x + 1] + merged[x + 1] + merged[x + 2] + _EIGHT) >> _SHIFT
        for x in range(width):  # apart, and on bytes alone: together with the mean it takes twice as long
            given, share = certain[x], target[x]
            least = _HALF8 if given >= least_sure else _NONE8
            most = _MOST8 if given >= least_sure else (_LESS8 if given > _NONE8 else _NONE8)
            share = least if share < least else share
            target[x] = most if share > most else share
