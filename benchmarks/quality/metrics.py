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
from numpy.typing import NDArray

from benchmarks.quality.clips import Clip, Truth
from benchmarks.quality.flow import backward_steps, sources, warp

Plane = NDArray[np.bool_]
Figures = NDArray[np.float64]

BORDER_SHARE = 0.008
"""Tolerance of F as a share of the diagonal: DAVIS's own value."""

REACH = 3
"""Frames on each side that the lag looks at: an EMA of .5 trails by less than one."""

FLAT = 0.02
"""Where shifting the truth by `REACH` frames costs less IoU than this, nothing moves: there is no lag."""


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


def border_f(edge: Plane, true_edge: Plane, true_near: Plane) -> float:
    """Return F of a border against the truth's border and the pixels near that."""
    found, wanted = np.count_nonzero(edge), np.count_nonzero(true_edge)
    if not found or not wanted:
        return float(found == wanted)
    precision = np.count_nonzero(edge & true_near) / found
    recall = np.count_nonzero(true_edge & near(edge, tolerance(edge.shape))) / wanted
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


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


def peak(curve: Figures) -> float:
    """Return where a curve of IoU over shift has its peak, in frames.

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
