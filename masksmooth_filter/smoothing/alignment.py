"""How well masks sit on the picture's edges, and agree: what sets the strength, without any truth."""

from __future__ import annotations

import numpy as np

from masksmooth_filter.frames import Mask
from masksmooth_filter.smoothing.held import Real
from masksmooth_filter.smoothing.picture import Gray, Picture, Rgb

_FEWEST = 30
"""Masks of fewer pixels say nothing."""

_LUMA_SHARE = 0.39
"""8-bit L has 2.55 levels a unit: so weighted, its steps count as much as those of a and b."""

_ON = 1.5
_BESIDE = 3.0, 8.0
"""Pixels at most this far from the border are on it, those between these distances beside it."""

_BLURRED = 8
"""Margin of the part that is looked at: what is made up beyond its edge reaches 4 pixels into it, and 2 more
are left out."""

_EVERY = 3
_MEMORY = 1 - 1 / 48
"""Each frame counts 1/48 less with the next one: about two seconds of video are remembered."""

_PLAY = 0.03
"""A mean must move this far before the strength follows. Means over 11 frames of the same network's masks
wander by .1 to .2; without play the strength would flap with them."""


class RunningMean:
    """Mean of what was seen lately, with play; None until anything was."""

    def __init__(self) -> None:
        self._sum = self._weight = 0.0
        self.value: float | None = None

    def take(self, values: list[float], memory: float) -> None:
        """Take in a frame's values; what was seen before counts ``memory`` of what it did."""
        self._sum = self._sum * memory + sum(values)
        self._weight = self._weight * memory + len(values)
        if self._weight:
            mean = self._sum / self._weight
            held = mean if self.value is None else self.value
            self.value = min(max(held, mean - _PLAY), mean + _PLAY)


class Alignment:
    """How good a scene's masks are, from running means of how they sit on edges and of how they agree.

    Parameters
    ----------
    ends : (float, float)
        Edge alignment at which masks count as poor, and as good.
    agreed : (float, float)
        Share of what frames and their neighbours see that both see, at which masks count as poor however
        well they sit, and from which their edges decide.
    """

    def __init__(self, ends: tuple[float, float], agreed: tuple[float, float]) -> None:
        self._ends, self._agreed = ends, agreed
        self._pictures = 0
        self._edges, self._agreement = RunningMean(), RunningMean()

    def look(self, picture: Picture, masks: Mask) -> None:
        """Take in a frame; every third is measured."""
        if self._pictures % _EVERY == 0:
            self._edges.take(measured(picture, masks), _MEMORY**_EVERY)
        self._pictures += 1

    def hear(self, agreement: list[float]) -> None:
        """Take in how far a frame's masks and its neighbours see the same."""
        self._agreement.take(agreement, _MEMORY)

    @property
    def share(self) -> float:
        """How good the masks are: 0 poor .. 1 good; good, while nothing was seen of them."""
        return _ramp(self._edges.value, self._ends) * _ramp(self._agreement.value, self._agreed)


def _ramp(value: float | None, ends: tuple[float, float]) -> float:
    return 1.0 if value is None else min(max((value - ends[0]) / (ends[1] - ends[0]), 0.0), 1.0)


def measured(picture: Picture, masks: Mask) -> list[float]:
    """Return mean gradient on each mask's border over that 3 to 8 pixels beside it; none for tiny masks."""
    import cv2

    insides = [(mask > 127).astype(np.uint8) for mask in masks]
    useful = [inside for inside in insides if _FEWEST <= cv2.countNonZero(inside) < inside.size]
    if not useful:
        return []
    around = _around(np.bitwise_or.reduce(useful), int(_BESIDE[1] * picture.scale) + _BLURRED)
    gradient = edges(picture.lab[around])
    ratios = [_ratio(gradient, inside[around], picture.scale) for inside in useful]
    return [ratio for ratio in ratios if ratio is not None]


def _around(inside: Gray, more: int) -> tuple[slice, slice]:
    """Return rows and columns of the box round what is not 0, ``more`` pixels wider on all sides."""
    import cv2

    left, top, width, height = cv2.boundingRect(inside)
    return slice(max(0, top - more), top + height + more), slice(max(0, left - more), left + width + more)


def edges(lab: Rgb) -> Real:
    """Return the picture's gradient magnitude over all three Lab channels, ``(h, w)`` float32."""
    import cv2

    smooth = cv2.GaussianBlur(lab, (0, 0), 1.0)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, *d) for d in ((1, 0), (0, 1)))
    weights = np.array([_LUMA_SHARE**2, 1, 1], np.float32)
    out: Real = np.sqrt((across * across + down * down) @ weights)
    return out


def _ratio(gradient: Real, inside: Gray, scale: float) -> float | None:
    """Leave out 2 pixels at the picture's edge, where the filter has made up its input."""
    distance = border_distance(inside)[2:-2, 2:-2] * np.float32(1 / scale)
    seen = gradient[2:-2, 2:-2]
    on = seen[distance <= _ON]
    beside = seen[(distance > _BESIDE[0]) & (distance <= _BESIDE[1])]
    if not on.size or not beside.size:
        return None
    return float(on.mean()) / max(float(beside.mean()), 1e-6)


def border_distance(inside: Gray) -> Real:
    """Return each pixel's distance to the border between 0 and 1, ``(h, w)`` float32."""
    import cv2

    to_outside = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    to_inside = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
    out: Real = np.maximum(to_outside, to_inside) - np.float32(0.5)
    return out
