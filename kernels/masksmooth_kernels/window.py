"""What the streams share: the last frames, held, and the outputs that become complete as frames come.

A stream holds the ``2 * radius`` frames before the present one, each written over the oldest, and what is
known of their tiles of 64 pixels, which mostly is enough (`_known`). Its outputs are those of a whole volume,
bit for bit: both go the same way (`_pass`) with the same kind of schedule.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels import job
from masksmooth_kernels._jit import function, native
from masksmooth_kernels.job import BLOCK, BLOCKS, LINE, STRIP, Ints
from masksmooth_kernels.schedule import Schedule, schedule
from masksmooth_kernels.strips import Core, room, strips_of, table_of, with_core
from masksmooth_kernels.volume import CACHE_LINE, Plane, aligned, check_radius, check_shape, check_uint8


class Held:
    """The frames a stream holds, and what is known of their tiles.

    Attributes
    ----------
    size : int
        Pixels of a plane, or of the least that the pass takes.
    slots : int
        Frames that are held.
    """

    def __init__(self, pixels: int, slots: int) -> None:
        self.size, self.slots = max(pixels, BLOCK), slots
        self.strips = strips_of(self.size)
        stride = self.strips * STRIP + CACHE_LINE  # no two slots a multiple of 4096 bytes apart
        self._planes = aligned(slots * stride)
        self._rows = address(self._planes) + np.arange(slots + 1, dtype=np.int64) * stride
        self._bounds = self._room(1)
        self.stored = np.zeros((self.strips * BLOCKS, slots), np.int64)

    def _room(self, fresh: int) -> NDArray[np.uint8]:
        rows = self.slots + fresh
        return aligned(self.strips * rows * LINE).reshape(self.strips, rows, LINE)

    def rows(self, fresh: Sequence[Plane]) -> Ints:
        """Return the address of every row: the slots, then the fresh planes."""
        if len(self._rows) < self.slots + len(fresh):
            self._rows = np.concatenate([self._rows[: self.slots], np.zeros(len(fresh), np.int64)])
        for row, plane in enumerate(fresh, self.slots):
            self._rows[row] = address(plane)
        return self._rows

    def bounds(self, fresh: int) -> NDArray[np.uint8]:
        """Return what `job` calls BOUNDS, with room for fresh planes."""
        if self._bounds.shape[1] < self.slots + fresh:
            held = self._bounds[:, : self.slots]
            self._bounds = self._room(fresh)
            self._bounds[:, : self.slots] = held
        return self._bounds


def address(array: NDArray[np.uint8] | Ints) -> int:
    """Return where an array begins."""
    return int(array.__array_interface__["data"][0])


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

    _cut_too = False  # see `schedule`

    def __init__(self, shape: tuple[int, ...], *, radius: int) -> None:
        self._shape, self._radius = check_shape(shape), check_radius(radius)
        self._pixels = math.prod(self._shape)
        self._held = Held(self._pixels, 2 * self._radius)
        self._taken = 0
        self._tables: dict[Schedule, tuple[Ints, Core]] = {}
        self._room = room()

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

    def _table(self, plan: Schedule) -> tuple[Ints, Core]:
        """Return the table of a schedule, and what must live as long; a steady state repeats."""
        if plan not in self._tables:
            if len(self._tables) > _MOST_TABLES:
                self._tables.clear()
            core = self._core(plan)
            self._tables[plan] = with_core(table_of(plan), core, looking=True), core
        return self._tables[plan]

    def _advance(self, fresh: list[Plane], *, end: bool) -> list[Plane]:
        held, count = self._held, len(fresh)
        plan = schedule(
            self._taken, count, radius=self._radius, held=held.slots, end=end, cut_too=self._cut_too
        )
        outputs = len(plan.counts)
        if not fresh and not outputs:
            return []
        stride = -(-held.size // CACHE_LINE) * CACHE_LINE
        out = aligned(outputs * stride)
        places = address(out) + np.arange(outputs) * stride
        rows, bounds = held.rows(fresh), held.bounds(count)
        table, _core = self._table(plan)
        table[job.ROWS], table[job.OUT] = address(rows), address(places)
        table[job.BOUNDS], table[job.STORED] = address(bounds), address(held.stored)
        table[job.HELD], table[job.ARRIVING], table[job.KNOWN] = held.slots, count, bounds.shape[1]
        table[job.PIXELS] = held.size
        function(native("_pass", "look_first"), 4)(address(table), 0, held.strips, address(self._room))
        self._taken += count
        return [out[k * stride :][: self._pixels].reshape(self._shape) for k in range(outputs)]

    def _whole(self, plane: Plane) -> Plane:
        """Return a plane as a row of pixels, padded to the least that the pass takes."""
        flat = np.ascontiguousarray(plane).reshape(-1)
        return np.pad(flat, (0, self._held.size - flat.size)) if flat.size < self._held.size else flat


_MOST_TABLES = 256
"""Schedules a stream remembers: as many as its slots, for every number of planes that are pushed at once."""
