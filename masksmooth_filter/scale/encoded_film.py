"""One long film, all of it on workers: chunks from scene cut to scene cut, encoded there, joined here."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import av

from masksmooth_filter.errors import OptionError
from masksmooth_filter.files import fingerprint
from masksmooth_filter.media import PIPE, Demuxer
from masksmooth_filter.media.parts import Joints, PartEncoding
from masksmooth_filter.options import Options
from masksmooth_filter.report.report import StageSpeed
from masksmooth_filter.run.frame_filter import chosen_segmenter
from masksmooth_filter.run.origin import Origin
from masksmooth_filter.scale.chunk_film import (
    ChunkPackets,
    FilmOrder,
    encode_chunk,
    film_origin,
    read_packets,
)
from masksmooth_filter.scale.chunk_queue import ChunkQueue, network_of
from masksmooth_filter.scale.chunk_store import ChunkStore
from masksmooth_filter.scale.crew import Crew
from masksmooth_filter.scale.films import Film
from masksmooth_filter.scale.record import made_of
from masksmooth_filter.scale.scene_chunks import SceneChunk, SceneChunks
from masksmooth_filter.segment.registry import SegmenterOptions, create_model
from masksmooth_filter.segment.segmenter import Segmenter
from masksmooth_filter.settings import METHODS

LOG = logging.getLogger("masksmooth_filter")

LOOKED = 25
"""Frames that are looked at for a cut between two looks at the workers: a tenth of a second."""

IN_ORDER = ("save_masks", "report", "work_dir", "export", "hold")
"""Options that need all masks in order, across scene cuts."""


class EncodedFilm:
    """Has a film made by workers in chunks that begin at scene cuts; a `FarFilm`.

    At a cut the smoother begins anew, so a worker that does the whole chain from one cut to another gives
    the pictures of a plain run. Its encoder starts anew too: each chunk begins with a keyframe and refers to
    nothing before, so that the chunks' packets, one after the other, are a film. Here the film is decoded,
    for its cuts and for a checksum of the pictures that a worker has to see, and the packets are put
    together with all that the plain run carries over.

    Parameters
    ----------
    crew : Crew
        The workers.
    film : Path
        The input.
    options : Options
        What the user chose.
    folder : Path
        Where chunks lie until the output is whole.
    least : int
        Frames of a chunk at least.
    """

    def __init__(self, crew: Crew, film: Path, *, options: Options, folder: Path, least: int) -> None:
        self._crew, self._film = crew, film
        self._batch = 1
        self._options, self._folder, self._least = options, folder, least
        self._queue: ChunkQueue[ChunkPackets] | None = None
        self._chunks = self._frames = 0
        self._seconds = 0.0
        self._stopped = False

    @property
    def speeds(self) -> tuple[StageSpeed, ...]:
        """How long the workers have worked, all together."""
        return (StageSpeed("workers", self._frames, self._seconds, 0.0, 0.0, 0.0),)

    @property
    def warnings(self) -> list[str]:
        """Whether there was too little to share out."""
        workers = self._crew.size
        if not 0 < self._chunks < workers:
            return []
        parts = "is one chunk" if self._chunks == 1 else f"has {self._chunks} chunks"
        return [f"the film {parts} by its scene cuts, so {self._chunks} of {workers} workers did all of it"]

    def origin(self) -> Origin:
        """Return where masks come from, as in a worker."""
        network = network_of(self._crew, self._options)
        self._batch = network.batch
        self._options = dataclasses.replace(self._options, segmenter=network.name)
        size = self._crew.size
        LOG.info("%s and all else runs on %d workers, from scene cut to scene cut", network.name, size)
        name, settings = chosen_segmenter(self._options)
        make = partial(_segmenter, name, settings)
        return film_origin(name, network.labels, network.batch, make)

    def packets(self, demuxer: Demuxer, encoding: PartEncoding, *, latency: int) -> Iterator[av.Packet[Any]]:
        """Yield the packets of all chunks in order, as they come.

        Raises
        ------
        WorkerError
            If a worker has failed.
        OutputError
            If chunks cannot be joined.
        """
        store = ChunkStore(
            self._folder, ChunkPackets, {**made_of(self._film, self._options), "encoding": repr(encoding)}
        )
        order = FilmOrder(
            film=Film(self._film, fingerprint(self._film) if self._crew.sends else None),
            chunk=SceneChunk(None, None, None, 0, 0),
            options=self._options,
            info=demuxer.info,
            encoding=encoding,
            folder=None if self._crew.sends else self._folder,
        )
        chunks = self._scenes(demuxer, flashes=latency > 0)
        self._queue = ChunkQueue(self._crew, encode_chunk, order, chunks=chunks, store=store)
        if self._stopped:
            self._queue.stop()
        yield from self._joined(self._queue, store, encoding)

    def stop(self) -> None:
        """Give up waiting; called from another thread."""
        self._stopped = True
        if self._queue is not None:
            self._queue.stop()

    def _scenes(self, demuxer: Demuxer, *, flashes: bool) -> Iterator[SceneChunk | None]:
        """Yield chunks as they are found, and None now and then."""
        scenes = SceneChunks(least=self._least, batch=self._batch, flashes=flashes)
        for number, frame in enumerate(_decoded(demuxer)):
            if (chunk := scenes.push(frame)) is not None:
                yield chunk
            elif number % LOOKED == 0:
                yield None
        yield from scenes.flush()

    def _joined(
        self, queue: ChunkQueue[ChunkPackets], store: ChunkStore[ChunkPackets], encoding: PartEncoding
    ) -> Iterator[av.Packet[Any]]:
        joints = Joints()
        while (place := queue.next()) is not None:
            made = queue.wait(place)
            self._chunks, self._frames = self._chunks + 1, self._frames + place.chunk.frames
            self._seconds += made.seconds
            times = joints.decoding_times([row[0] for row in made.rows], [row[1] for row in made.rows])
            for (row, packet), decoded in zip(
                read_packets(store.path(place.chunk), made.rows), times, strict=True
            ):
                packet.pts, packet.dts, packet.duration = row[0], decoded, row[2]
                packet.time_base = encoding.info.time_base
                yield packet


def check_options(options: Options, output: Path) -> None:
    """Raise OptionError for what cannot be done scene by scene."""
    if str(output) == PIPE:
        raise OptionError("--encode-chunks keeps its chunks beside OUTPUT; give a file instead of -")
    for name in IN_ORDER:
        if getattr(options, name):
            shown = name.replace("_", "-")
            raise OptionError(
                f"--{shown} looks at masks across scene cuts, and with --encode-chunks they stay on the "
                "workers; leave out one of the two"
            )
    cuts = options.method == "motion" if options.scene_cuts is None else options.scene_cuts
    if options.method not in METHODS or not (cuts or options.method == "none"):
        raise OptionError(
            "--encode-chunks divides the film where the smoother begins anew: use --method motion, or add "
            "--scene-cuts to gaussian, median or ema"
        )


def one_thread(options: Options) -> Options:
    """Return options by which encoders use a thread each, unless another number is asked for.

    A worker is to have a core, and what x264 and x265 give depends on their threads.
    """
    if "threads" in dict(options.encoder_options):
        return options
    return dataclasses.replace(options, encoder_options=(*options.encoder_options, ("threads", "1")))


def _segmenter(name: str, settings: SegmenterOptions) -> Segmenter:
    return Segmenter(create_model(name, options=settings))


def _decoded(demuxer: Demuxer) -> Iterator[av.VideoFrame]:
    for packet in demuxer:
        if isinstance(packet, av.Packet):
            yield from demuxer.decoder.push(packet)
    yield from demuxer.decoder.flush()
