"""From class scores to confidence: the margin plane.

For one class the margin is its score less the best other score; for "anything but background" it is
the best foreground score less the background's. Where it is positive, argmax would choose the class.
One plane is kept instead of 21: upsampling it costs 1.4 ms instead of 150 ms (520 x 924), and,
bilinear weights being convex, it never adds a pixel that argmax after upsampling would not give
(for the foreground: never loses one). Softmax thresholded at one half, or labels resized with
nearest, differ on 0.5 to 2 % of the pixels (docs/method.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from masksmooth_filter.frames import Mask

BORDER = 128
"""The lowest confidence that says foreground: confidence >= BORDER exactly where margin >= 0."""


def margin_planes(scores: NDArray[np.float32], classes: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the margin of each asked class, or of the foreground.

    Parameters
    ----------
    scores : (N, h, w, K) float32
        Class scores before any softmax; id 0 is background.
    classes : tuple of int
        The asked ids; empty for every id but 0 as one plane.

    Returns
    -------
    (N, C, h, w) or, for the foreground, (N, h, w) float32
    """
    if not classes:
        return np.asarray(scores[..., 1:].max(axis=-1) - scores[..., 0])
    others = [np.delete(scores, c, axis=-1).max(axis=-1) for c in classes]
    return np.stack([scores[..., c] - other for c, other in zip(classes, others, strict=True)], axis=1)


def margin_confidence(margin: NDArray[np.float32]) -> Mask:
    """Return ``255 * sigmoid(margin)`` as uint8, at least 128 exactly where the margin is at least 0.

    The sigmoid of a margin of, say, -1e-9 is 0.5 in float32; the decision border is put right.
    """
    # sigmoid(x) = (1 + tanh(x / 2)) / 2, which unlike 1 / (1 + exp(-x)) does not overflow.
    confidence = np.rint(127.5 + 127.5 * np.tanh(0.5 * margin))
    border = np.where(margin >= 0, np.maximum(confidence, BORDER), np.minimum(confidence, BORDER - 1))
    return np.asarray(border, np.uint8)


def probability_confidence(probability: NDArray[np.float32]) -> Mask:
    """Return a probability as uint8, at least 128 exactly where it is at least one half."""
    rounded = np.rint(np.clip(probability, 0, 1) * np.float32(255))
    sure = probability >= 0.5
    border = np.where(sure, np.maximum(rounded, BORDER), np.minimum(rounded, BORDER - 1))
    return np.asarray(border, np.uint8)
