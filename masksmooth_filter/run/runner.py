"""Run a chain of filters with a thread each and bounded queues between.

``source -> filter -> filter -> ... -> sink``. Packets of other streams (`CarriedPacket`) walk through
the same queues, past the filters: one ordered way for everything, so nothing has to be put back in step
and no side queue can lock the chain up.

The sink runs in the calling thread, which is where Ctrl-C arrives. The first error anywhere cancels the
rest, every thread is joined, and the error is raised with the filter's name and the item's time.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from masksmooth_filter.cores import usable_cores
from masksmooth_filter.errors import FilterError
from masksmooth_filter.filter import Filter
from masksmooth_filter.frames import CarriedPacket, FollowedFrame, MaskedFrame, RoughFrame
from masksmooth_filter.run.queues import BoundedQueue, Budget, Cancel, Cancelled
from masksmooth_filter.timing import seconds_of

BUSY_CORES = 2
"""Cores that are busy anyway. On more, what comes next waits before a filter that can begin with it, however
little room there is; on two it took 12 MB at 1080p and gained nothing."""

END = object()
"""Last item of every queue: the stream is over."""


@dataclass(slots=True)
class Stage:
    """A filter of a running chain, its name for messages, and what it has done so far.

    Attributes
    ----------
    name : str
        Names the thread, errors and speeds.
    filter : Filter
        Used by one thread alone, which also closes it.
    items : int
        Items taken in.
    busy : float
        Seconds spent in the filter, not waiting.
    on_first : callable, optional
        Called before the filter gets its first item.
    before, after : BoundedQueue, optional
        The queues it stands between, once it runs.
    """

    name: str
    filter: Filter[Any, Any]
    items: int = 0
    busy: float = 0.0
    on_first: Callable[[], None] | None = None
    before: BoundedQueue | None = None
    after: BoundedQueue | None = None

    @property
    def starved(self) -> float:
        """Seconds it has waited for an item."""
        return 0.0 if self.before is None else self.before.empty_s

    @property
    def blocked(self) -> float:
        """Seconds it has waited for room behind it."""
        return 0.0 if self.after is None else self.after.full_s

    @property
    def fill(self) -> float:
        """Mean share of the queue before it that was taken, 0 to 1: near 1 before the slowest part."""
        return 0.0 if self.before is None else self.before.fill


class Runner:
    """A chain that is run once.

    Parameters
    ----------
    source : iterable
        What walks through; iterated in a thread of its own.
    stages : sequence of Stage
        The filters in order.
    sink : callable
        Takes each item at the end, in the thread that calls `run`.
    give_up : callable
        Called when the run is cancelled: the source may wait for a pipe that never ends.
    name : str
        What errors call the source.
    """

    def __init__(
        self,
        source: Iterable[Any],
        stages: Sequence[Stage],
        sink: Callable[[Any], None],
        *,
        give_up: Callable[[], None] = lambda: None,
        name: str = "demux",
    ) -> None:
        self._name = name
        self._source, self._stages, self._sink, self._give_up = source, stages, sink, give_up
        self._cancel = Cancel()
        budget = Budget()
        least = [1 + (hasattr(stage.filter, "expect") and usable_cores() > BUSY_CORES) for stage in stages]
        self._queues = [BoundedQueue(self._cancel, min_items=few, budget=budget) for few in [*least, 1]]
        for stage, before, after in zip(stages, self._queues, self._queues[1:], strict=False):
            stage.before, stage.after = before, after

    def run(self) -> None:
        """Run to the end of the source.

        Raises
        ------
        FilterError
            If the source, a filter or the sink failed; the original error is its cause.
        KeyboardInterrupt
            Once every thread has stopped.
        """
        threads = [threading.Thread(target=self._feed, name=self._name)]
        for i, stage in enumerate(self._stages):
            threads.append(threading.Thread(target=self._work, args=(stage, i), name=stage.name))
        try:
            for thread in threads:
                thread.start()
            self._drain()
            if not self._cancel.is_set:
                _join(threads)
        except BaseException as error:  # also a signal that came while a thread started or was waited for
            self._cancel.set(error)
        if self._cancel.is_set:
            self._give_up()
        _join(threads)
        if self._cancel.error is not None:
            raise self._cancel.error

    def _feed(self) -> None:
        """Put what the source gives into the first queue."""
        try:
            for item in self._source:
                self._queues[0].put(item)
            self._queues[0].put(END)
        except Cancelled:
            pass
        except BaseException as error:
            self._fail(self._name, error, None)

    def _work(self, stage: Stage, index: int) -> None:
        """Take items from a stage's queue, push them through its filter, pass on what comes out.

        Nothing is referred to while the next queue has no room: a frame a stage is 100 MB at 2160p.
        """
        at: float | None = None
        over = False
        try:
            while not over:
                self._queues[index + 1].wait_for_room()
                item = self._queues[index].get()
                at, over = _seconds(item), item is END
                self._foretell(stage, self._queues[index])
                ready = deque(self._through(stage, item))
                del item
                while ready:
                    self._queues[index + 1].put(ready.popleft())
            self._queues[index + 1].put(END)
        except Cancelled:
            pass
        except BaseException as error:
            self._fail(stage.name, error, at)
        finally:
            self._close(stage)

    @staticmethod
    def _foretell(stage: Stage, before: BoundedQueue) -> None:
        """Tell a filter that can begin with it which masked frame comes next, if that is there already."""
        expect = getattr(stage.filter, "expect", None)
        if expect is not None and (coming := before.first(MaskedFrame)) is not None:
            expect(coming)

    @staticmethod
    def _through(stage: Stage, item: Any) -> list[Any]:
        """Push one item, or pass a carried packet by; the end of the stream flushes."""
        if isinstance(item, CarriedPacket):
            return [item]
        if stage.on_first is not None and not stage.items:
            stage.on_first()
        start = time.perf_counter()
        out = stage.filter.flush() if item is END else stage.filter.push(item)
        stage.busy += time.perf_counter() - start
        stage.items += item is not END
        return out

    def _close(self, stage: Stage) -> None:
        try:
            stage.filter.close()
        except Exception as error:
            self._fail(stage.name, error, None)

    def _drain(self) -> None:
        """Hand what leaves the last queue to the sink until the stream is over."""
        item: Any = None
        try:
            while (item := self._queues[-1].get()) is not END:
                self._sink(item)
        except Cancelled:
            pass
        except Exception as error:
            self._fail("write", error, _seconds(item))

    def _fail(self, name: str, error: BaseException, at: float | None) -> None:
        failure = FilterError(name, error, at)
        failure.__cause__ = error
        self._cancel.set(failure)


def _seconds(item: Any) -> float | None:
    """Return an item's time for messages."""
    carrier = item.frame if isinstance(item, MaskedFrame | FollowedFrame | RoughFrame) else item
    return seconds_of(carrier) if hasattr(carrier, "time_base") else None


def _join(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        if thread.ident is not None:
            thread.join()
