"""One long film: its network on workers, chunk by chunk, and everything else here, in order."""

from __future__ import annotations

import dataclasses
import logging
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from masksmooth_filter.errors import InputError, OptionError, WorkerError
from masksmooth_filter.files import fingerprint
from masksmooth_filter.options import Options
from masksmooth_filter.report.report import Report
from masksmooth_filter.run.origin import Supply
from masksmooth_filter.run.pipeline import Hooks, run
from masksmooth_filter.run.progress import Progress
from masksmooth_filter.run.scores import scores_origin
from masksmooth_filter.scale.chunk_masks import WAIT_S, ChunkMasks
from masksmooth_filter.scale.chunk_store import ChunkStore, store_path
from masksmooth_filter.scale.chunk_work import ChunkOrder, Network, describe
from masksmooth_filter.scale.chunks import FRAMES, plan_chunks
from masksmooth_filter.scale.crew import Crew, Failure
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
    store = ChunkStore(store_path(Path(output)), {})
    if not settings.resume:
        store.remove()
    whole = False
    try:
        with (workers or Workers()).crew() as crew:
            make = partial(_masks, crew, Path(input), store.folder, settings, chunk_frames)
            hooks = Hooks(on_progress, supply=Supply(elsewhere=make))
            report = run(input, output, dataclasses.replace(settings, resume=False), hooks=hooks)
        whole = True
        return report
    finally:
        if whole or not settings.resume:
            store.remove()


def _refuse(input: PathLike, settings: Options) -> None:
    """Raise for what cannot be cut."""
    if settings.masks_from is not None:
        raise OptionError("--masks-from needs no network, so there is nothing for --jobs and --cluster to do")
    if settings.every != 1:
        raise OptionError(
            "--every chooses frames by those before, so the film cannot be cut; leave out --jobs"
        )
    if not os.path.isfile(input):
        raise InputError(f"{os.fspath(input)} is no file; --jobs and --cluster read a film in several places")


def _masks(crew: Crew, film: Path, folder: Path, options: Options, frames: int) -> ChunkMasks:
    """Have a worker load the network, and cut the film."""
    network = _described(crew, options)
    options = dataclasses.replace(options, segmenter=network.name)
    origin = scores_origin(options, film, network.name)
    print_ = fingerprint(film) if crew.sends else None
    chunks = plan_chunks(film, batch=network.batch, frames=frames)
    LOG.info("%s runs on %d workers, %d chunks of the film", network.name, crew.size, len(chunks))
    order = ChunkOrder(Film(film, print_), chunks[0], options, origin)
    return ChunkMasks(crew, network, order, chunks=chunks, store=ChunkStore(folder, origin))


def _described(crew: Crew, options: Options) -> Network:
    ticket = crew.submit(describe, options)
    while ticket.outcome is None:
        crew.pump(WAIT_S)
    if isinstance(ticket.outcome, Failure):
        raise WorkerError(ticket.outcome.message, ticket.outcome.exit_code)
    network: Network = ticket.outcome
    return network
