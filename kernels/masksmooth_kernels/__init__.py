"""Temporal filters and mask arithmetic over NumPy arrays: numpy and numba, nothing else.

A mask is uint8 confidence, 0 background .. 255 foreground; a volume of masks is ``(T, H, W)``, oldest
first. Every function checks its arguments and raises ValueError saying what it expected. numba is
loaded by the first call, not by the import; compiled code is kept on disk, beside the package or in
``NUMBA_CACHE_DIR``.

>>> import numpy as np
>>> import masksmooth_kernels as mk
>>> masks = np.zeros((5, 2, 2), np.uint8)
>>> masks[2] = 255
>>> int(mk.temporal_median(masks, radius=1).max())
0
"""

from masksmooth_kernels.blend import blend
from masksmooth_kernels.ema import EmaStream, temporal_ema
from masksmooth_kernels.gaussian import GaussianStream, temporal_gaussian
from masksmooth_kernels.median import MedianStream, temporal_median
from masksmooth_kernels.metrics import overlap_counts
from masksmooth_kernels.threshold import threshold
from masksmooth_kernels.upsample import upsample
from masksmooth_kernels.vote import VoteStream, temporal_vote
from masksmooth_kernels.weights import gaussian_weights

__all__ = [
    "EmaStream",
    "GaussianStream",
    "MedianStream",
    "VoteStream",
    "blend",
    "gaussian_weights",
    "overlap_counts",
    "temporal_ema",
    "temporal_gaussian",
    "temporal_median",
    "temporal_vote",
    "threshold",
    "upsample",
]
