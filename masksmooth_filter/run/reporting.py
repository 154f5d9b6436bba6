"""What a run says of itself afterwards."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import Any

from masksmooth_filter.errors import OutputError
from masksmooth_filter.files import copy_file
from masksmooth_filter.options import Options
from masksmooth_filter.report.findings import findings, verdict
from masksmooth_filter.report.report import Report
from masksmooth_filter.report.reproduce import command, machine, versions
from masksmooth_filter.report.tap import ReportTap
from masksmooth_filter.report.workdir import WorkDir
from masksmooth_filter.report.writing import Moments, write
from masksmooth_filter.run.rivals import Rivalry
from masksmooth_filter.run.wiring import Wired

LOG = logging.getLogger("masksmooth_filter")


def described(report: Report, options: Options, chain: Wired) -> Report:
    """Return a report with the command that makes it again, and with what was measured, if it was."""
    report = dataclasses.replace(
        report,
        command=command(report.input, report.output, _changed(options)),
        versions=versions(),
        machine=machine(),
    )
    if chain.tap is None:
        return report
    figures, compared = chain.tap.figures, options.compare is not None
    if isinstance(chain.smoother, Rivalry):
        figures.ms_per_frame = chain.smoother.ms_per_frame
    return dataclasses.replace(
        report,
        figures=figures,
        verdict=verdict(figures),
        findings=findings(figures, chain.smoothing),
        labels={"smoothed": chain.smoothing.method} if compared else {},
    )


def keep(report: Report, options: Options, tap: ReportTap | WorkDir | None) -> None:
    """Write the report's folder, and the result into the work dir.

    Raises
    ------
    OutputError
        If a file cannot be written; says that the video is there.
    """
    try:
        if options.report is not None and tap is not None:
            write(report, options.report, Moments(tap.worst, tap.corrected))
        if options.work_dir is not None:
            copy_file(report.output, options.work_dir / "videos" / f"after{Path(report.output).suffix}")
    except OutputError as error:
        raise OutputError(f"{report.output} is written, but not all that goes with it: {error}") from error


def _changed(options: Options) -> dict[str, Any]:
    """Return the options that are not at their default."""
    return {
        field.name: getattr(options, field.name)
        for field in dataclasses.fields(options)
        if getattr(options, field.name) != field.default
    }


class Warnings:
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
