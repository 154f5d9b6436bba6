"""The error model of the synthetic clips: what a network gets wrong, put on an exact truth.

Its own, not the one a smoother was tuned on. All lengths are pixels at 240 rows. What lasts (blobs, holes,
the slow half of the wobble) rides on the object or stays in the picture, so that some mistakes are
consistent along the motion: a vote over time cannot see through those.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.clips import Masks, Truth

Floats = NDArray[np.float32]

WOBBLE, WOBBLE_SIZE = 1.1, 6.0
"""Standard deviation of the border's displacement, new each frame, and the size of its waves."""

DRIFT, DRIFT_SIZE, DRIFT_MEMORY = 0.7, 12.0, 0.7
"""The same for the part that lasts: an AR(1) process of this memory that rides on the object."""

SWELL = 0.5
"""Standard deviation of the whole mask's growth, new each frame."""

SOFTNESS = 1.3
"""Width of the sigmoid at the border."""

MURK = 0.06
"""Standard deviation of the confidence's slow noise."""

DROP, HALF_DROP = 0.05, 0.05
"""Share of the frames in which the object, or what lies on one side of a line, is hardly seen."""

HOLES, BLOBS = 0.16, 0.3
"""New holes and false blobs a frame; each lasts 1 frame or more, 2 on average, 1 in 60 above 7."""

GOES_ON = 0.5
"""Chance that a hole or a blob is there in the next frame as well."""


@dataclass(slots=True)
class _Spot:
    """A hole (``rides`` on the object) or a false blob (stays in the picture)."""

    centre: NDArray[np.float64]
    radius: float
    strength: float
    rides: bool


class Mistakes:
    """Confidence of an imagined network, frame after frame.

    Parameters
    ----------
    seed : sequence of int
        Same seed, same mistakes.
    shape : (int, int)
        Rows and columns of the truth.
    drop : float
        Share of the frames in which the object is hardly seen.
    """

    def __init__(self, seed: list[int], shape: tuple[int, int], *, drop: float = DROP) -> None:
        self._random, self._drop = np.random.default_rng(seed), drop
        self._shape, self._unit = shape, shape[0] / 240
        self._drift = self._waves(DRIFT_SIZE)
        self._spots: list[_Spot] = []
        self._centre = np.array([shape[1] / 2, shape[0] / 2])

    def next(self, truth: NDArray[np.bool_]) -> Floats:
        """Return the confidence for one frame, ``(H, W)`` float32 in 0..1.

        Parameters
        ----------
        truth : (H, W) bool
            Of this frame.
        """
        moved = self._follow(truth)
        distance = _signed_distance(truth) / self._unit
        distance += WOBBLE * self._waves(WOBBLE_SIZE) + DRIFT * self._drifted(moved)
        distance += np.float32(SWELL * self._random.standard_normal())
        seen = 1 / (1 + np.exp(-np.clip(distance, -30, 30) / SOFTNESS))
        seen = self._dropped(self._spotted(seen, truth, moved))
        seen += MURK * self._waves(3 * DRIFT_SIZE) * (seen > 0.02)
        return np.asarray(np.clip(seen, 0, 1), np.float32)

    def _follow(self, truth: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return how far the object went since the frame before."""
        rows, columns = np.nonzero(truth)
        if not len(rows):
            return np.zeros(2)
        centre = np.array([columns.mean(), rows.mean()])
        moved: NDArray[np.float64] = centre - self._centre
        self._centre = centre
        return moved

    def _waves(self, size: float) -> Floats:
        """Return smooth noise of standard deviation 1."""
        import cv2

        coarse = self._random.standard_normal([max(3, round(n / self._unit / size)) for n in self._shape])
        waves = cv2.resize(coarse.astype(np.float32), self._shape[::-1], interpolation=cv2.INTER_CUBIC)
        return np.asarray(waves / waves.std(), np.float32)

    def _drifted(self, moved: NDArray[np.float64]) -> Floats:
        carried = np.roll(self._drift, np.rint(moved[::-1]).astype(int), axis=(0, 1))
        fresh = np.sqrt(1 - DRIFT_MEMORY**2) * self._waves(DRIFT_SIZE)
        self._drift = np.asarray(DRIFT_MEMORY * carried + fresh, np.float32)
        return self._drift

    def _spotted(self, seen: Floats, truth: NDArray[np.bool_], moved: NDArray[np.float64]) -> Floats:
        self._spots = [spot for spot in self._spots if self._random.random() < GOES_ON]
        for spot in self._spots:
            spot.centre += moved * spot.rides
        self._spots += [self._hole(truth) for _ in range(self._random.poisson(HOLES)) if truth.any()]
        self._spots += [self._blob() for _ in range(self._random.poisson(BLOBS))]
        for spot in self._spots:
            share = self._disk(spot.centre, spot.radius * self._unit) * spot.strength
            seen = seen * (1 - share) if spot.rides else np.maximum(seen, share)
        return seen

    def _hole(self, truth: NDArray[np.bool_]) -> _Spot:
        rows, columns = np.nonzero(truth)
        i = self._random.integers(len(rows))
        centre = np.array([columns[i], rows[i]], np.float64)
        return _Spot(centre, self._random.uniform(5, 14), self._random.uniform(0.6, 1), True)

    def _blob(self) -> _Spot:
        """Return a false blob: beside the object three times in five, else anywhere."""
        rows, columns = self._shape
        centre = self._random.uniform((0, 0), (columns, rows))
        if self._random.random() < 0.6:
            angle, away = self._random.uniform(0, 2 * np.pi), self._random.uniform(35, 75) * self._unit
            centre = self._centre + away * np.array([np.cos(angle), np.sin(angle)])
        return _Spot(centre, self._random.uniform(4, 15), self._random.uniform(0.55, 0.95), False)

    def _disk(self, centre: NDArray[np.float64], radius: float) -> Floats:
        y, x = np.ogrid[: self._shape[0], : self._shape[1]]
        away = np.hypot(x - centre[0], y - centre[1]) + 0.2 * radius * self._waves(WOBBLE_SIZE)
        return np.asarray(np.clip((radius - away) / (2 * self._unit) + 0.5, 0, 1), np.float32)

    def _dropped(self, seen: Floats) -> Floats:
        chance, left = self._random.random(), np.float32(self._random.uniform(0.05, 0.45))
        angle = self._random.uniform(0, 2 * np.pi)
        if chance < self._drop:
            return seen * left
        if chance < self._drop + HALF_DROP:
            y, x = np.ogrid[: self._shape[0], : self._shape[1]]
            side = (x - self._centre[0]) * np.cos(angle) + (y - self._centre[1]) * np.sin(angle)
            return np.where(side > 0, seen * left, seen)
        return seen


def confidence(truth: Truth, seed: list[int], *, drop: float = DROP) -> Masks:
    """Return soft masks, ``(T, H, W)`` uint8, for an exact truth of the same shape."""
    rows, columns = truth.shape[1:]
    network = Mistakes(seed, (rows, columns), drop=drop)
    return np.stack([np.rint(255 * network.next(frame)).astype(np.uint8) for frame in truth])


def _signed_distance(truth: NDArray[np.bool_]) -> Floats:
    """Return the distance to the border in pixels, positive inside."""
    import cv2

    if truth.all() or not truth.any():
        return np.full(truth.shape, 99 if truth.any() else -99, np.float32)
    inside, outside = (
        cv2.distanceTransform(side.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        for side in (truth, ~truth)
    )
    return np.asarray(inside - outside + np.where(truth, -0.5, 0.5), np.float32)
