"""Where the foreground ends: from confidence to the share of each pixel that is foreground."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from masksmooth_filter.composite.upsample import frame_confidence
from masksmooth_filter.errors import OptionError
from masksmooth_filter.frames import Mask
from masksmooth_filter.settings import check_share

MAX_FEATHER = 200
"""Pixels: a tenth of a full-HD picture's width."""

EXACT_SIGMA = 3
"""Standard deviation up to which the Gaussian itself is used: its time grows with it."""


def level(threshold: float) -> int:
    """Return the least confidence (0..255) that counts as foreground for a threshold in 0..1."""
    return math.ceil(threshold * 255)


@dataclass(frozen=True, slots=True)
class Edges:
    """How the edge between foreground and background is drawn.

    Attributes
    ----------
    threshold : float
        Confidence in 0..1 from which a pixel is foreground: where its edge runs.
    feather : float
        Pixels over which the edge fades, 0 to 200. 0 is a hard edge, 1 an anti-aliased one.
    invert : bool
        Whether foreground and background change places.

    Raises
    ------
    OptionError
        If a value is out of range.
    """

    threshold: float = 0.5
    feather: float = 1.0
    invert: bool = False

    def __post_init__(self) -> None:
        check_share("threshold", self.threshold)
        if not 0 <= self.feather <= MAX_FEATHER:
            raise OptionError(f"feather is {self.feather}; give 0 (hard) to {MAX_FEATHER} pixels")

    @property
    def level(self) -> int:
        """The least confidence that is foreground."""
        return level(self.threshold)

    def foreground(self, planes: Mask, size: tuple[int, int]) -> Mask:
        """Return how far each pixel is foreground, all classes together.

        Confidence is brought to the frame's size first and cut after: labels enlarged have steps.

        Parameters
        ----------
        planes : (C, h, w) uint8
            Confidence, one plane a class.
        size : (int, int)
            Width and height of the frame.

        Returns
        -------
        (H, W) uint8
            0 background .. 255 foreground; the other way round if ``invert``.
        """
        up = frame_confidence(planes, size)
        return self.inverted(self.soften(up[0] if len(up) == 1 else up.max(axis=0)))

    def soften(self, confidence: Mask) -> Mask:
        """Return the share of foreground for ``(H, W)`` confidence at the frame's size; not inverted."""
        import cv2

        from masksmooth_kernels import soft_edge

        if self.feather == 0 or self.level == 0:
            hard = cv2.threshold(confidence, self.level - 1, 255, cv2.THRESH_BINARY)[1]
            return np.asarray(hard, np.uint8)
        soft = soft_edge(confidence, self.level)
        sigma = self.feather / 2
        if self.feather <= 1:
            return soft
        if sigma <= EXACT_SIGMA:
            return np.asarray(cv2.GaussianBlur(soft, (0, 0), sigma), np.uint8)
        side = 2 * round(math.sqrt(6 * sigma**2 + 1) - 1) + 1  # triangle of radius r: variance r (r + 2) / 6
        return np.asarray(cv2.stackBlur(soft, (side, side)), np.uint8)

    def inverted(self, opacity: Mask) -> Mask:
        """Return the opacity, or what is left of 255 if ``invert``."""
        import cv2

        return np.asarray(cv2.bitwise_not(opacity), np.uint8) if self.invert else opacity
