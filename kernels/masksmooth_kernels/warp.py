"""Walk along optical flow: join two flows into a field, and take one step from every point.

A **field** is ``(H, W, 4)`` float32, one a frame and direction: the flow ``u, v`` to the neighbouring
frame in pixels, the ``trust`` in that step, and the frame's own luma. They are fetched together because
they are always needed at the same place: one cache line instead of four.

A **path** is the state of N walks: ``(4, N)`` float32 with rows x, y (pixels), trust so far, and the luma
where the walk began.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels._jit import kernel

Field = NDArray[np.float32]
"""``(H, W, 4)`` float32: u, v, trust, luma."""

Path = NDArray[np.float32]
"""``(4, N)`` float32: x, y, trust, luma at the start."""

TRUST_FLOOR = np.float32(0.02)
"""A walk ends where its trust falls below this: what it would add to a vote is below a grey level."""

_SLIP = np.float32(0.01)
_HALF = np.float32(0.5)
_ONE = np.float32(1)


def start_paths(luma: NDArray[np.uint8], rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Path:
    """Return paths that start at pixels of a frame with full trust.

    Parameters
    ----------
    luma : (H, W) uint8
        The frame's luma.
    rows, columns : (N,) int
        The pixels.
    """
    path = np.empty((4, rows.size), np.float32)
    path[0], path[1], path[2] = columns, rows, 1
    path[3] = luma[rows, columns]
    return path


def link(field: Field, flow: NDArray[np.float32], back: NDArray[np.float32], alpha: float) -> None:
    """Write the step to a neighbouring frame, and the trust in it, into a frame's field.

    ``trust = 1 / (1 + |u + v|^2 / (0.01 (|u|^2 + |v|^2) + alpha))``, v being the flow back where the step
    ends: the forward-backward test of N. Sundaram, T. Brox, K. Keutzer, "Dense point trajectories by
    GPU-accelerated large displacement optical flow", ECCV 2010, made soft.

    Parameters
    ----------
    field : (H, W, 4) float32
        Its first three channels are written.
    flow, back : (H, W, 2) float32
        Flow to the neighbour, and from the neighbour back, in pixels.
    alpha : float
        Squared error in pixels that halves the trust where nothing moves.
    """
    _link(field, flow, back, np.float32(alpha))


def step(path: Path, here: Field, there: Field, near: tuple[float, float]) -> NDArray[np.float32]:
    """Move every walk one frame on; return what its vote weighs there.

    ``weight = time * trust * (1 + D^2 / (2 shade^2))^-2``, D being the change in luma since the start. A
    walk that leaves the picture or falls below `TRUST_FLOOR` ends: trust and weight 0 from then on.

    Parameters
    ----------
    path : (4, N) float32
        Moved in place.
    here, there : (H, W, 4) float32
        Fields of the frame the walks are in and of the one they step to.
    near : (float, float)
        The weight of this distance in time, and the luma difference ``shade``.

    Returns
    -------
    (N,) float32
        Weight of each walk's vote.
    """
    weight = np.empty(path.shape[1], np.float32)
    time, shade = near
    _step(path, here, there, (np.float32(time), np.float32(0.5 / shade**2)), weight)
    return weight


@kernel
def _link(
    field: NDArray[np.float32], flow: NDArray[np.float32], back: NDArray[np.float32], alpha: np.float32
) -> None:
    height, width = flow.shape[:2]
    for row in range(height):
        for column in range(width):
            u, v = flow[row, column, 0], flow[row, column, 1]
            x, y = np.float32(column) + u, np.float32(row) + v
            field[row, column, 0], field[row, column, 1], field[row, column, 2] = u, v, 0
            if not (x >= 0 and x <= width - 1 and y >= 0 and y <= height - 1):
                continue
            there, below = int(x + _HALF), int(y + _HALF)
            bu, bv = back[below, there, 0], back[below, there, 1]
            error = (u + bu) * (u + bu) + (v + bv) * (v + bv)
            scale = _SLIP * (u * u + v * v + bu * bu + bv * bv) + alpha
            field[row, column, 2] = scale / (scale + error)


@kernel
def _step(
    path: NDArray[np.float32],
    here: NDArray[np.float32],
    there: NDArray[np.float32],
    near: tuple[np.float32, np.float32],
    weight: NDArray[np.float32],
) -> None:
    height, width = here.shape[:2]
    time, sharp = near
    for i in range(path.shape[1]):
        weight[i] = 0
        if path[2, i] < TRUST_FLOOR:
            continue
        column, row = int(path[0, i] + _HALF), int(path[1, i] + _HALF)
        x, y = path[0, i] + here[row, column, 0], path[1, i] + here[row, column, 1]
        trust = path[2, i] * here[row, column, 2]
        if trust < TRUST_FLOOR or not (x >= 0 and x <= width - 1 and y >= 0 and y <= height - 1):
            path[2, i] = 0
            continue
        path[0, i], path[1, i], path[2, i] = x, y, trust
        left, top = int(x), int(y)
        right, low = min(left + 1, width - 1), min(top + 1, height - 1)
        fx, fy = x - np.float32(left), y - np.float32(top)
        upper = there[top, left, 3] + fx * (there[top, right, 3] - there[top, left, 3])
        lower = there[low, left, 3] + fx * (there[low, right, 3] - there[low, left, 3])
        change = upper + fy * (lower - upper) - path[3, i]
        alike = _ONE / (_ONE + change * change * sharp)
        weight[i] = time * trust * alike * alike
