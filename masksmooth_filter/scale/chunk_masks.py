"""The filter that gives frames the masks which workers make of them, chunk by chunk, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import av
import numpy as np

from masksmooth_filter.errors import InputError
from masksmooth_filter.frames import Mask, MaskedFrame
from masksmooth_filter.scale.chunk_queue import ChunkQueue, Place
from masksmooth_filter.scale.chunk_store import ChunkStore
from masksmooth_filter.scale.chunk_work import ChunkOrder, ChunkScores, Network, picture_print, score
from masksmooth_filter.scale.chunks import Chunk
from masksmooth_filter.scale.crew import Crew
from masksmooth_filter.segment.masks_source import VideoSource


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
        self,
        crew: Crew,
        network: Network,
        order: ChunkOrder,
        *,
        chunks: Sequence[Chunk],
        store: ChunkStore[ChunkScores],
    ) -> None:
        self._queue = ChunkQueue(crew, score, order, chunks=chunks, store=store)
        self._network, self._path, self._store = network, order.film.path, store
        self.name, self.batch, self.labels = network.name, network.batch, network.labels
        self._reading: Iterator[tuple[int, Mask]] = iter(())
        self._place: Place[ChunkScores] | None = None
        self._taken = 0
        self._kind = ""

    def push(self, item: av.VideoFrame, /) -> list[MaskedFrame]:
        """Return the frame with its mask, waiting for the worker that makes it.

        Raises
        ------
        WorkerError
            If a worker has failed.
        InputError
            If the film decodes to other pictures each time.
        """
        self._queue.ask()
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
        self._queue.stop()

    def close(self) -> None:
        """Forget what was asked for; the crew is its owner's to stop."""
        self._queue.close()
        self._reading = iter(())

    def _open_next(self) -> Place[ChunkScores]:
        """Begin to read the next chunk; there is one, for the last has no end."""
        place = self._queue.next()
        assert place is not None
        scores = self._queue.wait(place)
        if self._kind and scores.kind and scores.kind != self._kind:
            what = "the film changes its colours or size, which moves its batches"
            raise InputError(f"{what}; leave out --jobs and --cluster")
        self._kind = scores.kind or self._kind
        self._read(place, scores, 0)
        return place

    def _read(self, place: Place[ChunkScores], scores: ChunkScores, skip: int) -> None:
        masks = self._masks(place.chunk) if scores.prints else iter(())
        self._place, self._taken = place, skip
        self._reading = islice(zip(scores.prints, masks, strict=False), skip, None)

    def _masks(self, chunk: Chunk) -> Iterator[Mask]:
        for stored in VideoSource(self._store.path(chunk)).read():
            planes = [picture.confidence() for picture in stored.pictures]
            yield np.stack(planes) if self._network.classes else planes[0]

    def _again(self, place: Place[ChunkScores], frame: av.VideoFrame) -> Mask:
        """Have the chunk made from the film's start, and return the frame's mask."""
        before = place.made.bounded[0] if place.made else None
        self._read(place, self._queue.anew(place, bounded=before, whole=True), self._taken - 1)
        print_, mask = next(self._reading, (None, None))
        self._taken += 1
        if mask is None or print_ != picture_print(frame):
            raise InputError(
                f"{self._path} decodes to other pictures each time; leave out --jobs and --cluster"
            )
        return mask
