"""Temporal Gaussian: each pixel becomes the weighted mean of itself over a window of frames.

The weights (`masksmooth_kernels.weights`) are whole numbers that sum to exactly a power of two, so a
constant comes out unchanged; the sums are exact, and rounded once: within 0.51 of the exact mean for every
window and any times. The vector code is in `_gaussian_core`, the way through memory in `strips`.

docs/benchmarks.md has its speed beside others'.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels.job import Ints
from masksmooth_kernels.lookup import Meaning
from masksmooth_kernels.recipes import gaussian_recipe
from masksmooth_kernels.schedule import Schedule
from masksmooth_kernels.strips import Core, smooth_volume, table_of, with_core
from masksmooth_kernels.volume import Plane, Volume, check_radius, check_uint8
from masksmooth_kernels.weights import check_sigma, check_times, fixed_weights, gaussian_weights
from masksmooth_kernels.window import WindowStream

LOOKS_FROM = 7
"""The radius from which a volume's bounds are worth learning: with windows of 15 a network's masks take three
quarters of the time they take without, the recipe's a tenth more."""


def temporal_gaussian(
    volume: Volume,
    *,
    radius: int,
    sigma: float | None = None,
    times: Sequence[float] | None = None,
    out: Volume | None = None,
    threads: int = 1,
) -> Volume:
    """Smooth a volume along time with a Gaussian.

    Parameters
    ----------
    volume : (T, ...) uint8
        Oldest frame first; copied once if it is not C-contiguous, never written to.
    radius : int
        Frames on each side, 0 (a copy) .. 15. At the ends the window is cut to the frames there are.
    sigma : float, optional
        Standard deviation in frames; ``max(radius / 2, 0.5)`` if not given.
    times : (T,) floats, optional
        When each frame is shown, in any unit, increasing; evenly spaced if not given.
    out : (T, ...) uint8, C-contiguous, optional
        Where the result goes; must not share memory with the volume.
    threads : int
        Threads to split the pixels over; the result does not depend on it.

    Returns
    -------
    (T, ...) uint8
        ``out``, or a new array: within 0.51 of the exact weighted mean.

    Raises
    ------
    ValueError
        If an option or an array is not as above.

    Examples
    --------
    >>> import numpy as np
    >>> flash = np.zeros((5, 1, 1), np.uint8)
    >>> flash[2] = 255
    >>> temporal_gaussian(flash, radius=1, sigma=1.0).ravel().tolist()
    [0, 70, 115, 70, 0]
    """
    check_uint8(volume, "volume")
    radius = check_radius(radius)
    width, at = check_sigma(sigma, radius), check_times(times, len(volume) if volume.ndim else 0)

    def core(plan: Schedule, radius: int) -> Core:
        return _even_core(plan, radius, width) if times is None else _core(plan, radius, width, at)

    meaning = _meaning(radius, width) if times is None else None
    return smooth_volume(volume, out, core, radius=radius, threads=threads, meaning=meaning, cut_too=True)


class GaussianStream(WindowStream):
    """`temporal_gaussian` one plane at a time, bit-equal to it; holds ``2 * radius`` planes.

    Parameters
    ----------
    shape : tuple of int
        Shape of every plane.
    radius : int
        Frames on each side, 0 .. 15.
    sigma : float, optional
        Standard deviation in frames; ``max(radius / 2, 0.5)`` if not given.

    Raises
    ------
    ValueError
        If an option is not as above.
    """

    _cut_too = True

    def __init__(self, shape: tuple[int, ...], *, radius: int, sigma: float | None = None) -> None:
        super().__init__(shape, radius=radius)
        self._sigma = check_sigma(sigma, self.latency)
        self._times = np.full(2 * self.latency, np.nan)
        self._fresh = np.empty(0)
        self._timed = False

    def push(self, plane: Plane, time: float | None = None) -> list[Plane]:
        """Take a plane, which is copied; return the smoothed planes that are ready, at most one.

        Parameters
        ----------
        plane : array of the stream's shape, uint8
            The next plane.
        time : float, optional
            When it is shown, in any unit; windows that have a plane without count in frames.

        Raises
        ------
        ValueError
            If the plane is not uint8 or not of the stream's shape. The stream can go on after it.
        """
        return self.push_all([plane], None if time is None else [time])

    def push_all(self, planes: Sequence[Plane], times: Sequence[float] | None = None) -> list[Plane]:
        """Take several planes at once; return the smoothed planes that are ready.

        Parameters
        ----------
        planes : arrays of the stream's shape, uint8
            The next planes, oldest first.
        times : floats, optional
            When each is shown.

        Raises
        ------
        ValueError
            If a plane is not uint8 or not of the stream's shape, or times are not one a plane.
        """
        if times is not None and len(times) != len(planes):
            raise ValueError(f"times has {len(times)} numbers; give {len(planes)}, one a plane")
        self._fresh = np.full(len(planes), np.nan) if times is None else np.asarray(times, np.float64)
        return super().push_all(planes)

    def flush(self) -> list[Plane]:
        """Return the planes held back, and be as new."""
        self._fresh = np.full(0, np.nan)
        rest = super().flush()
        self._times[:], self._timed = np.nan, False
        return rest

    def _table(self, plan: Schedule) -> tuple[Ints, Core]:
        """Return the table of a schedule, made anew for every push once there are times."""
        self._timed = self._timed or not np.isnan(self._fresh).all()
        if not self._timed:
            return super()._table(plan)
        times = np.concatenate([self._times, self._fresh])
        self._times[plan.keep[:, 1]] = times[plan.keep[:, 0]]
        core = _core(plan, self.latency, self._sigma, times)
        return with_core(table_of(plan), core, looking=True), core

    def _core(self, plan: Schedule) -> Core:
        return _even_core(plan, self.latency, self._sigma)


def _core(plan: Schedule, radius: int, sigma: float, times: NDArray[np.float64] | None) -> Core:
    function, recipe, kept = gaussian_recipe(plan, radius, sigma, times)
    return Core("_gaussian_core", function, recipe, kept, looking=radius >= LOOKS_FROM)


@functools.lru_cache(maxsize=64)
def _even_core(plan: Schedule, radius: int, sigma: float) -> Core:
    return _core(plan, radius, sigma, None)


@functools.lru_cache(maxsize=64)
def _meaning(radius: int, sigma: float) -> Meaning:
    """Return what is made of windows of 0 and 255."""
    weights = gaussian_weights(radius, sigma)

    def mean(ones: NDArray[np.bool_], centre: int) -> Volume:
        fixed, shift = fixed_weights(weights[radius - centre :][: ones.shape[1]], centre)
        return ((ones @ (255 * fixed) + (1 << (shift - 1))) >> shift).astype(np.uint8)

    return mean
