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
    path[3] = luma.reshape(-1)[rows * luma.shape[1] + columns]
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
    height, width = np.int64(flow.shape[0]), np.int64(flow.shape[1])
    ahead, home, out = flow.reshape(-1), back.reshape(-1), field.reshape(-1)
    last_x, last_y, none = np.float32(width - 1), np.float32(height - 1), np.float32(0)
    for row in range(height):
        for column in range(width):
            at = np.uint64(2 * (row * width + column))
            u, v = ahead[at], ahead[at + np.uint64(1)]
            x, y, trust = np.float32(column) + u, np.float32(row) + v, none
            if x >= none and x <= last_x and y >= none and y <= last_y:
                there = np.uint64(2 * (np.int64(y + _HALF) * width + np.int64(x + _HALF)))
                bu, bv = home[there], home[there + np.uint64(1)]
                error = (u + bu) * (u + bu) + (v + bv) * (v + bv)
                scale = _SLIP * (u * u + v * v + bu * bu + bv * bv) + alpha
                trust = scale / (scale + error)
            at = at + at
            out[at], out[at + np.uint64(1)], out[at + np.uint64(2)] = u, v, trust


@kernel
def _step(
    path: NDArray[np.float32],
    here: NDArray[np.float32],
    there: NDArray[np.float32],
    near: tuple[np.float32, np.float32],
    weight: NDArray[np.float32],
) -> None:
    # Fields are indexed flat and unsigned: numba then leaves out its check for indices that count from the
    # end, and one product serves all channels. With the ended walks told apart by one condition, a step of
    # 32400 walks takes .45 to .6 ms instead of .6 to .9.
    height, width = np.int64(here.shape[0]), np.int64(here.shape[1])
    time, sharp = near
    flow, light = here.reshape(-1), there.reshape(-1)
    xs, ys, trusts, start = path[0], path[1], path[2], path[3]
    last_x, last_y, ended = np.float32(width - 1), np.float32(height - 1), np.float32(0)
    for i in range(weight.size):
        at = np.uint64(4 * (np.int64(ys[i] + _HALF) * width + np.int64(xs[i] + _HALF)))
        x, y = xs[i] + flow[at], ys[i] + flow[at + np.uint64(1)]
        trust = trusts[i] * flow[at + np.uint64(2)]
        weight[i] = ended
        if not (trust >= TRUST_FLOOR and x >= ended and x <= last_x and y >= ended and y <= last_y):
            trusts[i] = ended
            continue
        xs[i], ys[i], trusts[i] = x, y, trust
        left, top = np.int64(x), np.int64(y)
        fx, fy = x - np.float32(left), y - np.float32(top)
        at = np.uint64(4 * (top * width + left) + 3)
        right, low = np.uint64(4 * (left < width - 1)), np.uint64(4 * width * (top < height - 1))
        upper = light[at] + fx * (light[at + right] - light[at])
        lower = light[at + low] + fx * (light[at + low + right] - light[at + low])
        change = upper + fy * (lower - upper) - start[i]
        alike = _ONE / (_ONE + change * change * sharp)
        weight[i] = time * trust * alike * alike
