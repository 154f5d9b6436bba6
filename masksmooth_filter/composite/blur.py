"""The background out of focus; nothing of the foreground bleeds into it."""

from __future__ import annotations

from typing import cast

import av
import numpy as np

from masksmooth_filter.composite.drawing import Drawing
from masksmooth_filter.composite.edges import Edges
from masksmooth_filter.composite.planes import Component, Samples, components
from masksmooth_filter.errors import OptionError
from masksmooth_filter.frames import Mask, MaskedFrame
from masksmooth_filter.modes import BLUR

MAX_STRENGTH = 30.0

_KEPT_SIGMA = 2.5
"""Standard deviation, in samples, of the Gaussian that is left to do on the small picture: the means over
blocks before it and the bilinear interpolation after it then cannot be told from the whole Gaussian."""

_MAX_BLOCK = 64


class BlurBackground(Drawing):
    """Filter: a masked frame in, the same out with its background blurred.

    What is blurred is the background alone, weighted by how far it is background, and divided by what the
    weights come to: a normalised convolution. A plain blur would draw a halo of the foreground's colours.

    Parameters
    ----------
    edges : Edges
        Where the foreground ends; inverted, it is the foreground that is blurred.
    strength : float
        Standard deviation of the Gaussian in percent of the picture's short side, above 0 to 30.

    Raises
    ------
    OptionError
        If a value is out of range.

    References
    ----------
    H. Knutsson, C.-F. Westin, "Normalized and differential convolution", CVPR 1993.
    """

    def __init__(self, *, edges: Edges = Edges(), strength: float = BLUR) -> None:  # noqa: B008 - frozen
        super().__init__()
        if not 0 < strength <= MAX_STRENGTH:
            most = f"above 0 to {MAX_STRENGTH:g}, percent of the picture's short side"
            raise OptionError(f"blur is {strength}; give a number {most}")
        self._edges, self._strength = edges, strength

    def draw(self, item: MaskedFrame) -> av.VideoFrame:
        """Blur one frame's background."""
        from masksmooth_kernels import mix

        frame = self.canvas(item.frame)
        ground = 255 - self._edges.foreground(item.planes, (frame.width, frame.height))
        if not ground.any():
            return frame
        sigma = self._strength / 100 * min(frame.width, frame.height)
        for part in components(frame.format):
            samples, weight = part.read(frame), part.fitted(ground)
            mix(samples, weight, _blurred(samples, weight, _sigmas(frame, part, sigma)))
            part.write(frame, samples)
        return frame


def _sigmas(frame: av.VideoFrame, part: Component, sigma: float) -> tuple[float, float]:
    """Return the standard deviation across and down in a component's own samples."""
    return sigma * part.width / frame.width, sigma * part.height / frame.height


def _blurred(samples: Samples, weight: Mask, sigmas: tuple[float, float]) -> Samples:
    """Return the weighted blur of a plane; where nothing weighs within reach it is 0, and not looked at."""
    import cv2

    from masksmooth_kernels import block_sums

    block = min(max(int(min(sigmas) / _KEPT_SIGMA), 1), _MAX_BLOCK)
    sums, weights = (
        # Beyond the picture nothing weighs: its border is blurred of what there is.
        cv2.GaussianBlur(
            small, (0, 0), sigmaX=sigmas[0] / block, sigmaY=sigmas[1] / block, borderType=cv2.BORDER_CONSTANT
        )
        for small in block_sums(samples, weight, block)
    )
    small: Samples = np.rint(sums / np.maximum(weights, 1e-6)).astype(samples.dtype)
    if block == 1:
        return small
    size = small.shape[1] * block, small.shape[0] * block
    large = cast(Samples, cv2.resize(small, size, interpolation=cv2.INTER_LINEAR))
    return large[: samples.shape[0], : samples.shape[1]]
