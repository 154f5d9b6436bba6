"""What the streams share: the last frames, held, and the outputs that become complete as frames come.

A stream holds the ``2 * radius`` frames before the present one, each written over the oldest, and what is
known of their tiles; tiles that are one constant are not even copied. Its outputs are those of a whole
volume, bit for bit: both go through the same kernel with the same kind of schedule.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels.job import VECTOR, Ints
from masksmooth_kernels.strips import Core, Memory, Schedule, aligned, run, schedule, tiles_in
from masksmooth_kernels.volume import Plane, Volume, check_radius, check_shape, check_uint8


class Held:
    """The frames a stream holds, and what is known of their tiles.

    Parameters
    ----------
    pixels : int
        Pixels of a plane.
    slots : int
        Frames to hold.
    """

    def __init__(self, pixels: int, slots: int) -> None:
        self._size, self._slots = max(pixels, VECTOR), slots
        self._stride = -(-self._size // 64) * 64 + 64  # no two slots a multiple of 4096 bytes apart
        self._planes = aligned((slots, self._stride))
        self._states = self._blank(slots + 1)

    def rows(self, fresh: Sequence[Plane]) -> Ints:
        """Return the address of every row: the slots, then the fresh planes."""
        base = self._planes.ctypes.data
        return np.array(
            [*range(base, base + self._slots * self._stride, self._stride), *(p.ctypes.data for p in fresh)],
            np.int64,
        )

    def states(self, fresh: int) -> NDArray[np.int32]:
        """Return what is known of the tiles of the slots, and room for those of the fresh planes."""
        if len(self._states) < self._slots + fresh:
            self._states = np.concatenate([self._states[: self._slots], self._blank(fresh)])
        return self._states

    def _blank(self, rows: int) -> NDArray[np.int32]:
        return np.zeros((rows, tiles_in(self._size)), np.int32)


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
        self._shape, self._radius = check_shape(shape), check_radius(radius)
        self._pixels = math.prod(self._shape)
        self._held = Held(self._pixels, 2 * self._radius)
        self._taken = 0

    @property
    def latency(self) -> int:
        """Planes held back: the radius."""
        return self._radius

    def push(self, plane: Plane) -> list[Plane]:
        """Take a plane, which is copied; return the smoothed planes that are ready, at most one.

        Raises
        ------
        ValueError
            If the plane is not uint8 or not of the stream's shape. The stream can go on after it.
        """
        return self.push_all([plane])

    def push_all(self, planes: Sequence[Plane]) -> list[Plane]:
        """Take several planes at once; return the smoothed planes that are ready.

        The result is that of pushing one after the other, sooner: what a window shares with the next is
        read once.

        Raises
        ------
        ValueError
            If a plane is not uint8 or not of the stream's shape; none is taken then.
        """
        for plane in planes:
            check_uint8(plane, "plane", self._shape)
        return self._advance([self._whole(plane) for plane in planes], end=False)

    def flush(self) -> list[Plane]:
        """Return the planes held back, and be as new."""
        rest = self._advance([], end=True)
        self._taken = 0
        return rest

    def _core(self, plan: Schedule) -> Core:
        """Say what is made of the windows of a schedule."""
        raise NotImplementedError

    def _advance(self, fresh: list[Plane], *, end: bool) -> list[Plane]:
        plan = schedule(self._taken, len(fresh), radius=self._radius, held=2 * self._radius, end=end)
        if not fresh and not len(plan.counts):
            return []
        out = aligned((len(plan.counts), max(self._pixels, VECTOR)))
        memory = Memory(self._held.rows(fresh), self._held.states(len(fresh)), out)
        run(plan, memory, self._core(plan))
        self._taken += len(fresh)
        return [plane[: self._pixels].reshape(self._shape) for plane in out]

    def _whole(self, plane: Plane) -> Volume:
        """Return a plane in one piece, and of at least one vector."""
        flat = np.ascontiguousarray(plane).reshape(-1)
        return flat if flat.size >= VECTOR else np.pad(flat, (0, VECTOR - flat.size))
