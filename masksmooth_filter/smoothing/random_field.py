"""A colour-aware conditional random field over some pixels of a picture, solved by mean-field rounds."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from masksmooth_filter.smoothing.held import Real
from masksmooth_filter.smoothing.picture import Rgb
from masksmooth_filter.smoothing.team import Team
from masksmooth_filter.smoothing.vote import Where

_SURE = 0.02
"""Chances are taken as .02 to .98: colour can overrule any of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomField:
    """Settings of a field, lengths in pixels of the picture it is laid over.

    Attributes
    ----------
    spiral : float
        Standard deviation of the colour samples' distances.
    samples : int
        Colour samples a pixel.
    pairwise : float
        What their weights sum to.
    colour_sigma : float
        Standard deviation of colour likeness, in 8-bit Lab levels.
    near : float
        What the weights of the 24 nearest pixels sum to, whatever their colour.
    rounds : int
        Rounds.
    """

    spiral: float
    samples: int
    pairwise: float
    colour_sigma: float
    near: float
    rounds: int

    @property
    def reach(self) -> int:
        """How far the samples lie, in pixels."""
        return _spiral(self.samples, self.spiral)[0]

    def settle(self, chance: Real, lab: Rgb, where: Where, unary: Real, team: Team) -> Real:
        """Return the chances of some pixels after the rounds.

        Parameters
        ----------
        chance : (h, w) float32
            Chance of foreground; what is not among the pixels stays as it is.
        lab : (h, w, 3) uint8
            Colours.
        where : (N,) and (N,) int
            Rows and columns of the pixels.
        unary : (N,) float32
            Their log-odds, neighbours apart.
        team : Team
            Threads that share the pixels.

        Returns
        -------
        (N,) float32
        """
        from masksmooth_kernels.crf import colour_table, colour_weights, mean_field

        pad, steps = _spiral(self.samples, self.spiral)
        padded, colours = _padded(chance, pad), _padded(lab, pad).reshape(-1, 3)
        width, flat = padded.shape[1], padded.reshape(-1)
        pixels = (where[0] + pad) * width + where[1] + pad
        offsets, table = steps[:, 0] * width + steps[:, 1], colour_table(self.colour_sigma)
        near, parts = _near(width, self.near), team.spans(pixels.size)

        def weigh(part: slice) -> Real:
            return colour_weights(colours, pixels[part], offsets, table, self.pairwise)

        weights = team.run([functools.partial(weigh, part) for part in parts])
        for _ in range(self.rounds):
            jobs = [
                functools.partial(mean_field, flat, unary[part], pixels[part], (offsets, weight), near)
                for part, weight in zip(parts, weights, strict=True)
            ]
            flat[pixels] = np.concatenate(team.run(jobs))
        return np.asarray(flat[pixels], np.float32)


def log_odds_of(chance: Real) -> Real:
    """Return ``ln(p / (1 - p))``, p kept within .02 and .98."""
    p = np.clip(chance, _SURE, 1 - _SURE)
    out: Real = np.log(p / (1 - p))
    return out


@functools.lru_cache(maxsize=64)
def _spiral(count: int, sigma: float) -> tuple[int, np.ndarray]:
    from masksmooth_kernels.crf import spiral

    steps = spiral(count, sigma)
    return max(2, int(np.abs(steps).max())), steps


def _near(width: int, strength: float) -> tuple[np.ndarray, Real]:
    """Return the offsets of the 24 nearest pixels, and their weights, as 1 / (1 + distance^2)."""
    down, across = np.mgrid[-2:3, -2:3].reshape(2, -1)
    down, across = np.delete(down, 12), np.delete(across, 12)
    shares = 1 / (1 + down**2 + across**2)
    return down * width + across, (strength * shares / shares.sum()).astype(np.float32)


def _padded(image: np.ndarray, pad: int) -> np.ndarray:
    import cv2

    out: np.ndarray = cv2.copyMakeBorder(image, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    return out
