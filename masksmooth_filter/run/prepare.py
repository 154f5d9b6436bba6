"""Open and check everything that a run needs, before the first frame is worked on."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from masksmooth_filter.errors import OptionError
from masksmooth_filter.files import PendingFile
from masksmooth_filter.media import (
    PIPE,
    Demuxer,
    EncodeOptions,
    Encoder,
    OutputFile,
    StandardOutput,
    choose_codec,
)
from masksmooth_filter.media.encoders import AMPLE, SCARCE
from masksmooth_filter.media.parts import PartEncoding, owned
from masksmooth_filter.media.protocols import parse_protocols
from masksmooth_filter.options import Options
from masksmooth_filter.report.report import StageSpeed
from masksmooth_filter.report.writing import check_report
from masksmooth_filter.run.drawing import check_holds_alpha, check_keeps_alpha, codec_info
from masksmooth_filter.run.reporting import Warnings
from masksmooth_filter.run.runner import Stage
from masksmooth_filter.run.supply import FarFilm, Supply, masks_origin
from masksmooth_filter.run.wiring import Wired, wire
from masksmooth_filter.segment.masks_file import MasksFromFile
from masksmooth_filter.segment.sparing import Sparing

PathLike = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Run:
    """Everything a run needs, open and checked, and what was chosen for the user."""

    demuxer: Demuxer
    source: Iterable[Any]
    chain: Wired
    stages: list[Stage]
    out: OutputFile
    chosen: dict[str, Any]
    warnings: Warnings
    film: FarFilm | None = None

    @property
    def source_name(self) -> str:
        """What errors call what the run begins with."""
        return "demux" if self.film is None else "workers"

    @property
    def speeds(self) -> tuple[StageSpeed, ...]:
        """How fast its parts were."""
        if self.film is not None:
            return self.film.speeds
        return tuple(StageSpeed(s.name, s.items, s.busy, s.starved, s.blocked, s.fill) for s in self.stages)

    def give_up(self) -> None:
        """Stop whoever waits for what may never come: a pipe, or a worker."""
        self.demuxer.stop()
        if self.film is not None:
            self.film.stop()
        masks = self.chain.origin.masks
        if not isinstance(masks, MasksFromFile | Sparing):
            masks.stop()


def pending_output(output: PathLike, settings: Options) -> PendingFile | StandardOutput:
    """Return where to write: a file that gets its name at the end, or standard output."""
    if os.fspath(output) != PIPE:
        return PendingFile(output, overwrite=settings.overwrite)
    if settings.work_dir is not None:
        raise OptionError("--work-dir keeps a copy of the output; with - as the output there is none")
    return StandardOutput()


def prepare(
    input: PathLike,
    pending: PendingFile | StandardOutput,
    settings: Options,
    stack: ExitStack,
    *,
    supply: Supply,
) -> Run:
    """Open and check everything; the stack undoes it."""
    encoding = _encoding(settings)
    choose_codec(pending.path, encoding)  # what is wrong with the names alone is said first
    check_holds_alpha(settings, pending.path)
    if settings.report is not None:
        check_report(settings.report, overwrite=settings.overwrite)
    demuxer = stack.enter_context(Demuxer(input, allowed=parse_protocols(settings.allow_protocols)))
    codec = choose_codec(pending.path, encoding, info=codec_info(settings, demuxer.info))
    make_origin = partial(masks_origin, settings, Path(input), Path(pending.target), supply=supply)
    stack.callback(demuxer.decoder.close)
    chain = wire(settings, demuxer.info, codec, make_origin, stack)
    out = OutputFile(
        pending.path,
        demuxer,
        codec=codec,
        drop_unsupported=settings.drop_unsupported,
        name=pending.target,
    )
    stack.callback(out.abort)
    encoder = Encoder(out, chain.drawn, options=encoding)
    check_keeps_alpha(settings, codec, encoder.pix_fmt)
    out.start()
    film, latency = supply.film, chain.smoother.latency
    warnings = Warnings(demuxer, chain.origin.masks, chain.origin.save, chain.tap, film, encoder, out)
    warnings.say()
    chosen = {"segmenter": chain.origin.segmenter, "codec": codec, "latency_frames": latency}
    if film is not None:  # the chain has been checked, and is run elsewhere
        suffix = Path(pending.target).suffix
        part = PartEncoding.of(out, encoder, suffix=suffix, options=encoding)
        packets = owned(film.packets(demuxer, part, latency=latency), out)
        return Run(demuxer, packets, chain, [], out, chosen, warnings, film)
    stages = [Stage("decode", demuxer.decoder), *chain.stages, Stage("encode", encoder)]
    return Run(demuxer, demuxer, chain, stages, out, chosen, warnings)


def _encoding(settings: Options) -> EncodeOptions:
    """Return how to encode; by motion the smoother is what all waits for, by other methods x264."""
    return EncodeOptions(
        codec=settings.codec,
        crf=settings.crf,
        preset=settings.preset,
        pix_fmt=settings.pix_fmt,
        extra=settings.encoder_options,
        room=SCARCE if settings.method == "motion" else AMPLE,
    )
