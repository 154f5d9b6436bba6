"""A chunk of a film, by a worker: from its pictures to the packets of the new film."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import av

from masksmooth_filter.errors import InputError, OutputError
from masksmooth_filter.files import PendingFile
from masksmooth_filter.media import VideoInfo
from masksmooth_filter.media.parts import PartEncoding, part_encoder
from masksmooth_filter.run.frame_filter import chosen_segmenter
from masksmooth_filter.run.origin import Origin
from masksmooth_filter.run.runner import Runner, Stage
from masksmooth_filter.run.wiring import wire
from masksmooth_filter.scale.chunk_store import ChunkStore
from masksmooth_filter.scale.chunk_work import ChunkOrder, Missed, chunk_frames, on_chunk
from masksmooth_filter.scale.films import NotHere, Sent
from masksmooth_filter.scale.scene_chunks import SceneChunk, running_print
from masksmooth_filter.scale.warm import bounded, set_bounded, warm_model
from masksmooth_filter.segment.segmenter import Segmenter
from masksmooth_filter.segment.sparing import Sparing

Row = tuple[int, int, int, bool, int]
"""A packet: when it is shown and decoded, how long it lasts, whether it is a keyframe, its bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmOrder(ChunkOrder):
    """What a worker is to do with a chunk of a film that it also encodes.

    Attributes
    ----------
    chunk : SceneChunk
        Which part of it.
    info : VideoInfo
        The film.
    encoding : PartEncoding
        How the new one is encoded.
    folder : Path, optional
        Of the store, for the chunk's file; None for workers of other machines, which send it.
    """

    chunk: SceneChunk
    info: VideoInfo
    encoding: PartEncoding
    folder: Path | None


@dataclass(frozen=True, slots=True)
class ChunkPackets:
    """The packets of a chunk.

    Attributes
    ----------
    file : bytes
        One packet after the other; empty if the worker has put it into the store.
    rows : tuple of Row
        What is known of each.
    bounded : (bool, bool)
        As for `ChunkScores`.
    seconds : float
        How long the worker has worked.
    """

    suffix: ClassVar[str] = ".packets"

    file: bytes
    rows: tuple[Row, ...]
    bounded: tuple[bool, bool]
    seconds: float


def encode_chunk(order: ChunkOrder, sent: Sent = None) -> ChunkPackets | NotHere:
    """Segment, smooth, draw and encode the frames of a chunk.

    Raises
    ------
    MaskSmoothError
        If the film cannot be read or gives other pictures than before, or a part of the chain fails.
    """
    return on_chunk(order, sent, _packets)


def film_origin(name: str, labels: tuple[str, ...], batch: int, make: Callable[[], Segmenter]) -> Origin:
    """Return where masks come from: the network that ``make`` gives once there is a frame for it."""
    return Origin(name, Sparing(make, batch=batch), None, None, labels=labels)


def _packets(order: FilmOrder, path: Path, *, from_start: bool) -> ChunkPackets:
    begun = time.perf_counter()
    name, settings = chosen_segmenter(order.options)
    model = warm_model(name, settings)
    set_bounded(model, order.bounded)
    before = bounded(model)
    origin = film_origin(name, model.labels, model.batch, lambda: Segmenter(model, lent=True))
    frames = _Printed(chunk_frames(path, order.chunk, from_start=from_start))
    with ExitStack() as stack:
        pending = stack.enter_context(_chunk_file(order))
        out = stack.enter_context(open(pending.path, "wb"))
        rows: list[Row] = []
        encoder = stack.enter_context(part_encoder(order.encoding))
        chain = wire(order.options, order.info, order.encoding.codec, lambda: origin, stack)
        Runner(frames, [*chain.stages, Stage("encode", encoder)], partial(_write, out, rows)).run()
        if frames.print != order.chunk.print:
            if not from_start:
                raise Missed
            raise InputError(f"{path} decodes to other pictures each time; leave out --encode-chunks")
        out.close()
        pending.commit()
        content = b"" if order.folder else pending.target.read_bytes()
    seconds = time.perf_counter() - begun
    return ChunkPackets(content, tuple(rows), (before, bounded(model)), seconds)


def read_packets(path: Path, rows: Iterable[Row]) -> Iterator[tuple[Row, av.Packet[Any]]]:
    """Yield a chunk's packets, without their times."""
    with open(path, "rb") as file:
        for row in rows:
            packet = av.Packet(file.read(row[-1]))
            packet.is_keyframe = row[3]
            yield row, packet


def _write(out: BinaryIO, rows: list[Row], packet: av.Packet[Any]) -> None:
    if packet.pts is None:
        raise OutputError("the encoder gives packets without times; choose another --codec")
    decoded = packet.pts if packet.dts is None else packet.dts
    rows.append((packet.pts, decoded, packet.duration or 0, packet.is_keyframe, packet.size))
    out.write(bytes(packet))


class _Printed:
    """Frames as they come, and the checksum of those that came.

    The first is fetched at once: whether seeking has led to it is known before a chain runs.
    """

    def __init__(self, frames: Iterator[av.VideoFrame]) -> None:
        self._frames = itertools.chain(list(itertools.islice(frames, 1)), frames)
        self.print = 0

    def __iter__(self) -> Iterator[av.VideoFrame]:
        for frame in self._frames:
            self.print = running_print(self.print, frame)
            yield frame


@contextmanager
def _chunk_file(order: FilmOrder) -> Iterator[PendingFile]:
    """Yield the file of a chunk, in the store or in a folder of its own, which goes at the end."""
    with tempfile.TemporaryDirectory(prefix="masksmooth-") as own:
        folder = order.folder or Path(own)
        folder.mkdir(exist_ok=True)
        pending = PendingFile(ChunkStore(folder, ChunkPackets, {}).path(order.chunk), overwrite=True)
        try:
            yield pending
        finally:
            pending.discard()
