"""Smooth only where the network is unsure.

The confidence of a pixel says how unsure the network is of it: ``u = h(p)**2`` with the binary entropy
``h(p) = -p log2 p - (1 - p) log2 (1 - p)`` (MediaPipe's segmentation smoothing uses a polynomial that is
this to within 0.0013). A pixel moves from its raw to its smoothed value by the share ``u``, so a sure edge
that moves stays crisp, and an unsure one that stands still stops flickering. A hard mask (0 and 255 only)
is sure everywhere: nothing is smoothed then.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.frames import Mask


@lru_cache(maxsize=1)
def unsureness() -> NDArray[np.float32]:
    """Return ``h(p)**2`` for each of the 256 confidences, ``p = i / 255``."""
    p = np.arange(1, 255) / 255
    entropy = -p * np.log2(p) - (1 - p) * np.log2(1 - p)
    return np.concatenate(([0], entropy**2, [0])).astype(np.float32)


def gated(raw: Mask, smoothed: Mask) -> Mask:
    """Take each pixel from raw to smoothed as far as the raw confidence is unsure.

    Parameters
    ----------
    raw, smoothed : uint8 arrays of one shape
        Confidence before and after smoothing.

    Returns
    -------
    uint8 array of that shape
        Between the two, rounded.
    """
    start = raw.astype(np.float32)
    moved = start + unsureness()[raw] * (smoothed.astype(np.float32) - start)
    return np.rint(moved).astype(np.uint8)
