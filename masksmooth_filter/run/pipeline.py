"""The whole run: options in, a file and a report out.

Whatever can be refused is refused before the first frame is worked on: options, paths, the container's
streams, the encoder, the model. The output gets its name only when it is whole.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
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
from masksmooth_filter.report.report import Report, StageSpeed
from masksmooth_filter.report.tap import ReportTap
from masksmooth_filter.report.workdir import WorkDir
from masksmooth_filter.report.writing import check_report
from masksmooth_filter.run.drawing import check_holds_alpha, check_keeps_alpha, codec_info
from masksmooth_filter.run.far import FarFilm
from masksmooth_filter.run.origin import Origin, Supply, masks_origin
from masksmooth_filter.run.progress import Progress, Watch
from masksmooth_filter.run.reporting import Warnings, described, keep
from masksmooth_filter.run.runner import Runner, Stage
from masksmooth_filter.run.sources import refuse_overwriting_sources, remove_leftovers
from masksmooth_filter.run.wiring import Wired, wire
from masksmooth_filter.segment.masks_file import MasksFromFile
from masksmooth_filter.segment.sparing import Sparing

PathLike = str | os.PathLike[str]


def convert(
    input: PathLike,
    output: PathLike,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    **options: Any,
) -> Report:
    """Segment a video, steady its masks, draw them, and write it with its sound and its times.

    Parameters
    ----------
    input, output : path
        The video, never touched, and the one to write; the suffix of ``output`` says the container.
        ``-`` is standard input, and standard output as NUT.
    on_progress : callable, optional
        Given a `Progress` after every frame, in the calling thread.
    **options
        The fields of `Options`: ``method="median"``, ``radius=5``, ``segmenter="selfie"``, ...

    Returns
    -------
    Report
        What was done, how fast, and what there was to warn of.

    Raises
    ------
    MaskSmoothError
        One of its kinds (see `masksmooth_filter.errors`); nothing is left under the output's name.
    TypeError
        If an option does not exist.
    """
    return run(input, output, Options(**options), hooks=Hooks(on_progress))


@dataclasses.dataclass(frozen=True, slots=True)
class Hooks:
    """What a caller may have done on the way.

    Attributes
    ----------
    on_progress : callable, optional
        As for `convert`.
    on_running : callable, optional
        Called once, when the first frame reaches the encoder: all before it have loaded what they need.
    before_naming : callable, optional
        Called once the output is whole, with its temporary path, before it gets its name.
    supply : Supply
        Where the network comes from.
    """

    on_progress: Callable[[Progress], None] | None = None
    on_running: Callable[[], None] | None = None
    before_naming: Callable[[Path], None] | None = None
    supply: Supply = dataclasses.field(default_factory=Supply)


def run(input: PathLike, output: PathLike, settings: Options, *, hooks: Hooks) -> Report:
    """Do what `convert` does, for callers that take part in it."""
    refuse_overwriting_sources(input, output, settings)
    report, tap = _converted(input, output, settings, hooks)
    keep(report, settings, tap)  # plots, once the encoder's memory is free again
    return report


def _converted(
    input: PathLike, output: PathLike, settings: Options, hooks: Hooks
) -> tuple[Report, ReportTap | WorkDir | None]:
    """Run the chain; return what was done, and the filter that measured."""
    start = time.perf_counter()
    with ExitStack() as stack:
        pending = _pending(output, settings)
        stack.callback(pending.discard)
        remove_leftovers(input, pending, settings)
        run = _prepare(input, pending, settings, stack, supply=hooks.supply)
        for last in run.stages[-1:]:  # none where workers do it all
            last.on_first = hooks.on_running
        watch = Watch(run.out.mux, run.stages, run.demuxer.info, hooks.on_progress)
        with _masks_kept(run.chain.origin, settings):
            Runner(run.source, run.stages, watch, give_up=run.give_up, name=run.source_name).run()
            run.out.close()
            if hooks.before_naming is not None and isinstance(pending, PendingFile):
                hooks.before_naming(pending.path)
            pending.commit()
        run.warnings.say()
    tap = run.chain.tap
    report = Report(
        frames=watch.done,
        seconds=watch.seconds,
        input=os.fspath(input),
        output=os.fspath(output),
        wall_s=time.perf_counter() - start,
        settings=dataclasses.asdict(settings) | run.chosen,
        warnings=tuple(run.warnings.said),
        stages=run.speeds,
    )
    return described(report, settings, run.chain), tap


@dataclasses.dataclass(frozen=True, slots=True)
class _Run:
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


def _pending(output: PathLike, settings: Options) -> PendingFile | StandardOutput:
    """Return where to write: a file that gets its name at the end, or standard output."""
    if os.fspath(output) != PIPE:
        return PendingFile(output, overwrite=settings.overwrite)
    if settings.work_dir is not None:
        raise OptionError("--work-dir keeps a copy of the output; with - as the output there is none")
    return StandardOutput()


def _prepare(
    input: PathLike,
    pending: PendingFile | StandardOutput,
    settings: Options,
    stack: ExitStack,
    *,
    supply: Supply,
) -> _Run:
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
        return _Run(demuxer, packets, chain, [], out, chosen, warnings, film)
    stages = [Stage("decode", demuxer.decoder), *chain.stages, Stage("encode", encoder)]
    return _Run(demuxer, demuxer, chain, stages, out, chosen, warnings)


@contextmanager
def _masks_kept(origin: Origin, settings: Options) -> Iterator[None]:
    """Keep what was segmented until the output is whole; if it never is, only to be resumed."""
    try:
        yield
    except BaseException:
        if origin.save is not None and not settings.resume:
            origin.save.discard()
            if origin.scores is not None:
                origin.scores.tidy()
        raise
    if origin.scores is not None:
        origin.scores.tidy()


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
