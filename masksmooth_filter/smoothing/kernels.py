"""The heavy loops over pixels, by what runs them: numba on the CPU, or torch on a CUDA device."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.cuda import cuda_trouble
from masksmooth_filter.errors import DeviceError, OptionError

Own = Any
"""An array where the kernels keep theirs: of numpy, or a torch tensor on their device."""


class Kernels(Protocol):
    """What `masksmooth_kernels.warp`, `trajectory` and `crf` do, on arrays of the kernels' own.

    Parameters are called, and mean, what they do there; ``path``, ``field``, ``there``, ``mask`` and
    ``sums`` stay where the kernels keep them from one call to the next.
    """

    @property
    def batch(self) -> int:
        """Pixels that are best done at once; 0 where threads share them instead."""
        ...

    def own(self, array: NDArray[Any]) -> Own:
        """Return an array as the kernels keep it."""
        ...

    def empty(self, shape: Sequence[int]) -> Own:
        """Return float32 numbers to write to."""
        ...

    def joined(self, paths: Sequence[Own], times: Sequence[float]) -> tuple[Own, Any]:
        """Return several frames' walks as one path, with each walk's weight in time.

        One frame's alone where threads share the work.
        """
        ...

    def corners_of(self, plane: NDArray[np.uint8]) -> Own:
        """Return a plane as walks read it between its pixels."""
        ...

    def start_paths(self, luma: NDArray[np.uint8], rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Own:
        """Return paths that start at pixels of a frame."""
        ...

    def link(self, field: Own, flow: NDArray[np.float32], back: NDArray[np.float32], alpha: float) -> None:
        """Write a step and the trust in it into a field."""
        ...

    def step(self, path: Own, field: Own, there: Own, near: tuple[Any, float]) -> Own:
        """Move every walk one frame on; return what its vote weighs there."""
        ...

    def gather(self, path: Own, weight: Own, mask: Own, sums: Own) -> None:
        """Add one frame's votes, all masks trusted alike."""
        ...

    def gather_trusted(
        self, path: Own, weight: Own, mask: Own, trust: NDArray[np.float32], votes: Own
    ) -> None:
        """Add one frame's votes, each mask trusted as far as it is reliable there."""
        ...

    def likenesses(self, colours: Own, pixels: Own, offsets: Own, sigma: float, out: Own) -> Own:
        """Write how much each pixel's samples resemble it; return what they sum to."""
        ...

    def mean_field(
        self, chance: Own, unary: Own, pixels: Own, colour: tuple[Own, Own, Own], near: tuple[Own, Own]
    ) -> Own:
        """Return the pixels' chances after one round."""
        ...


class NumbaKernels:
    """The loops of `masksmooth_kernels` themselves; a team's threads share the pixels."""

    from masksmooth_kernels import crf, trajectory, warp

    batch = 0
    corners_of = staticmethod(warp.corners_of)
    start_paths = staticmethod(warp.start_paths)
    link = staticmethod(warp.link)
    step = staticmethod(warp.step)
    gather = staticmethod(trajectory.gather)
    gather_trusted = staticmethod(trajectory.gather_trusted)
    likenesses = staticmethod(crf.likenesses)
    mean_field = staticmethod(crf.mean_field)

    def own(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return the array."""
        return array

    def empty(self, shape: Sequence[int]) -> NDArray[np.float32]:
        """Return float32 numbers to write to."""
        return np.empty(shape, np.float32)

    def joined(
        self, paths: Sequence[NDArray[np.float32]], times: Sequence[float]
    ) -> tuple[NDArray[np.float32], float]:
        """Return the one path there is."""
        (path,), (time,) = paths, times
        return path, time


def on_host(array: Own) -> NDArray[Any]:
    """Return an array of the kernels' own as numpy's."""
    return array if isinstance(array, np.ndarray) else cast("NDArray[Any]", array.cpu().numpy())


def kernels_for(device: str) -> Kernels:
    """Return the kernels that run on a device.

    Parameters
    ----------
    device : str
        ``cpu``, ``cuda`` or ``cuda:N``.

    Raises
    ------
    OptionError
        If it is none of these.
    DeviceError
        If CUDA cannot be used; says why.
    """
    if device == "cpu":
        return NumbaKernels()
    if not re.fullmatch(r"cuda(:\d+)?", device):
        raise OptionError(f"there is no device {device!r} to smooth on; choose cpu, cuda or cuda:N")
    trouble = cuda_trouble(int(device.partition(":")[2] or 0))
    if trouble:
        raise DeviceError(f"{device} cannot be used: {trouble}; smooth on device cpu")
    from masksmooth_filter.smoothing.torch_kernels import TorchKernels

    return TorchKernels(device)
