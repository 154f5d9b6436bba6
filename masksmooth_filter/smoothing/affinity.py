"""Fit an affine motion to points of a picture: where another luma shows what one shows at them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.frames import Flow
from masksmooth_filter.smoothing.held import Real
from masksmooth_filter.smoothing.picture import Gray

Affinity = NDArray[np.float64]
"""``(3, 3)``: homogeneous, from pixels x, y of one frame to those of another."""

_SHADE = 15.0
"""Change in luma at which a point counts a quarter in the fit."""

_ROUNDS, _SETTLED = 6, 0.05
"""Most rounds of the fit; it ends when no parameter moves this many pixels."""

_APART = 0.5
"""Pixels by which two starts must differ somewhere for both to be tried."""


def inverse(motion: Affinity) -> Affinity:
    """Return the way back."""
    return np.asarray(np.linalg.inv(motion), np.float64)


def shift(by: Real) -> Affinity:
    """Return the affinity that moves all points alike, by ``(x, y)``."""
    out = np.eye(3)
    out[:2, 2] = by
    return out


@dataclass(frozen=True, slots=True)
class Line:
    """Points about their middle, ``(N, 3)``: 1, x, y in units of their spread."""

    middle: NDArray[np.float64]
    spread: float
    basis: Real

    @classmethod
    def of(cls, points: Real) -> Line:
        """Take points, x and y, ``(N, 2)``."""
        middle = points.mean(axis=0, dtype=np.float64)
        spread = max(float(points.std(axis=0).max()), 1.0)
        basis = np.column_stack([np.ones(len(points)), (points - middle) / spread])
        return cls(middle, spread, basis.astype(np.float32))

    def affinity(self, shifts: NDArray[np.float64]) -> Affinity:
        """Return the affinity that moves points by ``basis @ shifts``."""
        out = np.eye(3)
        out[:2, :2] += shifts[1:].T / self.spread
        out[:2, 2] = shifts[0] - shifts[1:].T @ self.middle / self.spread
        return out

    def shifts(self, affinity: Affinity) -> NDArray[np.float64]:
        """Return the shifts of an affinity: `affinity` turned round."""
        turn = affinity[:2, :2] - np.eye(2)
        return np.vstack([turn @ self.middle + affinity[:2, 2], turn.T * self.spread])


class Fit:
    """Points of one luma, to be found in another.

    Parameters
    ----------
    here, there : (h, w) uint8
        Luma.
    points : (N, 2) float32
        x and y in ``here``.
    """

    def __init__(self, here: Gray, there: Gray, points: Real) -> None:
        import cv2

        light, self._there = (cv2.GaussianBlur(luma, (0, 0), 1.0) for luma in (here, there))
        columns, rows = points.astype(np.intp).T
        self._points = np.column_stack([points, light[rows, columns].astype(np.float32)])
        self.line = Line.of(points)

    def settle(self, shifts: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return how badly points agree after Gauss-Newton rounds, 0..1, and their shifts."""
        for _ in range(_ROUNDS):
            sums, misfit = self._sums(shifts)
            normal = sums[:, :6] + np.eye(6) * 1e-3 * (np.trace(sums) / 6 + 1)
            step = np.linalg.solve(normal, sums[:, 6]).reshape(2, 3).T
            if np.abs(step).max() < _SETTLED:
                return misfit, shifts
            shifts = shifts - step
        return self._sums(shifts)[1], shifts

    def _sums(self, shifts: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
        from masksmooth_kernels.affine import fit_sums

        return fit_sums(self._there, self._points, self.line.basis, shifts.astype(np.float32), _SHADE)


def best(fit: Fit, starts: list[Affinity]) -> tuple[float, Affinity]:
    """Return how badly the best fit agrees, 0..1, and the fit; starts that hardly differ are tried once."""
    shifts: list[NDArray[np.float64]] = []
    for start in starts:
        new = fit.line.shifts(start)
        if all(np.abs(new - old).max() > _APART for old in shifts):
            shifts.append(new)
    misfit, found = min((fit.settle(shift) for shift in shifts), key=lambda end: end[0])
    return misfit, fit.line.affinity(found)


def along(points: Real, flow: Flow) -> Affinity:
    """Return the affinity that follows flow at the points: least squares, what differs by pixels ignored."""
    line = Line.of(points)
    moved = flow[points[:, 1].astype(np.intp), points[:, 0].astype(np.intp)].astype(np.float64)
    shifts = np.zeros((3, 2))
    shifts[0] = np.median(moved, axis=0)
    for _ in range(4):
        apart = ((moved - line.basis @ shifts) ** 2).sum(axis=1)
        weighted = line.basis * (1 / (1 + apart))[:, np.newaxis]
        normal = line.basis.T @ weighted + 1e-3 * len(points) * np.diag([0, 1, 1])
        shifts = np.linalg.solve(normal + 1e-6 * np.eye(3), weighted.T @ moved)
    return line.affinity(shifts)
