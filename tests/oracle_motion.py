"""Slow twins of the motion kernels in plain numpy, written from their formulas."""

from __future__ import annotations

import numpy as np


def at(image: np.ndarray, x: float, y: float) -> np.ndarray:
    """Bilinear value of an image inside its bounds."""
    height, width = image.shape[:2]
    left, top = int(x), int(y)
    right, low = min(left + 1, width - 1), min(top + 1, height - 1)
    fx, fy = x - left, y - top
    image = image.astype(np.float64)
    upper = (1 - fx) * image[top, left] + fx * image[top, right]
    lower = (1 - fx) * image[low, left] + fx * image[low, right]
    return (1 - fy) * upper + fy * lower


def inside(image: np.ndarray, x: float, y: float) -> bool:
    return 0 <= x <= image.shape[1] - 1 and 0 <= y <= image.shape[0] - 1


def trust(flow: np.ndarray, back: np.ndarray, alpha: float) -> np.ndarray:
    """Trust in each pixel's step: flow there, the nearest pixel's flow back."""
    out = np.zeros(flow.shape[:2])
    for (row, column), _ in np.ndenumerate(out):
        there = flow[row, column].astype(np.float64)
        x, y = column + there[0], row + there[1]
        if not inside(flow, x, y):
            continue
        home = back[int(y + 0.5), int(x + 0.5)].astype(np.float64)
        error = ((there + home) ** 2).sum()
        out[row, column] = 1 / (1 + error / (0.01 * ((there**2).sum() + (home**2).sum()) + alpha))
    return out


def step(path: np.ndarray, here: np.ndarray, there: np.ndarray, near: tuple[float, float]) -> tuple:
    """Path and weights after one step."""
    path, weight = path.astype(np.float64), np.zeros(path.shape[1])
    for i, (x, y, trusted, shade) in enumerate(path.T):
        if trusted < 0.02:
            continue
        u, v, sure = here[int(y + 0.5), int(x + 0.5)].astype(np.float64)
        if trusted * sure < 0.02 or not inside(here, x + u, y + v):
            path[2, i] = 0
            continue
        path[:3, i] = x + u, y + v, trusted * sure
        change = at(there, x + u, y + v) - shade
        weight[i] = near[0] * trusted * sure * (1 + change**2 / (2 * near[1] ** 2)) ** -2
    return path, weight


def likenesses(lab: np.ndarray, pixels: np.ndarray, offsets: np.ndarray, sigma: float) -> np.ndarray:
    """Likeness of each pixel's samples in colour."""
    lab = lab.astype(np.float64)
    shares = np.array([10 / 64, 1, 1])
    distance = np.array([((lab[here + offsets] - lab[here]) ** 2) @ shares for here in pixels])
    return np.exp(-distance / (2 * sigma**2))


def mean_field(
    chance: np.ndarray, unary: np.ndarray, pixels: np.ndarray, colour: tuple, near: tuple
) -> np.ndarray:
    """Chances after one round."""
    offsets, weights = colour
    around, shares = near
    out = np.zeros(pixels.size)
    for i, here in enumerate(pixels):
        pull = (weights[i] * (2 * chance[here + offsets] - 1)).sum()
        pull += (shares * (2 * chance[here + around] - 1)).sum()
        out[i] = 1 / (1 + np.exp(-(unary[i] + pull)))
    return out
