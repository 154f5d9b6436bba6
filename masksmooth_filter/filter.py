"""What a filter is. This module is the specification; everything in the chain keeps it.

A filter takes items one at a time and hands items back, like a GStreamer element or a libavfilter
filter, but with plain calls:

* **Order and count.** Items leave in the order they came. A filter over frames gives exactly one item
  for each it took: none dropped, none invented, none twice. (Codecs are filters too; there one item
  may make several, or several one.)
* **Latency.** ``latency`` is the most items that ``push`` may hold back. It never changes.
* **flush** is the end of a stream or a cut: hand over all that is held, then be as new.
* **close** frees what the filter holds. Twice is fine. After an exception a filter can still be closed.
* **Lists, not generators**, come back: a generator nobody iterates loses frames without a sound.
* **Inputs are never written to.** A frame leaves with the time it came with.
* **Settings** are checked in the constructor and fixed from then on; ``push`` never complains about an
  option. State lives between the first ``push`` and ``flush``.
* **Threads.** A filter is used by one thread at a time; it need not lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeVar

In_contra = TypeVar("In_contra", contravariant=True)
Out = TypeVar("Out")


class Filter(Protocol[In_contra, Out]):
    """Items in, items out: in order, each exactly once, none invented."""

    @property
    def latency(self) -> int:
        """The most items ``push`` may hold back."""
        ...

    def push(self, item: In_contra, /) -> list[Out]:
        """Take one item; return those that are ready."""
        ...

    def flush(self) -> list[Out]:
        """Hand over everything that is held and be as new."""
        ...

    def close(self) -> None:
        """Free what the filter holds. Calling it twice is fine."""
        ...


class Chain:
    """Several filters as one: what leaves one enters the next.

    Parameters
    ----------
    *filters : Filter
        At least one, in the order the items walk through them.
    """

    def __init__(self, *filters: Filter[Any, Any]) -> None:
        self._filters = filters

    @property
    def latency(self) -> int:
        """The sum of the filters' latencies."""
        return sum(f.latency for f in self._filters)

    def push(self, item: Any, /) -> list[Any]:
        """Take one item; return those that came through all filters."""
        return self._walk([item], self._filters)

    def flush(self) -> list[Any]:
        """Flush the filters first to last, each one's rest walking through those behind it."""
        out: list[Any] = []
        for i, filter_ in enumerate(self._filters):
            out += self._walk(filter_.flush(), self._filters[i + 1 :])
        return out

    def close(self) -> None:
        """Close every filter."""
        for filter_ in self._filters:
            filter_.close()

    @staticmethod
    def _walk(items: list[Any], filters: tuple[Filter[Any, Any], ...]) -> list[Any]:
        for filter_ in filters:
            items = [out for item in items for out in filter_.push(item)]
        return items


def chain(*filters: Filter[Any, Any]) -> Chain:
    """Join filters into one; see `Chain`."""
    return Chain(*filters)


def through(filter_: Filter[In_contra, Out], items: Iterable[In_contra]) -> Iterator[Out]:
    """Push every item through a filter, flush it, close it, and yield what comes out.

    Parameters
    ----------
    filter_ : Filter
        Closed at the end, also when the caller stops early or an error is raised.
    items : iterable
        What goes in.
    """
    try:
        for item in items:
            yield from filter_.push(item)
        yield from filter_.flush()
    finally:
        filter_.close()
