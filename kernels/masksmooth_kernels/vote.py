"""Temporal vote: each pixel takes the label that weighs most over a window of frames.

The weighted mode of class ids, or of 0 and 255: every frame votes for its label with a Gaussian weight. Of
labels that weigh the same, the centre frame's wins, or else the lowest id. Weights are compared in units of
2**-30 of the largest, those as far on either side being equal, so a tie is a tie.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels._vote_polls import exact_weights, vote_recipe
from masksmooth_kernels.lookup import Meaning
from masksmooth_kernels.schedule import Schedule
from masksmooth_kernels.strips import Core, smooth_volume
from masksmooth_kernels.volume import Volume, check_radius
from masksmooth_kernels.weights import check_sigma
from masksmooth_kernels.window import WindowStream


def temporal_vote(
    labels: Volume,
    *,
    radius: int,
    sigma: float | None = None,
    out: Volume | None = None,
    threads: int = 1,
) -> Volume:
    """Give each pixel the label that weighs most over a window of frames.

    Parameters
    ----------
    labels : (T, ...) uint8
        Class ids, or 0 and 255, oldest frame first; copied once if it is not C-contiguous, never written to.
    radius : int
        Frames on each side, 0 (a copy) .. 15. At the ends the window is cut to the frames there are.
    sigma : float, optional
        Standard deviation of the weights in frames; ``max(radius / 2, 0.5)`` if not given. A large one, such
        as 1e6, makes it the plain majority.
    out : (T, ...) uint8, C-contiguous, optional
        Where the result goes; must not share memory with the labels.
    threads : int
        Threads to split the pixels over; the result does not depend on it.

    Returns
    -------
    (T, ...) uint8
        ``out``, or a new array. A tie goes to the centre frame's label, or else to the lowest.

    Raises
    ------
    ValueError
        If an option or an array is not as above.

    Examples
    --------
    >>> import numpy as np
    >>> flicker = np.array([15, 15, 12, 15, 15, 3, 3], np.uint8)
    >>> temporal_vote(flicker, radius=1, sigma=1e6).tolist()
    [15, 15, 15, 15, 15, 3, 3]
    """
    radius = check_radius(radius)
    width = check_sigma(sigma, radius)

    def core(plan: Schedule, radius: int) -> Core:
        return _core(plan, radius, width)

    meaning = _meaning(radius, width)
    return smooth_volume(labels, out, core, radius=radius, threads=threads, meaning=meaning)


class VoteStream(WindowStream):
    """`temporal_vote` one plane at a time, bit-equal to it; holds ``2 * radius`` planes.

    Parameters
    ----------
    shape : tuple of int
        Shape of every plane.
    radius : int
        Frames on each side, 0 .. 15.
    sigma : float, optional
        Standard deviation of the weights in frames; ``max(radius / 2, 0.5)`` if not given.

    Raises
    ------
    ValueError
        If an option is not as above.
    """

    def __init__(self, shape: tuple[int, ...], *, radius: int, sigma: float | None = None) -> None:
        super().__init__(shape, radius=radius)
        self._sigma = check_sigma(sigma, self.latency)

    def _core(self, plan: Schedule) -> Core:
        return _core(plan, self.latency, self._sigma)


@functools.lru_cache(maxsize=64)
def _core(plan: Schedule, radius: int, sigma: float) -> Core:
    recipe, kept = vote_recipe(plan, radius, sigma)
    return Core("_vote_core", "votes", recipe, kept, monotone=False)


@functools.lru_cache(maxsize=64)
def _meaning(radius: int, sigma: float) -> Meaning:
    """Return what is made of windows of 0 and 255."""
    weights = exact_weights(radius, sigma)

    def heaviest(ones: NDArray[np.bool_], centre: int) -> Volume:
        window = weights[radius - centre :][: ones.shape[1]]
        lead = 2 * (ones @ window) - window.sum()
        return np.where((lead > 0) | (lead == 0) & ones[:, centre], 255, 0).astype(np.uint8)

    return heaviest
