"""The whole run: options in, a file and a report out.

Whatever can be refused is refused before the first frame is worked on: options, paths, the container's
streams, the encoder, the model. The output gets its name only when it is whole.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from masksmooth_filter.errors import OutputError
from masksmooth_filter.files import PendingFile, same_file
from masksmooth_filter.media import Demuxer, EncodeOptions, Encoder, OutputFile, choose_codec
from masksmooth_filter.options import Options
from masksmooth_filter.report.report import Report, StageSpeed, check_report
from masksmooth_filter.report.report import write as write_report
from masksmooth_filter.run.progress import Progress, Watch
from masksmooth_filter.run.runner import Runner, Stage
from masksmooth_filter.run.wiring import Wired, wire

LOG = logging.getLogger("masksmooth_filter")

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
    settings = Options(**options)
    _refuse_overwriting_input(input, output, settings)
    start = time.perf_counter()
    with ExitStack() as stack:
        pending = PendingFile(output, overwrite=settings.overwrite)
        run = _prepare(input, pending, settings, stack)
        watch = Watch(run.out.mux, run.stages, run.demuxer.info, on_progress)
        Runner(run.demuxer, run.stages, watch).run()
        run.out.close()
        pending.commit()
        run.warnings.say()
    report = Report(
        frames=watch.done,
        seconds=watch.seconds,
        input=os.fspath(input),
        output=os.fspath(output),
        wall_s=time.perf_counter() - start,
        settings=dataclasses.asdict(settings) | run.chosen,
        warnings=tuple(run.warnings.said),
        stages=tuple(StageSpeed(stage.name, stage.items, stage.busy) for stage in run.stages),
        stability=run.chain.tap.stability if run.chain.tap else None,
    )
    _keep(report, settings, run.chain)
    return report


@dataclasses.dataclass(frozen=True, slots=True)
class _Run:
    """Everything a run needs, open and checked, and what was chosen for the user."""

    demuxer: Demuxer
    chain: Wired
    stages: list[Stage]
    out: OutputFile
    chosen: dict[str, Any]
    warnings: _Warnings


def _prepare(input: PathLike, pending: PendingFile, settings: Options, stack: ExitStack) -> _Run:
    """Open and check everything; the stack undoes it."""
    encoding = EncodeOptions(codec=settings.codec, crf=settings.crf, preset=settings.preset)
    codec = choose_codec(pending.path, encoding)
    if settings.report is not None:
        check_report(settings.report, overwrite=settings.overwrite)
    demuxer = stack.enter_context(Demuxer(input))
    chain = wire(settings, demuxer, codec, stack)
    stack.callback(pending.discard)
    out = OutputFile(
        pending.path,
        demuxer,
        codec=codec,
        drop_unsupported=settings.drop_unsupported,
        name=pending.target,
    )
    stack.callback(out.abort)
    encoder = Encoder(out, chain.drawn, options=encoding)
    out.start()
    warnings = _Warnings(demuxer, chain.masks, encoder, out)
    warnings.say()
    chosen = {"segmenter": chain.segmenter, "codec": codec, "latency_frames": chain.latency}
    return _Run(demuxer, chain, [*chain.stages, Stage("encode", encoder)], out, chosen, warnings)


class _Warnings:
    """What the parts of a run have to warn of, each line said once, as soon as it is known."""

    def __init__(self, *sources: Any) -> None:
        self._sources = sources
        self.said: list[str] = []

    def say(self) -> None:
        """Log what has come up since the last time."""
        for source in self._sources:
            for line in getattr(source, "warnings", ()):
                if line not in self.said:
                    self.said.append(line)
                    LOG.warning("%s", line)


def _refuse_overwriting_input(input: PathLike, output: PathLike, settings: Options) -> None:
    """Raise OutputError if something that would be written is the input or the masks that are read."""
    sources = [input] + ([settings.masks_from] if settings.masks_from else [])
    targets = [output] + ([settings.save_masks] if settings.save_masks else [])
    for target in targets:
        for source in sources:
            if same_file(source, target):
                raise OutputError(f"{os.fspath(target)} is the input itself; give another name")


def _keep(report: Report, settings: Options, chain: Wired) -> None:
    """Write the report's folder, and the result into the work dir."""
    if settings.report is not None and chain.tap is not None:
        write_report(report, settings.report, moments=chain.tap.moments)
    if settings.work_dir is not None:
        output = Path(report.output)
        shutil.copy2(output, settings.work_dir / "videos" / f"after{output.suffix}")
