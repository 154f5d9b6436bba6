"""The figures, each with its definition. Masks are bool; every figure is better when larger but WFE and lag.

J            intersection over union with the truth; 1 where both are empty (DAVIS).
F            F-measure of the mask's border against the truth's, within .8 % of the picture's diagonal
             (Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation",
             CVPR 2016; own implementation).
Jmin5        mean J of the worst 5 % of the frames, at least one.
WFE          flow-compensated flicker error: with E = mask xor truth,
             ``|E_t xor warp(E_t-1)| / mean area of the truth``, mean over neighbours. A constant error that
             rides on the object costs nothing.
TC           temporal consistency: IoU of the mask and the warped one before it (Varghese et al., CVPRW 2020).
             Without an occlusion mask, so the truth itself stays below 1: compare with its row.
VC8, VC16    of the pixels that are object in 8 (16) frames running, the share the mask has in all of them
             (after VSPW, Miao et al., CVPR 2021; foreground only).
lag          by how many frames the mask trails: the shift s at which IoU(mask_t, truth_t-s) is greatest; 3
             or -3 if that is not within 3 frames. Poor masks (J .6) have up to .8 of it by chance.
nIoU         IoU with the mask before, as the founding study printed it. Any blur raises it and a frozen mask
             has 1: it says nothing without J.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce

import numpy as np

from benchmarks.quality.clips import Clip, Truth
from benchmarks.quality.flow import backward_steps, sources, warp
from masksmooth_filter.report.measures import (
    REACH,
    Figures,
    border,
    border_f,
    iou,
    near,
    peak,
    tolerance,
)


@dataclass(frozen=True, slots=True)
class Scores:
    """What one method does on one clip; NaN where a figure has no meaning there.

    Attributes
    ----------
    j, f : (T,) float64
        Of each frame.
    wfe, tc, vc8, vc16, lag, niou : float
        Of the clip.
    """

    j: Figures
    f: Figures
    wfe: float
    tc: float
    vc8: float
    vc16: float
    lag: float
    niou: float

    @property
    def jmin5(self) -> float:
        """Mean J of the worst 5 % of the frames."""
        return float(np.sort(self.j)[: math.ceil(0.05 * len(self.j))].mean())


def constancy(masks: Truth, truth: Truth, length: int) -> list[float]:
    """Return VC of every window of ``length`` frames in which some pixel stays object."""
    found: list[float] = []
    for t in range(len(truth) - length + 1):
        always = reduce(np.logical_and, truth[t : t + length])
        kept = reduce(np.logical_and, masks[t : t + length], always)
        if always.any():
            found.append(np.count_nonzero(kept) / np.count_nonzero(always))
    return found


def shift_curve(masks: Truth, truth: Truth) -> list[list[float]]:
    """Return IoU with the truth shifted by -REACH..REACH frames, for each frame that has them all."""
    inner = range(REACH, len(masks) - REACH)
    return [[iou(masks[t], truth[t - s]) for s in range(-REACH, REACH + 1)] for t in inner]


class Judge:
    """The scores of many methods on one clip; what hangs on the truth alone is computed once.

    Parameters
    ----------
    clip : Clip
        With its truth.
    """

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self._pairs, self._scenes = clip.pairs(), clip.scenes()
        steps = backward_steps(clip.frames)
        self._sources = {t: sources(steps[t]) for t in self._pairs}
        self._edges = [border(truth) for truth in clip.truth]
        radius = tolerance(clip.truth.shape[1:])
        self._near = [near(edge, radius) for edge in self._edges]

    def score(self, masks: Truth) -> Scores:
        """Return the scores of ``masks``, ``(T, H, W)`` bool."""
        truth = self._clip.truth
        return Scores(
            j=np.array([iou(a, b) for a, b in zip(masks, truth, strict=True)]),
            f=np.array(
                [border_f(border(m), *e) for m, *e in zip(masks, self._edges, self._near, strict=True)]
            ),
            wfe=self._flicker(masks ^ truth),
            tc=_mean([iou(masks[t], warp(masks[t - 1], self._sources[t])) for t in self._pairs]),
            vc8=self._constancy(masks, 8),
            vc16=self._constancy(masks, 16),
            lag=self._lag(masks),
            niou=_mean([iou(masks[t], masks[t - 1]) for t in self._pairs]),
        )

    def _flicker(self, errors: Truth) -> float:
        moved = [float((errors[t] ^ warp(errors[t - 1], self._sources[t])).sum()) for t in self._pairs]
        area = np.count_nonzero(self._clip.truth) / len(errors)
        return _mean(moved) / area if area else math.nan

    def _constancy(self, masks: Truth, length: int) -> float:
        parts = [(masks[s.start : s.stop], self._clip.truth[s.start : s.stop]) for s in self._scenes]
        return _mean([share for part in parts for share in constancy(*part, length)])

    def _lag(self, masks: Truth) -> float:
        parts = [(masks[s.start : s.stop], self._clip.truth[s.start : s.stop]) for s in self._scenes]
        curves = [curve for part in parts for curve in shift_curve(*part)]
        return peak(np.mean(curves, axis=0)) if curves else math.nan


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else math.nan
