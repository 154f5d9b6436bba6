"""What two masks have in common, and how far apart their borders are: figures without a state.

The report and ``benchmarks/quality`` both count with these. Masks are bool arrays ``(H, W)``.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.bool_]
"""``(H, W)`` bool."""

Figures = NDArray[np.float64]
"""``(frames,)`` float64, NaN where a frame has no figure."""

BORDER_SHARE = 0.008
"""Tolerance of F as a share of the diagonal: DAVIS's own value."""

REACH = 3
"""Frames on each side that the lag looks at: an EMA of .5 trails by less than one."""

FLAT = 0.02
"""Where shifting the reference by `REACH` frames costs less IoU than this, nothing moves: there is no lag."""


def iou(a: Plane, b: Plane) -> float:
    """Return intersection over union; 1 where both are empty."""
    either = np.count_nonzero(a | b)
    return np.count_nonzero(a & b) / either if either else 1.0


def border(mask: Plane) -> Plane:
    """Return the pixels that differ from their right, lower or lower right neighbour, as DAVIS does."""
    edge = np.zeros_like(mask)
    edge[:, :-1] |= mask[:, :-1] ^ mask[:, 1:]
    edge[:-1] |= mask[:-1] ^ mask[1:]
    edge[:-1, :-1] |= mask[:-1, :-1] ^ mask[1:, 1:]
    return edge


def tolerance(shape: tuple[int, ...]) -> int:
    """Return how many pixels F allows between two borders."""
    return math.ceil(BORDER_SHARE * math.hypot(*shape))


def near(edge: Plane, radius: int) -> Plane:
    """Return the pixels at most ``radius`` from an edge pixel: dilation by a disk."""
    import cv2

    if not edge.any():
        return np.zeros_like(edge)
    far = cv2.distanceTransform((~edge).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(far <= radius + 1e-3)


def border_f(edge: Plane, true_edge: Plane, true_near: Plane, *, radius: int | None = None) -> float:
    """Return F of a border against the truth's border and the pixels near that.

    ``radius`` is the tolerance where the planes are a part of the picture.
    """
    found, wanted = np.count_nonzero(edge), np.count_nonzero(true_edge)
    if not found or not wanted:
        return float(found == wanted)
    reach = tolerance(edge.shape) if radius is None else radius
    precision = np.count_nonzero(edge & true_near) / found
    recall = np.count_nonzero(true_edge & near(edge, reach)) / wanted
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def peak(curve: Figures) -> float:
    """Return where a curve of IoU over the shifts -REACH..REACH has its peak, in frames; NaN if it is flat.

    Near its peak IoU falls off linearly on both sides (border times displacement), so two lines of like
    slope are laid through the three points there: exact for a mask that is late by a fraction of a frame,
    where a parabola gives .33 for .4.
    """
    best = int(curve.argmax())
    if np.ptp(curve) < FLAT:
        return math.nan
    if best in (0, len(curve) - 1):
        return float(best - REACH)
    before, top, after = curve[best - 1 : best + 2]
    return float(best - REACH + (after - before) / (2 * (top - min(before, after))))
