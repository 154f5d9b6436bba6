"""Chunks of a film on their way to workers and back, in order, a few at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Generic

from masksmooth_filter.errors import WorkerError
from masksmooth_filter.options import Options
from masksmooth_filter.run.queues import Cancelled
from masksmooth_filter.scale.chunk_store import ChunkStore, Made
from masksmooth_filter.scale.chunk_work import ChunkOrder, Network, describe
from masksmooth_filter.scale.chunks import Chunk
from masksmooth_filter.scale.crew import Crew, Failure, Ticket
from masksmooth_filter.scale.films import NotHere, Sent

WAIT_S = 0.2
"""Seconds between looks at whether the run has been given up."""

AHEAD = 2
"""Chunks that may lie ready, beyond those that are worked on: what a slow reader lets pile up."""

Work = Callable[[ChunkOrder, Sent], Made | NotHere]
"""What a worker does with a chunk."""


def network_of(crew: Crew, options: Options) -> Network:
    """Have a worker load the network, and return what it says of it.

    Raises
    ------
    WorkerError
        If it cannot be loaded.
    """
    ticket = crew.submit(describe, options)
    while ticket.outcome is None:
        crew.pump(WAIT_S)
    if isinstance(ticket.outcome, Failure):
        raise WorkerError(ticket.outcome.message, ticket.outcome.exit_code)
    network: Network = ticket.outcome
    return network


@dataclass(slots=True, eq=False)
class Place(Generic[Made]):
    """A chunk on its way: asked for, or on the disk already.

    Attributes
    ----------
    chunk : Chunk
        Which.
    ticket : Ticket, optional
        The call that makes it, until it is made.
    made : optional
        What is known of it once its file is in the store.
    """

    chunk: Chunk
    ticket: Ticket | None
    made: Made | None = None


class ChunkQueue(Generic[Made]):
    """Has chunks made, and hands them out in order.

    Parameters
    ----------
    crew : Crew
        The workers; theirs is the thread that calls all methods but ``stop``.
    work : callable
        What they do.
    order : ChunkOrder
        What is the same for all chunks.
    chunks : iterable of Chunk or None
        The film, in order; None where the next chunk's end is still looked for.
    store : ChunkStore
        Where chunks lie; those that are there already are not made again.
    """

    def __init__(
        self,
        crew: Crew,
        work: Work[Made],
        order: ChunkOrder,
        *,
        chunks: Iterable[Chunk | None],
        store: ChunkStore[Made],
    ) -> None:
        self._crew, self._work, self._order, self._store = crew, work, order, store
        self._chunks = iter(chunks)
        self._places: deque[Place[Made]] = deque()
        self._bounded: bool | None = None
        self._sent: Any = None
        self._stopped = False

    def ask(self) -> None:
        """Have as many chunks made as may be on their way, unless the next one is there."""
        self._take(self._crew.pump(0))
        while len(self._places) < self._crew.size + AHEAD and not self._next_is_made():
            if self._stopped:
                raise Cancelled
            try:
                chunk = next(self._chunks)
            except StopIteration:
                return
            if chunk is None:
                self._take(self._crew.pump(0))
                continue
            known = self._store.find(chunk)
            order = replace(self._order, chunk=chunk, bounded=self._bounded)
            ticket = None if known else self._crew.submit(self._work, order, self._sent)
            self._places.append(Place(chunk, ticket, known))

    def next(self) -> Place[Made] | None:
        """Return the next chunk, waiting for it; None if there is none."""
        self.ask()
        if not self._places:
            return None
        place = self._places.popleft()
        made = self.wait(place)
        if self._bounded not in (None, made.bounded[0]):  # made as if there were no pictures before
            made = self.anew(place, bounded=self._bounded)
        self._bounded = made.bounded[1]
        return place

    def anew(self, place: Place[Made], *, bounded: bool | None, whole: bool = False) -> Made:
        """Have a chunk made again, before all others."""
        order = replace(self._order, chunk=place.chunk, bounded=bounded, whole=whole)
        place.ticket = self._crew.submit(self._work, order, self._sent, at_once=True)
        place.made = None
        return self.wait(place)

    def wait(self, place: Place[Made]) -> Made:
        """Return what is known of a chunk once it is made."""
        while place.made is None:
            if self._stopped:
                raise Cancelled
            self._take(self._crew.pump(WAIT_S), place)
        return place.made

    def stop(self) -> None:
        """Give up waiting; called from another thread."""
        self._stopped = True

    def close(self) -> None:
        """Forget what was asked for; the crew is its owner's to stop."""
        self._places.clear()

    def _next_is_made(self) -> bool:
        return bool(self._places) and self._places[0].made is not None

    def _take(self, finished: list[Ticket], *others: Place[Made]) -> None:
        """Put what workers have finished on the disk."""
        for place in [*others, *self._places]:
            if place.ticket is not None and place.ticket in finished:
                self._settle(place, place.ticket)

    def _settle(self, place: Place[Made], ticket: Ticket) -> None:
        outcome = ticket.outcome
        if isinstance(outcome, Failure):
            raise WorkerError(outcome.message, outcome.exit_code)
        if isinstance(outcome, NotHere):
            self._sent = self._sent or self._crew.send(self._order.film.path)
            place.ticket = self._crew.submit(self._work, ticket.args[0], self._sent, at_once=True)
            return
        place.made, place.ticket = self._store.keep(place.chunk, outcome), None
