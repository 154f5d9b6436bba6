"""Temporal median: each pixel becomes the middle of its values over a window of frames.

Of an even number of frames, which only happens at the ends, it is the lower of the two middle values,
so the result is always a value that was there. On 0/255 masks it is the majority vote, a tie going to 0.
The vector code is in `_median_core`, the way through memory in `strips`.

docs/benchmarks.md has its speed beside others'.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels.schedule import Schedule
from masksmooth_kernels.strips import Core, ends, smooth_volume
from masksmooth_kernels.volume import Volume
from masksmooth_kernels.window import WindowStream

LOOKS_FROM = 9
"""The radius from which a volume's bounds are worth learning: with windows of 21 masks take nine tenths of
the time they take without, of 31 seven tenths; of 17 a tenth more."""


@functools.lru_cache(maxsize=64)
def _median_core(plan: Schedule, radius: int) -> Core:
    lacking = (radius - plan.before).tolist()
    recipe = np.array([ends()[0].ctypes.data, ends()[1].ctypes.data, *lacking], np.int64)
    return Core("_median_core", f"medians_{2 * radius + 1}", recipe, looking=radius >= LOOKS_FROM)


def _majority(ones: NDArray[np.bool_], _centre: int) -> Volume:
    """Return the medians of windows of 0 and 255."""
    frames = ones.shape[1]
    return np.where(ones.sum(axis=1) >= frames - (frames - 1) // 2, 255, 0).astype(np.uint8)


def temporal_median(
    volume: Volume,
    *,
    radius: int,
    out: Volume | None = None,
    threads: int = 1,
) -> Volume:
    """Replace each pixel by its median over a window of frames.

    Parameters
    ----------
    volume : (T, ...) uint8
        Oldest frame first; copied once if it is not C-contiguous, never written to.
    radius : int
        Frames on each side, 0 (a copy) .. 15. At the ends the window is cut to the frames there are;
        of an even number the lower of the two middle values is taken.
    out : (T, ...) uint8, C-contiguous, optional
        Where the result goes; must not share memory with the volume.
    threads : int
        Threads to split the pixels over; the result does not depend on it.

    Returns
    -------
    (T, ...) uint8
        ``out``, or a new array.

    Raises
    ------
    ValueError
        If an option or an array is not as above.

    Examples
    --------
    >>> import numpy as np
    >>> flash = np.array([0, 0, 255, 0, 0], np.uint8)
    >>> temporal_median(flash, radius=1).tolist()
    [0, 0, 0, 0, 0]
    """
    return smooth_volume(
        volume, out, _median_core, radius=radius, threads=threads, meaning=_majority, cut_too=True
    )


class MedianStream(WindowStream):
    """`temporal_median` one plane at a time, bit-equal to it; holds ``2 * radius`` planes.

    Parameters
    ----------
    shape : tuple of int
        Shape of every plane.
    radius : int
        Frames on each side, 0 .. 15.

    Raises
    ------
    ValueError
        If an option is not as above.
    """

    _cut_too = True

    def _core(self, plan: Schedule) -> Core:
        return _median_core(plan, self.latency)
