"""How steady masks are once the picture's motion is allowed for, measured while they pass by.

Counted on a small grid (`masksmooth_filter.report.sight`); docs/report.md has every formula.

* **consistency**: neighbour IoU after the mask before was carried along the picture's motion.
* **jitter**: how far the border is, on average, from where the motion would have brought it.
* **flicker**: how often what the mask covers is switched and switched back within a tenth of a second.
* **lag**: by how much the mask trails behind a reference.
"""

from __future__ import annotations

import math
from array import array
from collections import deque

import numpy as np

from masksmooth_filter.frames import Mask
from masksmooth_filter.report.measures import REACH, Figures, Plane, border, peak
from masksmooth_filter.report.metrics import mean
from masksmooth_filter.report.sight import Sight

BLINK_S = 0.1
"""A place that is switched back after at most this many seconds has blinked. One frame always counts."""

JITTER_REACH = 8
"""Steps of the grid beyond which a border has not jittered: something has appeared or gone."""


class Following:
    """Consistency, jitter and flicker of a sequence of masks on the grid, one at a time.

    Keeps the last mask, a frame number a point, and 24 bytes a frame.
    """

    def __init__(self) -> None:
        self._previous: Mask | None = None
        self._inside: Mask | None = None
        self._switched = np.zeros((0, 0), np.int32)
        self._consistency, self._jitter = array("d"), array("d")
        self._blinks, self._area = array("i"), array("i")

    def add(self, soft: Mask, sight: Sight, *, recent: int) -> Mask:
        """Take the mask of the next frame.

        Parameters
        ----------
        soft : (h, w) uint8
            The mask on the grid, averaged; kept until the next one.
        sight : Sight
            What the picture shows.
        recent : int
            The number of the earliest frame from which on a switch is not long ago.

        Returns
        -------
        (h, w) uint8
            0 or 255: whether a point is in the mask.
        """
        import cv2

        inside = np.asarray(cv2.threshold(soft, 127, 255, cv2.THRESH_BINARY)[1], np.uint8)
        before, was, self._previous, self._inside = self._previous, self._inside, soft, inside
        self._area.append(cv2.countNonZero(inside))
        if before is None or was is None or sight.flow is None:
            self._switched = np.full(soft.shape, -1, np.int32)
            self._note(math.nan, math.nan, -1)
            return inside
        carried = sight.carried(before)
        both, either = (cv2.countNonZero(f(carried, inside)) for f in (cv2.bitwise_and, cv2.bitwise_or))
        self._note(both / either if either else 1.0, _apart(inside, carried) * sight.scale, -1)
        self._blinks[-1] = self._switch(cv2.bitwise_xor(was, inside) > 0, recent)
        return inside

    def _switch(self, switched: Plane, recent: int) -> int:
        """Count the points that are switched back, and note when each was switched last."""
        before = self._switched[switched]
        self._switched[switched] = len(self._blinks) - 1
        return int(np.count_nonzero(before >= max(recent, 0)))

    def _note(self, consistency: float, jitter: float, blinks: int) -> None:
        self._consistency.append(consistency)
        self._jitter.append(jitter)
        self._blinks.append(blinks)

    def cut(self) -> None:
        """Forget the last mask: the next one has no neighbour."""
        self._previous = self._inside = None

    @property
    def consistency(self) -> Figures:
        """IoU of each mask and the carried one before it; NaN where there is none."""
        return np.array(self._consistency, np.float64)

    @property
    def last_consistency(self) -> float:
        """The same of the mask added last; 1 where it has no neighbour."""
        return 1.0 if not self._consistency or math.isnan(self._consistency[-1]) else self._consistency[-1]

    @property
    def jitter(self) -> Figures:
        """Mean distance in pixels of the frame from each mask's border to the carried one's; NaN without."""
        return np.array(self._jitter, np.float64)

    @property
    def blinks(self) -> Figures:
        """Points of the grid that were switched back in each frame; NaN where it has no neighbour."""
        blinks = np.array(self._blinks, np.float64)
        blinks[blinks < 0] = np.nan
        return blinks

    @property
    def area(self) -> Figures:
        """Points of the grid in each mask."""
        return np.array(self._area, np.float64)

    def flicker(self, seconds: float) -> float | None:
        """Return how often a second, on average, what the mask covers blinks; None if nothing is covered.

        Parameters
        ----------
        seconds : float
            From the first frame to the last.
        """
        area = mean(self.area)
        return float(np.nansum(self.blinks)) / (area * seconds) if area and seconds > 0 else None


class Lag:
    """By how many frames masks trail behind a reference; holds seven masks of each on the grid."""

    def __init__(self) -> None:
        self._masks: deque[Mask] = deque(maxlen=REACH + 1)
        self._references: deque[Mask] = deque(maxlen=2 * REACH + 1)
        self._areas: deque[int] = deque(maxlen=2 * REACH + 1)
        self._sums = np.zeros(2 * REACH + 1)
        self._count = 0

    def add(self, mask: Mask, reference: Mask) -> None:
        """Take the next frame's mask and reference, 0 or 255 on the grid."""
        import cv2

        self._masks.append(mask)
        self._references.append(reference)
        self._areas.append(cv2.countNonZero(reference))
        if len(self._references) <= 2 * REACH:
            return
        judged = self._masks[0]
        area = cv2.countNonZero(judged)
        for i, other in enumerate(reversed(self._references)):  # the latest is 3 frames ahead: shift -3
            both = cv2.countNonZero(cv2.bitwise_and(judged, other))
            either = area + self._areas[-1 - i] - both
            self._sums[i] += both / either if either else 1.0
        self._count += 1

    def cut(self) -> None:
        """Forget the masks: no shift reaches over a cut."""
        self._masks.clear()
        self._references.clear()
        self._areas.clear()

    @property
    def frames(self) -> float | None:
        """The lag in frames, or None where nothing moves or there are fewer than seven frames."""
        found = peak(self._sums / self._count) if self._count else math.nan
        return None if math.isnan(found) else found


def _apart(inside: Mask, carried: Mask) -> float:
    """Return the mean distance from one border to another in steps of the grid, near ones only; or NaN."""
    import cv2

    part = around(inside, JITTER_REACH + 2)  # what is farther off does not count: a third of the time
    edge, other = border(inside[part] > 0), border(carried[part] > 0)
    if not edge.any() or not other.any():
        return math.nan
    far = cv2.distanceTransform((~other).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[edge]
    close = far[far <= JITTER_REACH + 1e-3]
    return float(close.mean()) if close.size else math.nan


def around(mask: Mask, more: int) -> tuple[slice, slice]:
    """Return rows and columns of the box round what is not 0, ``more`` points wider on all sides."""
    import cv2

    left, top, width, height = cv2.boundingRect(mask)
    return slice(max(0, top - more), top + height + more), slice(max(0, left - more), left + width + more)
