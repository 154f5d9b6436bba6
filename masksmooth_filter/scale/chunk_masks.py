"""The filter that gives frames the masks which workers make of them, chunk by chunk, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import av
import numpy as np

from masksmooth_filter.errors import InputError, WorkerError
from masksmooth_filter.frames import Mask, MaskedFrame
from masksmooth_filter.run.queues import Cancelled
from masksmooth_filter.scale.chunk_store import ChunkStore
from masksmooth_filter.scale.chunk_work import ChunkOrder, ChunkScores, Network, picture_print, score
from masksmooth_filter.scale.chunks import Chunk
from masksmooth_filter.scale.crew import Crew, Failure, Ticket
from masksmooth_filter.scale.films import NotHere

WAIT_S = 0.2
"""Seconds between looks at whether the run has been given up."""

AHEAD = 2
"""Chunks that may lie ready, beyond those that are worked on: what a slow encoder lets pile up."""


@dataclass(slots=True, eq=False)
class _Place:
    """A chunk on its way: asked for, or on the disk already."""

    chunk: Chunk
    ticket: Ticket | None
    scores: ChunkScores | None = None


class ChunkMasks:
    """Give every frame the mask that a worker has made of it; a Filter in place of `Segmenter`.

    The frame here and the one the worker saw are compared by a checksum: a chunk whose pictures were decoded
    otherwise (the film's keyframes are not what they seem) is made again from the film's start.

    Parameters
    ----------
    crew : Crew
        The workers; theirs is the thread that calls ``push``.
    network : Network
        What they have loaded.
    order : ChunkOrder
        What is the same for all chunks.
    chunks : sequence of Chunk
        The film, in order.
    store : ChunkStore
        Where chunks lie; those that are there already are not made again.
    """

    latency = 0

    def __init__(
        self, crew: Crew, network: Network, order: ChunkOrder, *, chunks: Sequence[Chunk], store: ChunkStore
    ) -> None:
        self._crew, self._network, self._order, self._store = crew, network, order, store
        self.name, self.batch, self.labels = network.name, network.batch, network.labels
        self._chunks = iter(chunks)
        self._places: deque[_Place] = deque()
        self._reading: Iterator[tuple[int, Mask]] = iter(())
        self._place: _Place | None = None
        self._taken = 0
        self._kind = ""
        self._bounded: bool | None = None
        self._sent: object = None
        self._stopped = False

    def push(self, item: av.VideoFrame, /) -> list[MaskedFrame]:
        """Return the frame with its mask, waiting for the worker that makes it.

        Raises
        ------
        WorkerError
            If a worker has failed.
        InputError
            If the film decodes to other pictures each time.
        """
        self._take(self._crew.pump(0))
        self._ask()
        place = self._place
        while place is None or not place.chunk.holds(item.pts):
            place = self._open_next()
        found = next(self._reading, None)
        self._taken += 1
        same = found is not None and found[0] == picture_print(item)
        mask = found[1] if found is not None and same else self._again(place, item)
        return [MaskedFrame(item, mask, self._network.classes)]

    def flush(self) -> list[MaskedFrame]:
        """Return nothing: no frame is held."""
        return []

    def stop(self) -> None:
        """Give up waiting; called from another thread."""
        self._stopped = True

    def close(self) -> None:
        """Forget what was asked for; the crew is its owner's to stop."""
        self._places.clear()
        self._reading = iter(())

    def _ask(self) -> None:
        """Have as many chunks made as may be on their way."""
        while len(self._places) < self._crew.size + AHEAD:
            chunk = next(self._chunks, None)
            if chunk is None:
                return
            known = self._store.find(chunk)
            order = replace(self._order, chunk=chunk, bounded=self._bounded)
            ticket = None if known else self._crew.submit(score, order, self._sent)
            self._places.append(_Place(chunk, ticket, known))

    def _open_next(self) -> _Place:
        """Begin to read the next chunk, waiting for it; there is one, for the last has no end."""
        self._ask()
        place = self._places.popleft()
        scores = self._wait(place)
        if self._bounded not in (None, scores.bounded[0]):  # made as if there were no pictures before
            scores = self._anew(place, bounded=self._bounded)
        self._bounded = scores.bounded[1]
        if self._kind and scores.kind and scores.kind != self._kind:
            what = "the film changes its colours or size, which moves its batches"
            raise InputError(f"{what}; leave out --jobs and --cluster")
        self._kind = scores.kind or self._kind
        self._read(place, scores, 0)
        return place

    def _anew(self, place: _Place, *, bounded: bool | None, whole: bool = False) -> ChunkScores:
        """Have a chunk made again, before all others."""
        order = replace(self._order, chunk=place.chunk, bounded=bounded, whole=whole)
        place.ticket, place.scores = self._crew.submit(score, order, self._sent, at_once=True), None
        return self._wait(place)

    def _read(self, place: _Place, scores: ChunkScores, skip: int) -> None:
        masks = self._masks(place.chunk) if scores.prints else iter(())
        self._place, self._taken = place, skip
        self._reading = islice(zip(scores.prints, masks, strict=False), skip, None)

    def _masks(self, chunk: Chunk) -> Iterator[Mask]:
        for stored in self._store.masks(chunk):
            planes = [picture.confidence() for picture in stored.pictures]
            yield np.stack(planes) if self._network.classes else planes[0]

    def _again(self, place: _Place, frame: av.VideoFrame) -> Mask:
        """Have the chunk made from the film's start, and return the frame's mask."""
        before = place.scores.bounded[0] if place.scores else None
        self._read(place, self._anew(place, bounded=before, whole=True), self._taken - 1)
        print_, mask = next(self._reading, (None, None))
        self._taken += 1
        if mask is None or print_ != picture_print(frame):
            path = self._order.film.path
            raise InputError(f"{path} decodes to other pictures each time; leave out --jobs and --cluster")
        return mask

    def _wait(self, place: _Place) -> ChunkScores:
        while place.scores is None:
            if self._stopped:
                raise Cancelled
            self._take(self._crew.pump(WAIT_S), place)
        return place.scores

    def _take(self, finished: Sequence[Ticket], *others: _Place) -> None:
        """Put what workers have finished on the disk."""
        for place in [*others, *self._places]:
            if place.ticket is not None and place.ticket in finished:
                self._settle(place, place.ticket)

    def _settle(self, place: _Place, ticket: Ticket) -> None:
        outcome = ticket.outcome
        if isinstance(outcome, Failure):
            raise WorkerError(outcome.message, outcome.exit_code)
        if isinstance(outcome, NotHere):
            self._sent = self._sent or self._crew.send(self._order.film.path)
            place.ticket = self._crew.submit(score, ticket.args[0], self._sent, at_once=True)
            return
        self._store.keep(place.chunk, outcome)
        place.scores, place.ticket = replace(outcome, file=b""), None
