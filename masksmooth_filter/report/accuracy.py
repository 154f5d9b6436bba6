"""J and F of masks against ground truth, as DAVIS defines them, frame by frame."""

from __future__ import annotations

from array import array

import numpy as np

from masksmooth_filter.frames import Mask
from masksmooth_filter.report.measures import Figures, border, border_f, near, tolerance


class Accuracy:
    """Figures of one sequence of masks at the frame's size; J is overlap, F the agreement of borders."""

    def __init__(self) -> None:
        self._j, self._f = array("d"), array("d")

    def add(self, mask: Mask, truth: Mask) -> None:
        """Take the next frame's mask and truth, ``(H, W)`` uint8; a pixel is in from 128 on."""
        from masksmooth_kernels import overlap_counts  # imported here: numba takes 0.5 s

        both, either, _ = overlap_counts(mask, truth)
        self._j.append(both / either if either else 1.0)
        self._f.append(_border_f(mask, truth))

    @property
    def j(self) -> Figures:
        """Intersection over union with the truth, a frame; 1 where both are empty."""
        return np.array(self._j, np.float64)

    @property
    def f(self) -> Figures:
        """F-measure of the border, a frame."""
        return np.array(self._f, np.float64)


def _border_f(mask: Mask, truth: Mask) -> float:
    """Return F within the box round both masks: nothing outside it counts, and 1080 rows would cost 70 ms."""
    import cv2

    radius = tolerance(mask.shape)
    left, top, width, height = cv2.boundingRect(cv2.bitwise_or(mask, truth))
    rows = slice(max(0, top - radius - 2), top + height + radius + 2)
    columns = slice(max(0, left - radius - 2), left + width + radius + 2)
    edge, true_edge = (border(one[rows, columns] >= 128) for one in (mask, truth))
    return border_f(edge, true_edge, near(true_edge, radius), radius=radius)
