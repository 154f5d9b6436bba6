"""A queue between two threads: bounded in items, with the others of its run in bytes, woken by a failure."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any

import av

from masksmooth_filter.frames import CarriedPacket, FollowedFrame, MaskedFrame, RoughFrame

MAX_ITEMS = 8
"""Items in a queue: enough that a stage seldom waits."""

BUDGET = 9 << 20
"""Bytes in all queues of a run together: 3 frames of 1080p; at 2160p one for each queue. With 12 MB a run of
1080p peaked 6 MB higher, and was no faster."""


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


class Budget:
    """Bytes that several queues share.

    Parameters
    ----------
    limit : int
        How many. A queue that is empty takes its item all the same: each link of a chain can always move,
        so that no queue waits for room that a later one will never give.
    """

    def __init__(self, limit: int = BUDGET) -> None:
        self.limit = limit
        self.lock = threading.RLock()
        self.held = 0
        self.short: set[threading.Condition] = set()

    def give_back(self, size: int) -> None:
        """Take back what an item held, and wake whoever waits for it; the lock is held."""
        self.held -= size
        for condition in self.short:
            condition.notify_all()


class BoundedQueue:
    """First in, first out; ``put`` waits while the queue is full, ``get`` while it is empty.

    Parameters
    ----------
    cancel : Cancel
        When set, both raise `Cancelled`.
    min_items : int
        What it takes whatever others hold.
    max_items : int
        What it holds at most.
    budget : Budget, optional
        The bytes it shares with others; its own by default. One item always fits.

    Attributes
    ----------
    full_s, empty_s : float
        Seconds that ``put`` has waited for room, and ``get`` for an item.
    """

    def __init__(
        self,
        cancel: Cancel,
        *,
        min_items: int = 1,
        max_items: int = MAX_ITEMS,
        budget: Budget | None = None,
    ) -> None:
        self._cancel, self._min_items, self._max_items = cancel, min_items, max_items
        self._budget = budget or Budget()
        self._items: deque[tuple[Any, int]] = deque()
        self._room, self._ready = (threading.Condition(self._budget.lock) for _ in range(2))
        self._seen = self._taken = self._last_size = 0
        self.full_s = self.empty_s = 0.0
        cancel.register(self._room)
        cancel.register(self._ready)

    @property
    def fill(self) -> float:
        """Mean share of its places that were taken when an item was fetched, 0 to 1."""
        return self._seen / (self._taken * self._max_items) if self._taken else 0.0

    def wait_for_room(self) -> None:
        """Wait until an item like the last would not have to wait."""
        with self._room:
            self._wait_for_room(self._last_size)

    def put(self, item: Any) -> None:
        """Append an item, waiting for room."""
        size = size_of(item)
        with self._room:
            self._wait_for_room(size)
            self._last_size = size
            self._items.append((item, size))
            self._budget.held += size
            self._ready.notify()

    def get(self) -> Any:
        """Take the oldest item, waiting for one."""
        with self._ready:
            self._seen += len(self._items)
            if not self._items:
                start = time.perf_counter()
                self._ready.wait_for(lambda: self._cancel.is_set or self._items)
                self.empty_s += time.perf_counter() - start
            self._check()
            item, size = self._items.popleft()
            self._taken += 1
            self._budget.give_back(size)
            self._room.notify()
        return item

    def first(self, kind: type[Any]) -> Any | None:
        """Return the oldest item of a kind and leave it where it is; None if there is none."""
        with self._ready:
            return next((item for item, _ in self._items if isinstance(item, kind)), None)

    def _wait_for_room(self, size: int) -> None:
        if not self._has_room(size):
            start = time.perf_counter()
            self._budget.short.add(self._room)
            try:
                self._room.wait_for(lambda: self._cancel.is_set or self._has_room(size))
            finally:
                self._budget.short.discard(self._room)
            self.full_s += time.perf_counter() - start
        self._check()

    def _has_room(self, size: int) -> bool:
        fits = len(self._items) < self._max_items and self._budget.held + size <= self._budget.limit
        return fits or len(self._items) < self._min_items

    def _check(self) -> None:
        if self._cancel.is_set:
            raise Cancelled


def size_of(item: Any) -> int:
    """Return about how many bytes an item of the chain holds in memory."""
    if isinstance(item, MaskedFrame):
        masks = item.mask.nbytes + (0 if item.raw is None or item.raw is item.mask else item.raw.nbytes)
        return size_of(item.frame) + masks + (item.motion.nbytes if item.motion else 0)
    if isinstance(item, RoughFrame):
        return size_of(item.masked) + int(item.rough.nbytes)
    if isinstance(item, FollowedFrame):
        return size_of(item.frame) + item.motion.nbytes
    if isinstance(item, av.VideoFrame):
        return sum(plane.buffer_size for plane in item.planes)
    if isinstance(item, CarriedPacket):
        return item.packet.size
    return item.size if isinstance(item, av.Packet) else 0
