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
    """Points about their middle.

    Attributes
    ----------
    points : (2, N) float32
        x and y.
    middle : (2,) float64
        Their mean.
    spread : float
        The greater standard deviation of x and y, at least 1 pixel.
    basis : (3, N) float32
        1, and x and y from the middle, in units of the spread.
    """

    points: Real
    middle: NDArray[np.float64]
    spread: float
    basis: Real

    @classmethod
    def of(cls, points: Real) -> Line:
        """Take points, x and y, ``(2, N)``."""
        middle = points.mean(axis=1, dtype=np.float64)
        spread = max(float(points.std(axis=1).max()), 1.0)
        basis = np.ones((3, points.shape[1]), np.float32)
        basis[1:] = (points - middle[:, np.newaxis]) / spread
        return cls(points, middle, spread, basis)

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
        Luma, see `smooth`.
    line : Line
        Points in ``here``, at whole pixels.
    """

    def __init__(self, here: Gray, there: Gray, line: Line) -> None:
        columns, rows = line.points.astype(np.intp)
        luma = here.reshape(-1).take(rows * here.shape[1] + columns)
        self._points = np.column_stack([*line.points, luma.astype(np.float32)])
        self._basis, self._there, self.line = np.ascontiguousarray(line.basis.T), there, line

    def settle(self, shifts: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return how badly points agree after Gauss-Newton rounds, 0..1, and their shifts."""
        for _ in range(_ROUNDS):
            sums, misfit = self._sums(shifts)
            diagonal = sums.reshape(-1)[::8]
            diagonal += 1e-3 * (diagonal.sum() / 6 + 1)
            step = np.linalg.solve(sums[:, :6], sums[:, 6]).reshape(2, 3).T
            if np.abs(step).max() < _SETTLED:
                return misfit, shifts
            shifts = shifts - step
        return self._sums(shifts)[1], shifts

    def _sums(self, shifts: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
        from masksmooth_kernels.affine import fit_sums

        return fit_sums(self._there, self._points, self._basis, shifts.astype(np.float32), _SHADE)


def smooth(luma: Gray) -> Gray:
    """Return a luma that fits are made on: its slopes then reach a pixel farther."""
    import cv2

    return np.asarray(cv2.GaussianBlur(luma, (0, 0), 1.0), np.uint8)


def best(fit: Fit, starts: list[Affinity]) -> tuple[float, Affinity]:
    """Return how badly the best fit agrees, 0..1, and the fit; starts that hardly differ are tried once."""
    shifts: list[NDArray[np.float64]] = []
    for start in starts:
        new = fit.line.shifts(start)
        if all(np.abs(new - old).max() > _APART for old in shifts):
            shifts.append(new)
    misfit, found = min((fit.settle(shift) for shift in shifts), key=lambda end: end[0])
    return misfit, fit.line.affinity(found)


def along(line: Line, flow: Flow) -> Affinity:
    """Return the affinity that follows flow at the points: least squares, what differs by pixels ignored."""
    columns, rows = line.points.astype(np.intp)
    moved = flow.reshape(-1, 2).take(rows * flow.shape[1] + columns, axis=0).T.astype(np.float64)
    basis, shifts = line.basis.astype(np.float64), np.zeros((3, 2))
    ridge = np.diag(np.array([0, 1, 1]) * 1e-3 * basis.shape[1] + 1e-6)
    shifts[0] = np.median(moved, axis=1)
    for _ in range(4):
        apart = moved - shifts.T @ basis
        apart *= apart
        weighted = basis / (1 + apart[0] + apart[1])
        shifts = np.linalg.solve(basis @ weighted.T + ridge, weighted @ moved.T)
    return line.affinity(shifts)
