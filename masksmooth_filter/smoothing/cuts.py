"""Find scene cuts: where the picture does not go on, even when motion and brightness are allowed for.

The measure is the correlation of the two pictures' details along the flow between them, averaged over some
20 pixels (the flow itself is fine enough to make any two textures alike: up to .54). Within a shot it stays
above .68 (the lowest in the fastest motion at hand); between pictures of different scenes below .39.
Fades keep it, being slow. A flash changes the brightness so much that flow breaks down, so a suspected pair
is compared again with histograms equalised (gains of .1 to 1.8 then correlate above .5, cuts below .42).
What is burnt out is settled by the frame after: if that goes on from the frame before, there was a flash.
"""

from __future__ import annotations

import math

import av
import numpy as np

from masksmooth_filter.frames import Flows
from masksmooth_filter.smoothing.flow import SMALLEST, FlowFinder
from masksmooth_filter.smoothing.held import Real
from masksmooth_filter.smoothing.picture import Gray, Picture
from masksmooth_filter.smoothing.team import Team

LEAST_LIKENESS = 0.45
_STRIDE = 4
_SMOOTH = 5
"""Points on each side that the flow is averaged over."""
_NOISE, _LOCAL = 5, 31
"""Details are what is between these sizes in pixels: noise is finer, light and shade are coarser."""
_FLAT = 9.0
"""Variance in squared levels below which two pictures show nothing but noise to compare."""


class CutFinder:
    """Tells whether one picture goes on from another.

    Parameters
    ----------
    flow : FlowFinder
        Finds flows for the second look.
    """

    def __init__(self, flow: FlowFinder) -> None:
        self._flow = flow
        self._detail: tuple[Gray, Real] | None = None

    def is_cut(self, earlier: Gray, later: Gray, flows: Flows | None = None) -> bool:
        """Tell whether the later picture shows another scene.

        Parameters
        ----------
        earlier, later : (h, w) uint8
            Luma. Pictures under 16 pixels never show a cut.
        flows : Flows, optional
            Flows between them, where they are known.
        """
        import cv2

        if min(earlier.shape) < SMALLEST:
            return False
        if self._goes_on(earlier, later, flows or self._flow.between(earlier, later)):
            return False
        equal = cv2.equalizeHist(earlier), cv2.equalizeHist(later)
        return not self._goes_on(*equal, self._flow.between(*equal))

    def _goes_on(self, earlier: Gray, later: Gray, flows: Flows) -> bool:
        kept, here = self._detail, detail(later)
        before = kept[1] if kept is not None and kept[0] is earlier else detail(earlier)
        self._detail = later, here
        return likeness(before, here, flows) >= LEAST_LIKENESS


class SceneStarts:
    """Tells by a few pictures alone where the smoothers begin anew, before a film is smoothed."""

    def __init__(self) -> None:
        self._team = Team(1)
        self._cuts = CutFinder(FlowFinder(self._team))

    def begins(
        self,
        before: tuple[av.VideoFrame, av.VideoFrame],
        frame: av.VideoFrame,
        after: av.VideoFrame | None,
    ) -> bool:
        """Tell whether a scene surely begins with a frame, whatever came before.

        A frame begins a scene if neither it nor the one after goes on from the newest frame. That is the one
        before, unless it was a flash: so that one has to go on from its own predecessor.

        Parameters
        ----------
        before : (frame, frame)
            The two frames before it, in order.
        frame : av.VideoFrame
            The frame in question.
        after : av.VideoFrame, optional
            The next one; None for a smoother that does not wait for it, and so knows no flashes.
        """
        older, last, here = (Picture.of(shown, self._team).luma for shown in (*before, frame))
        if not self._cuts.is_cut(last, here) or self._cuts.is_cut(older, last):
            return False
        return after is None or self._cuts.is_cut(last, Picture.of(after, self._team).luma)


def likeness(earlier: Real, later: Real, flows: Flows) -> float:
    """Return the correlation of two pictures' details along the flow, on every fourth pixel both ways."""
    import cv2

    height, width = later.shape
    rows, columns = np.mgrid[_STRIDE // 2 : height : _STRIDE, _STRIDE // 2 : width : _STRIDE]
    back = cv2.blur(flows.behind[rows, columns], (_SMOOTH, _SMOOTH))
    there = np.clip(np.rint(rows + back[..., 1]), 0, height - 1).astype(np.intp)
    across = np.clip(np.rint(columns + back[..., 0]), 0, width - 1).astype(np.intp)
    return _correlation(earlier[there, across], later[rows, columns])


def detail(luma: Gray) -> Real:
    """Return what of a picture is between the sizes of noise and of light and shade."""
    import cv2

    fine, coarse = (cv2.boxFilter(luma, cv2.CV_32F, (size, size)) for size in (_NOISE, _LOCAL))
    out: Real = fine - coarse
    return out


def _correlation(a: Real, b: Real) -> float:
    a, b = a - a.mean(), b - b.mean()
    power = float((a * a).mean()), float((b * b).mean())
    if max(power) < _FLAT:
        return 1.0
    return float((a * b).mean()) / math.sqrt(max(power[0] * power[1], 1e-6))
