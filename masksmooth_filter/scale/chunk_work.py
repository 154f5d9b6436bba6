"""A chunk of a film, by a worker: from its pictures to a file of scores."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, TypeVar

import av
import numpy as np

from masksmooth_filter.errors import InputError, OptionError
from masksmooth_filter.media import Decoder, film_stream, open_input
from masksmooth_filter.options import Options
from masksmooth_filter.run.frame_filter import chosen_segmenter
from masksmooth_filter.scale.chunks import Chunk
from masksmooth_filter.scale.films import Film, NotHere, Sent, here
from masksmooth_filter.scale.warm import bounded, forget, is_built_in, set_bounded, warm_model
from masksmooth_filter.segment.masks_save import MadeOf, SaveMasks
from masksmooth_filter.segment.model import FrameModel
from masksmooth_filter.segment.planes import layout_of, pack, planar
from masksmooth_filter.segment.segmenter import Segmenter

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Network:
    """What a worker says of the network it has loaded.

    Attributes
    ----------
    name : str
        The segmenter, 'auto' decided.
    batch : int
        Pictures at a time.
    labels : tuple of str
        The name of each class id.
    classes : tuple of int
        The class id of each plane.
    """

    name: str
    batch: int
    labels: tuple[str, ...]
    classes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ChunkOrder:
    """What a worker is to do with a chunk.

    Attributes
    ----------
    film : Film
        The input.
    chunk : Chunk
        Which part of it.
    options : Options
        With the segmenter decided.
    origin : mapping of str to str
        What the scores are made of.
    bounded : bool, optional
        What the network shall remember of the pictures before; None for nothing.
    whole : bool
        Whether to decode from the film's start: exact whatever its keyframes promise.
    """

    film: Film
    chunk: Chunk
    options: Options
    origin: Mapping[str, str] = field(default_factory=dict)
    bounded: bool | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class ChunkScores:
    """The scores of a chunk.

    Attributes
    ----------
    file : bytes
        A file of `SaveMasks`; empty if the chunk has no frames.
    prints : tuple of int
        A checksum of each picture that was segmented.
    kind : str
        What the pictures of one batch have in common; empty where batches have one.
    bounded : (bool, bool)
        What the network remembered before its first picture and after its last; see `ScoreReader`.
    """

    suffix: ClassVar[str] = ".mkv"

    file: bytes
    prints: tuple[int, ...]
    kind: str
    bounded: tuple[bool, bool]


def describe(options: Options) -> Network:
    """Load the network, and say what there is to know before a film can be cut.

    Raises
    ------
    OptionError
        If it is a plug-in's.
    ModelError, DeviceError
        If it cannot be loaded.
    """
    name, settings = chosen_segmenter(options)
    if not is_built_in(name):
        raise OptionError(
            f"{name} is a plug-in's: what it remembers of pictures is unknown; leave out --jobs"
        )
    model = warm_model(name, settings)
    return Network(name, model.batch, model.labels, model.classes)


def score(order: ChunkOrder, sent: Sent = None) -> ChunkScores | NotHere:
    """Segment the frames of a chunk.

    Raises
    ------
    MaskSmoothError
        If the film cannot be read, or the network fails.
    """
    return on_chunk(order, sent, _scores)


def on_chunk(order: ChunkOrder, sent: Sent, work: Callable[..., Result]) -> Result | NotHere:
    """Do some work with a chunk from its keyframe on, or from the film's start where that misleads.

    Parameters
    ----------
    order : ChunkOrder
        Which chunk.
    sent : array, optional
        The film, where it was sent.
    work : callable
        Given the order, the film's path, and ``from_start``; raises `Missed` where that shall be true.
    """
    path = here(order.film, sent)
    if path is None:
        return NotHere()
    try:
        if order.whole or order.chunk.seek is None:
            return work(order, path, from_start=True)
        try:
            return work(order, path, from_start=False)
        except Missed:  # the container's index lies
            return work(order, path, from_start=True)
    except Exception:
        forget()
        raise


def picture_print(frame: av.VideoFrame) -> int:
    """Return a checksum of all that a network sees of a frame: 3 ms at 1080p."""
    plain = planar(frame)
    layout = layout_of(plain)
    row = np.empty(layout.nbytes, np.uint8)
    pack(plain, layout, row)
    tags = frame.width, frame.height, frame.format.name, int(frame.colorspace), int(frame.color_range)
    return zlib.crc32(row.data, zlib.crc32(repr((*tags, frame.rotation)).encode()))


class Missed(Exception):
    """Decoding from a chunk's keyframe does not give its pictures."""


def _scores(order: ChunkOrder, path: Path, *, from_start: bool) -> ChunkScores:
    name, settings = chosen_segmenter(order.options)
    model = warm_model(name, settings)
    set_bounded(model, order.bounded)
    before, prints, kinds = bounded(model), [], set()
    segmenter = Segmenter(model, lent=True)
    with tempfile.TemporaryDirectory(prefix="masksmooth-") as folder:
        file = Path(folder, "scores.mkv")
        save = SaveMasks(file, labels=model.labels, about=MadeOf(False, model.batch, order.origin))
        for frame in chunk_frames(path, order.chunk, from_start=from_start):
            prints.append(picture_print(frame))
            if model.batch > 1 and isinstance(model, FrameModel):
                kinds.add(repr(model.key(frame)))
            for item in segmenter.push(frame):
                save.push(item)
        for item in segmenter.flush():
            save.push(item)
        save.flush()
        save.close()
        _check_batches(order.chunk, model.batch, len(prints), kinds)
        content = file.read_bytes() if prints else b""
    return ChunkScores(content, tuple(prints), "".join(kinds), (before, bounded(model)))


def chunk_frames(path: Path, chunk: Chunk, *, from_start: bool) -> Iterator[av.VideoFrame]:
    """Decode the frames of a chunk, and those before it that they refer to.

    Raises
    ------
    Missed
        If seeking did not lead to its first frame.
    """
    first = not from_start
    with open_input(path) as container:
        stream = film_stream(container)
        decoder = Decoder(stream)
        if not from_start:
            container.seek(chunk.seek or 0, stream=stream)
        for packet in container.demux(stream):
            for frame in decoder.push(packet) if packet.size else decoder.flush():
                at = frame.pts or 0
                if chunk.start is not None and at < chunk.start:
                    continue
                if first and at != chunk.start:
                    raise Missed
                if chunk.end is not None and at >= chunk.end:
                    return
                first = False
                yield frame
    if first:
        raise Missed


def _check_batches(chunk: Chunk, batch: int, count: int, kinds: set[str]) -> None:
    """Raise InputError if batches would not hold the pictures that they hold in an uncut run."""
    if batch > 1 and (count != chunk.frames or len(kinds) > 1):
        found = f"a chunk has {count} frames for {chunk.frames} packets, of {len(kinds)} kinds"
        raise InputError(f"the film cannot be cut into whole batches of {batch} ({found}); leave out --jobs")
