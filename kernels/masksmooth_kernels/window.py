"""Which frames each output sees: a window of ``2 * radius + 1``, cut at the ends to the frames there are.

`Windows` says it for a whole volume at once; `Ring` says it for a stream, one frame at a time, holding
the window's planes and no more; `WindowStream` is what the streaming filters share. Both name frames by
their slot, the row of the array they lie in, so one kernel serves both and the results are bit-equal. In
a ring the slots wrap around; neither a sum nor a median minds the order, so planes are never moved.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels.volume import Plane, Volume, check_radius, check_shape, check_uint8, read_only


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows of M outputs.

    Attributes
    ----------
    slots : (M, 2 * radius + 1) int64
        Row of each frame of the window, oldest first; beyond ``counts`` the last one repeats.
    counts : (M,) int64
        Frames in the window.
    before : (M,) int64
        Frames in the window that are older than its centre.
    """

    slots: NDArray[np.int64]
    counts: NDArray[np.int64]
    before: NDArray[np.int64]

    @classmethod
    def around(cls, centres: NDArray[np.int64], *, radius: int, frames: int, ring: int) -> Windows:
        """Cut windows out of ``frames`` frames, of which frame ``f`` lies in slot ``f % ring``."""
        first = np.maximum(centres - radius, 0)
        end = np.minimum(centres + radius + 1, frames)
        taps = np.arange(2 * radius + 1, dtype=np.int64)
        slots = np.minimum(first[:, np.newaxis] + taps, end[:, np.newaxis] - 1) % ring
        return cls(slots, end - first, centres - first)

    @classmethod
    def of_volume(cls, frames: int, radius: int) -> Windows:
        """Return one window for each frame of a volume."""
        return cls.around(np.arange(frames), radius=radius, frames=frames, ring=max(frames, 1))


class Ring:
    """The last ``2 * radius + 1`` planes of a stream, each written over the oldest.

    Parameters
    ----------
    shape : tuple of int
        Shape of every plane.
    radius : int
        Frames on each side, 0 .. 15.

    Raises
    ------
    ValueError
        If the shape or the radius is not allowed.
    """

    def __init__(self, shape: tuple[int, ...], radius: int) -> None:
        self.shape = check_shape(shape)
        self.radius = check_radius(radius)
        self._planes = np.zeros((2 * self.radius + 1, *self.shape), np.uint8)
        self._taken = 0

    @property
    def planes(self) -> Volume:
        """The planes by slot, ``(2 * radius + 1, pixels)``, read-only."""
        return read_only(self._planes, (len(self._planes), math.prod(self.shape)))

    @property
    def next_slot(self) -> int:
        """Where the next plane will lie."""
        return self._taken % len(self._planes)

    def push(self, plane: Plane) -> list[Windows]:
        """Copy a plane in; return the window that is now complete, if one is.

        Raises
        ------
        ValueError
            If the plane is not uint8 or has another shape than the stream; the ring is unchanged then.
        """
        check_uint8(plane, "plane", self.shape)
        self._planes[self.next_slot] = plane
        self._taken += 1
        return self._windows(self._taken - 1 - self.radius, self._taken - self.radius)

    def flush(self) -> list[Windows]:
        """Return the windows still open, cut at the last plane, and start anew.

        They are to be used before the next plane is pushed.
        """
        rest = self._windows(self._taken - self.radius, self._taken)
        self._taken = 0
        return rest

    def _windows(self, first: int, end: int) -> list[Windows]:
        centres = np.arange(max(first, 0), end)
        ring = len(self._planes)
        return [
            Windows.around(centre, radius=self.radius, frames=self._taken, ring=ring)
            for centre in centres[:, np.newaxis]
        ]


class WindowStream:
    """A window filter over a stream of planes; a subclass says what it makes of a window.

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

    def __init__(self, shape: tuple[int, ...], *, radius: int) -> None:
        self._ring = Ring(shape, radius)

    @property
    def latency(self) -> int:
        """Planes held back: the radius."""
        return self._ring.radius

    def push(self, plane: Plane) -> list[Plane]:
        """Take a plane, which is copied; return the smoothed planes that are ready, at most one.

        Raises
        ------
        ValueError
            If the plane is not uint8 or not of the stream's shape. The stream can go on after it.
        """
        return [self._smooth(window) for window in self._ring.push(plane)]

    def flush(self) -> list[Plane]:
        """Return the planes held back, and be as new."""
        return [self._smooth(window) for window in self._ring.flush()]

    def _smooth(self, window: Windows) -> Plane:
        out = np.empty(self._ring.shape, np.uint8)
        self._fill(self._ring.planes, window, out.reshape(1, -1))
        return out

    def _fill(self, planes: Volume, window: Windows, out: NDArray[np.uint8]) -> None:
        """Write the result of one window to ``out``, ``(1, pixels)``."""
        raise NotImplementedError
