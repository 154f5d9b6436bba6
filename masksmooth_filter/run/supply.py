"""Have a run's masks made: by a network, here or elsewhere, by an earlier run, or from a file."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import av

from masksmooth_filter.media import Demuxer
from masksmooth_filter.media.parts import PartEncoding
from masksmooth_filter.options import Options
from masksmooth_filter.report.report import StageSpeed
from masksmooth_filter.run.frame_filter import chosen_segmenter, masks_file
from masksmooth_filter.run.origin import FarMasks, Origin
from masksmooth_filter.run.scores import check_masks_are_of, place_scores
from masksmooth_filter.segment.masks_save import MadeOf, SaveMasks
from masksmooth_filter.segment.registry import AnyModel, SegmenterOptions, create_model
from masksmooth_filter.segment.segmenter import Segmenter
from masksmooth_filter.segment.sparing import Sparing
from masksmooth_filter.settings import MAX_EVERY

LOG = logging.getLogger("masksmooth_filter")


class FarFilm(Protocol):
    """Has a film decoded, segmented, smoothed, drawn and encoded elsewhere, in place of the whole chain."""

    def origin(self) -> Origin:
        """Return where its masks come from, for a chain that is checked but not run."""
        ...

    def packets(self, demuxer: Demuxer, encoding: PartEncoding, *, latency: int) -> Iterator[av.Packet[Any]]:
        """Yield the new film's packets in order, with all but their stream.

        Parameters
        ----------
        demuxer : Demuxer
            The open input.
        encoding : PartEncoding
            How the file that is written has its film encoded.
        latency : int
            Frames that the smoother holds back.
        """
        ...

    @property
    def speeds(self) -> tuple[StageSpeed, ...]:
        """How busy they were."""
        ...

    @property
    def warnings(self) -> list[str]:
        """What there is to warn of, in plain words; complete after the last packet."""
        ...

    def stop(self) -> None:
        """Give up waiting; called from another thread."""
        ...


@dataclass(frozen=True, slots=True)
class Supply:
    """Where a run's network comes from: for callers that keep one warm, or have it run elsewhere.

    Attributes
    ----------
    create : callable
        Makes the network by its name and options.
    lends : bool
        Whether the networks that ``create`` gives stay open.
    elsewhere : callable, optional
        Makes the filter that has the masks made elsewhere.
    film : FarFilm, optional
        Has all of the new film made elsewhere.
    """

    create: Callable[[str, SegmenterOptions], AnyModel] = lambda name, options: create_model(
        name, options=options
    )
    lends: bool = False
    elsewhere: Callable[[], FarMasks] | None = None
    film: FarFilm | None = None


def masks_origin(options: Options, input: Path, output: Path, *, supply: Supply) -> Origin:
    """Make the filter that gives frames their masks, and the one that keeps them.

    Raises
    ------
    OptionError, InputError, ModelError, DeviceError, OutputError
        If an option cannot be fulfilled.
    """
    if options.masks_from is not None:
        return _file(options, input)
    if supply.film is not None:
        return supply.film.origin()
    if supply.elsewhere is not None:
        return _far(options, input, output, supply.elsewhere())
    return _network(options, input, output, supply)


def _file(options: Options, input: Path) -> Origin:
    masks = masks_file(options)
    check_masks_are_of(masks, input)
    save = None
    if options.save_masks is not None:
        about = MadeOf(masks.sparse, masks.tag.batch, masks.tag.origin) if masks.tag else MadeOf()
        save = SaveMasks(options.save_masks, labels=masks.labels, overwrite=options.overwrite, about=about)
    # Which frames have masks is settled; they are followed for what their motion is.
    followed = MAX_EVERY if masks.sparse else None
    return Origin(f"masks from {options.masks_from}", masks, save, followed, labels=masks.labels)


def _far(options: Options, input: Path, output: Path, masks: FarMasks) -> Origin:
    """Return masks made elsewhere, which are kept there; here only where a file was asked for."""
    scores = place_scores(options, input, output, segmenter=masks.name)
    if scores is None or scores.temporary:
        return Origin(masks.name, masks, None, None)
    about = MadeOf(False, masks.batch, scores.origin)
    save = SaveMasks(scores.path, labels=masks.labels, overwrite=True, about=about)
    return Origin(masks.name, masks, save, None, scores)


def _network(options: Options, input: Path, output: Path, supply: Supply) -> Origin:
    name, settings = chosen_segmenter(options, on_progress=_Fetching())
    scores = place_scores(options, input, output, segmenter=name)
    known = None if scores is None else scores.known
    make: Callable[[], Segmenter]
    followed = None if options.every == 1 else options.every
    gap = 1 if followed is None else MAX_EVERY
    if known is not None:  # the network may not be needed at all, so it is not loaded before it is
        batch, labels = known.tag.batch, known.labels
        make = partial(_segmenter, supply, name, settings)
    else:
        model = supply.create(name, settings)
        batch, labels = model.batch, model.labels
        make = partial(Segmenter, model, lent=supply.lends)
    masks = Sparing(make, known=known, gap=gap, batch=batch)
    about = MadeOf(followed is not None, batch, {} if scores is None else scores.origin)
    save = None
    if scores is not None:
        save = SaveMasks(
            scores.path,
            labels=labels,
            overwrite=True,
            keep_part=True,
            must=not scores.temporary,
            about=about,
        )
    return Origin(name, masks, save, followed, scores, labels)


def _segmenter(supply: Supply, name: str, options: SegmenterOptions) -> Segmenter:
    return Segmenter(supply.create(name, options), lent=supply.lends)


class _Fetching:
    """Says how far a download is, at every tenth of it."""

    def __init__(self) -> None:
        self._said = -1

    def __call__(self, done: int, total: int | None) -> None:
        tenths = 10 * done // total if total else 0
        if tenths > self._said:
            self._said = tenths
            LOG.info("fetching weights: %.1f MB%s", done / 1e6, f" of {total / 1e6:.1f} MB" if total else "")
