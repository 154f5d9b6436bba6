"""The whole run: options in, a file and a report out.

Whatever can be refused is refused before the first frame is worked on: options, paths, the container's
streams, the encoder, the model. The output gets its name only when it is whole.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from masksmooth_filter.files import PendingFile
from masksmooth_filter.options import Options
from masksmooth_filter.report.report import Report
from masksmooth_filter.report.tap import ReportTap
from masksmooth_filter.report.workdir import WorkDir
from masksmooth_filter.run.origin import Origin
from masksmooth_filter.run.prepare import PathLike, pending_output, prepare
from masksmooth_filter.run.progress import Progress, Watch
from masksmooth_filter.run.reporting import described, keep
from masksmooth_filter.run.runner import Runner
from masksmooth_filter.run.sources import refuse_overwriting_sources, remove_leftovers
from masksmooth_filter.run.supply import Supply


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
        pending = pending_output(output, settings)
        stack.callback(pending.discard)
        remove_leftovers(input, pending, settings)
        run = prepare(input, pending, settings, stack, supply=hooks.supply)
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
