"""A queue between two threads, bounded in items and in bytes, that a failure anywhere wakes up."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

import av

from masksmooth_filter.frames import CarriedPacket, MaskedFrame

MAX_ITEMS = 8
"""Items in a queue: enough that a stage seldom waits, few enough that 1080p stays under 30 MB a queue."""

MAX_BYTES = 64 << 20
"""Bytes in a queue: 20 frames of 1080p, but only 2 of 8K at 10 bit."""


class Cancelled(Exception):
    """The run has been cancelled; whoever waits on a queue stops."""


class Cancel:
    """The first error of a run, and the signal that ends all its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._conditions: list[threading.Condition] = []
        self.error: BaseException | None = None

    def register(self, condition: threading.Condition) -> None:
        """Have a condition's waiters woken by `set`."""
        self._conditions.append(condition)

    @property
    def is_set(self) -> bool:
        """Whether the run has been cancelled."""
        return self.error is not None

    def set(self, error: BaseException) -> None:
        """Cancel the run; the first error wins, later ones are its consequences."""
        with self._lock:
            if self.error is None:
                self.error = error
        for condition in self._conditions:
            with condition:
                condition.notify_all()


class BoundedQueue:
    """First in, first out; ``put`` waits while the queue is full, ``get`` while it is empty.

    Parameters
    ----------
    cancel : Cancel
        When set, both raise `Cancelled`.
    max_items, max_bytes : int
        What it holds at most; one item always fits.
    """

    def __init__(self, cancel: Cancel, *, max_items: int = MAX_ITEMS, max_bytes: int = MAX_BYTES) -> None:
        self._cancel = cancel
        self._max_items, self._max_bytes = max_items, max_bytes
        self._items: deque[tuple[Any, int]] = deque()
        self._bytes = 0
        self._changed = threading.Condition()
        cancel.register(self._changed)

    def put(self, item: Any) -> None:
        """Append an item, waiting for room."""
        size = size_of(item)
        with self._changed:
            self._changed.wait_for(lambda: self._cancel.is_set or self._has_room(size))
            self._check()
            self._items.append((item, size))
            self._bytes += size
            self._changed.notify_all()

    def get(self) -> Any:
        """Take the oldest item, waiting for one."""
        with self._changed:
            self._changed.wait_for(lambda: self._cancel.is_set or self._items)
            self._check()
            item, size = self._items.popleft()
            self._bytes -= size
            self._changed.notify_all()
        return item

    def _has_room(self, size: int) -> bool:
        fits = len(self._items) < self._max_items and self._bytes + size <= self._max_bytes
        return fits or not self._items

    def _check(self) -> None:
        if self._cancel.is_set:
            raise Cancelled


def size_of(item: Any) -> int:
    """Return about how many bytes an item of the chain holds in memory."""
    if isinstance(item, MaskedFrame):
        return size_of(item.frame) + item.mask.nbytes
    if isinstance(item, av.VideoFrame):
        return sum(plane.buffer_size for plane in item.planes)
    if isinstance(item, CarriedPacket):
        return item.packet.size
    return item.size if isinstance(item, av.Packet) else 0
