"""One long film on workers, chunk by chunk: its network, with everything else here in order; or all of it."""

from __future__ import annotations

import dataclasses
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from masksmooth_filter.errors import InputError, OptionError
from masksmooth_filter.files import fingerprint
from masksmooth_filter.options import Options
from masksmooth_filter.report.report import Report
from masksmooth_filter.run.pipeline import Hooks, run
from masksmooth_filter.run.progress import Progress
from masksmooth_filter.run.scores import scores_origin
from masksmooth_filter.run.supply import Supply
from masksmooth_filter.scale.chunk_masks import ChunkMasks
from masksmooth_filter.scale.chunk_queue import network_of
from masksmooth_filter.scale.chunk_store import ChunkStore, store_path
from masksmooth_filter.scale.chunk_work import ChunkOrder, ChunkScores
from masksmooth_filter.scale.chunks import FRAMES, plan_chunks
from masksmooth_filter.scale.crew import Crew
from masksmooth_filter.scale.encoded_film import EncodedFilm, check_options, one_thread
from masksmooth_filter.scale.films import Film
from masksmooth_filter.scale.workers import Workers

LOG = logging.getLogger("masksmooth_filter")

PathLike = str | os.PathLike[str]


def convert_in_chunks(
    input: PathLike,
    output: PathLike,
    *,
    workers: Workers | None = None,
    chunk_frames: int = FRAMES,
    on_progress: Callable[[Progress], None] | None = None,
    **options: Any,
) -> Report:
    """Do what `convert` does, with the network on workers; the output has the same bits.

    The film is cut at keyframes; workers segment the chunks, and here decoding, smoothing, drawing and
    encoding go on in order while they come. A few chunks are on their way at any time. With ``resume`` a
    run goes on from the chunks that one which was killed has left; so it does not matter who was killed.

    Where worker processes of this machine are used, call this under ``if __name__ == "__main__"``.

    Parameters
    ----------
    input, output : path
        As for `convert`; the input is a file.
    workers : Workers, optional
        How many there are, and where; one process of this machine by default.
    chunk_frames : int
        Frames of a chunk at least.
    on_progress : callable, optional
        As for `convert`.
    **options
        The fields of `Options`; neither ``masks_from`` nor ``every``.

    Raises
    ------
    MaskSmoothError
        As for `convert`; WorkerError with what a worker said where one has failed.
    """
    settings = Options(**options)
    _refuse(input, settings)
    with _chunks(output, settings) as folder, (workers or Workers()).crew() as crew:
        make = partial(_masks, crew, Path(input), folder, settings, chunk_frames)
        hooks = Hooks(on_progress, supply=Supply(elsewhere=make))
        return run(input, output, dataclasses.replace(settings, resume=False), hooks=hooks)


def encode_in_chunks(
    input: PathLike,
    output: PathLike,
    *,
    workers: Workers | None = None,
    chunk_frames: int = FRAMES,
    on_progress: Callable[[Progress], None] | None = None,
    **options: Any,
) -> Report:
    """Do what `convert` does, all of it on workers, who also smooth, draw and encode.

    The film is cut at scene cuts, where the smoother begins anew: the pictures that are encoded are those of
    `convert`, and so are their times and all other streams. The encoder begins anew with each chunk, so the
    output has other bits; each chunk begins with a keyframe, and the parts are joined packet by packet.

    Parameters
    ----------
    input, output, workers, chunk_frames, on_progress
        As for `convert_in_chunks`; a chunk ends with the first scene cut that comes after ``chunk_frames``.
    **options
        The fields of `Options`; neither ``masks_from``, ``every`` and ``hold`` nor what looks at the masks
        (``report``, ``save_masks``, ``export``), and a method that begins anew at scene cuts.

    Raises
    ------
    MaskSmoothError
        As for `convert_in_chunks`.
    """
    settings = one_thread(Options(**options))
    _refuse(input, settings)
    check_options(settings, Path(output))
    with _chunks(output, settings) as folder, (workers or Workers()).crew() as crew:
        film = EncodedFilm(crew, Path(input), options=settings, folder=folder, least=chunk_frames)
        hooks = Hooks(on_progress, supply=Supply(film=film))
        return run(input, output, dataclasses.replace(settings, resume=False), hooks=hooks)


@contextmanager
def _chunks(output: PathLike, settings: Options) -> Iterator[Path]:
    """Yield the folder of chunks: empty unless a run is to be resumed; it goes unless one may be."""
    folder = store_path(Path(output))
    if not settings.resume:
        shutil.rmtree(folder, ignore_errors=True)
    whole = False
    try:
        yield folder
        whole = True
    finally:
        if whole or not settings.resume:
            shutil.rmtree(folder, ignore_errors=True)


def _refuse(input: PathLike, settings: Options) -> None:
    """Raise for what cannot be cut."""
    if settings.masks_from is not None:
        raise OptionError("--masks-from is read from its start to its end; leave out --jobs and --cluster")
    if settings.every != 1:
        raise OptionError(
            "--every chooses frames by those before, so the film cannot be cut; leave out --jobs"
        )
    if not os.path.isfile(input):
        raise InputError(f"{os.fspath(input)} is no file; --jobs and --cluster read a film in several places")


def _masks(crew: Crew, film: Path, folder: Path, options: Options, frames: int) -> ChunkMasks:
    """Have a worker load the network, and cut the film."""
    network = network_of(crew, options)
    options = dataclasses.replace(options, segmenter=network.name)
    origin = scores_origin(options, film, network.name)
    print_ = fingerprint(film) if crew.sends else None
    chunks = plan_chunks(film, batch=network.batch, frames=frames)
    LOG.info("%s runs on %d workers, %d chunks of the film", network.name, crew.size, len(chunks))
    order = ChunkOrder(Film(film, print_), chunks[0], options, origin)
    return ChunkMasks(crew, network, order, chunks=chunks, store=ChunkStore(folder, ChunkScores, origin))
