"""What the numbers of a network from a file mean: probabilities or scores, of how many classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.errors import OptionError
from masksmooth_filter.frames import Mask
from masksmooth_filter.segment.labels import VOC_LABELS, parse_classes
from masksmooth_filter.segment.margin import margin_confidence, margin_planes, probability_confidence


class ScoreReader:
    """Turn a network's scores into confidence.

    One channel is a probability, or a score if it ever leaves 0..1; two are background and foreground
    scores; more are class scores, class 0 being background (21: Pascal VOC's names). Scores may have gone
    through a softmax already: their logarithms serve.

    Parameters
    ----------
    probe : (N, h, w, K) float32
        Scores of black and of noise, which tell a probability from a score before the first frame comes.
    classes : sequence of str, optional
        Names or ids, for one plane each; None for every foreground class as one plane.

    Attributes
    ----------
    labels : tuple of str
        The name of each class id.
    classes : tuple of int
        The id of each plane.
    bounded : bool
        Whether all scores so far were probabilities: what the reader remembers of the pictures.

    Raises
    ------
    OptionError
        If the network has no such class.
    """

    def __init__(self, probe: NDArray[np.float32], *, classes: tuple[str, ...] | None) -> None:
        channels = probe.shape[-1]
        self.labels = _labels(channels)
        self.classes = () if classes is None else _parsed(classes, self.labels)
        self.bounded = self._at_first = _is_probability(probe)

    def begin(self, bounded: bool | None = None) -> None:
        """Forget all pictures; or go on as after some that have left ``bounded`` so."""
        self.bounded = self._at_first if bounded is None else bounded

    def confidence(self, scores: NDArray[np.float32]) -> Mask:
        """Return ``(N, h, w)`` for ``(N, h, w, K)``, or ``(N, C, h, w)`` if classes were asked for."""
        # Once a score has left 0..1 it never was a probability; it must not flip from frame to frame.
        self.bounded = self.bounded and _is_probability(scores)
        if scores.shape[-1] == 1:
            plane = scores[..., 0]
            return probability_confidence(plane) if self.bounded else margin_confidence(plane)
        logits = np.log(np.maximum(scores, 1e-7)) if self.bounded else scores
        return margin_confidence(margin_planes(logits, self.classes))


def probe_images(width: int, height: int) -> NDArray[np.uint8]:
    """Return black and noise, ``(2, height, width, 3)``."""
    images = np.random.default_rng(0).integers(0, 256, (2, height, width, 3), np.uint8)
    images[0] = 0
    return images


def _parsed(classes: tuple[str, ...], labels: tuple[str, ...]) -> tuple[int, ...]:
    if not labels:
        raise OptionError("this network gives one foreground without classes; leave out --classes")
    return parse_classes(classes, labels)


def _labels(channels: int) -> tuple[str, ...]:
    """VOC's names for 21 channels; ids for other numbers; none where there is only a foreground."""
    if channels == len(VOC_LABELS):
        return VOC_LABELS
    return () if channels <= 2 else ("background", *(str(i) for i in range(1, channels)))


def _is_probability(scores: NDArray[np.float32]) -> bool:
    """Tell whether all scores lie in 0..1 and, where there are several channels, sum to one."""
    if scores.min() < -1e-3 or scores.max() > 1 + 1e-3:
        return False
    # Within 5 %: uint8 quantisation rounds each of the channels by up to 1/512.
    return scores.shape[-1] == 1 or bool(np.allclose(scores.sum(axis=-1), 1, atol=0.05))
