"""A report as a folder of files: JSON, CSV, plots, pictures, and the page that shows it all."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from masksmooth_filter.errors import OutputError
from masksmooth_filter.report.contents import csv_lines
from masksmooth_filter.report.looks import Correction, Jump
from masksmooth_filter.report.page import check_page, render
from masksmooth_filter.report.pictures import make_folder, save_bytes
from masksmooth_filter.report.plots import check_plotting, comparison_before_after, stability_before
from masksmooth_filter.report.report import Report
from masksmooth_filter.report.series import RunFigures
from masksmooth_filter.report.strips import before_after


@dataclass(frozen=True, slots=True)
class Moments:
    """What a report shows pictures of.

    Attributes
    ----------
    worst : sequence of Jump
        Where the raw mask jumped most.
    corrected : sequence of Correction
        Where smoothing changed most.
    """

    worst: Sequence[Jump] = ()
    corrected: Sequence[Correction] = ()


def check_report(folder: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Make sure, before the work begins, that a report can be written; create its folder.

    Raises
    ------
    OptionError
        If matplotlib or Jinja2 is not installed.
    OutputError
        If the folder cannot be created, or holds a report and ``overwrite`` is false.
    """
    check_plotting()
    check_page()
    path = make_folder(Path(folder))
    if (path / "report.json").exists() and not overwrite:
        raise OutputError(f"{path} holds a report already; give another folder or --overwrite")
    return path


def write(report: Report, folder: str | os.PathLike[str], moments: Moments | None = None) -> None:
    """Write a report's files into a folder, replacing those of an earlier report.

    Parameters
    ----------
    report : Report
        With or without ``figures``; without them there is ``report.json`` alone.
    folder : path
        Created if it is not there; files that are no report's are left alone.
    moments : Moments, optional
        What to show pictures of; one of the worst becomes ``before_after.png``.

    Raises
    ------
    OptionError
        If matplotlib or Jinja2 is not installed.
    OutputError
        If a file cannot be written.
    """
    path, shown = make_folder(Path(folder)), moments or Moments()
    content = report.to_dict()
    save_bytes(path / "report.json", f"{json.dumps(content, allow_nan=False)}\n".encode())
    if report.figures is not None:
        save_bytes(path / "frames.csv", "".join(csv_lines(report.figures)).encode())
        write_pictures(report.figures, path, jumps=shown.worst)
        save_bytes(path / "report.html", render(content, shown.worst, shown.corrected).encode())


def write_pictures(figures: RunFigures, folder: Path, *, jumps: Sequence[Jump] = ()) -> None:
    """Write the two plots and, if there is a moment, ``before_after.png`` into an existing folder.

    The picture is of the jump that smoothing calmed most: the very greatest is often true motion, which
    smoothing must leave alone, and nothing would be seen.
    """
    save_bytes(folder / "stability_before.png", stability_before(figures))
    save_bytes(folder / "comparison_before_after.png", comparison_before_after(figures))
    if jumps:
        calmed_most = max(jumps, key=lambda jump: jump.changed - jump.changed_smoothed)
        save_bytes(folder / "before_after.png", before_after(calmed_most))
