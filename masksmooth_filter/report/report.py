"""What one run did, as an object, as text, and as a folder of files.

``report.json``, schema 1 (a figure that does not exist is ``null``; NaN never occurs)::

    schema       1; raised when a field changes its meaning or goes
    frames       frames written
    seconds      length of the video in seconds
    input        path or name of the input
    output       path or name of the output
    settings     the options of the run: name -> text, number, true/false, null or a list of those
    warnings     list of lines of text
    wall_s       seconds the run took
    stages       list of {name, items, busy_s, per_second, starved_s, blocked_s, queue_fill}: busy_s leaves
                 waiting out, starved_s is waiting for frames, blocked_s waiting for room behind;
                 queue_fill, 0 to 1, is of the queue before it
    stability    null, or {raw: {mean_iou, mean_changed}, smoothed: the same}

``frames.csv`` has one line a frame: ``frame`` (from 0), ``time_s``, ``iou_raw``, ``changed_raw``,
``iou_smoothed``, ``changed_smoothed``; a cell is empty where there is no figure (the first frame has no
neighbour). IoU and changed pixels are those of `masksmooth_filter.report.metrics`.

The pictures are ``stability_before.png``, ``comparison_before_after.png`` and, if the mask ever changed,
``before_after.png``: of the moments at which the raw mask changed most, the one that smoothing calmed most
(the very greatest change is often true motion, which smoothing must leave alone: nothing would be seen).
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from masksmooth_filter.errors import OutputError
from masksmooth_filter.report.metrics import Figures, Stabilities, Stability
from masksmooth_filter.report.moments import Moment
from masksmooth_filter.report.pictures import make_folder, save_bytes
from masksmooth_filter.report.plots import check_plotting, comparison_before_after, stability_before
from masksmooth_filter.report.strips import before_after

SCHEMA = 1
COLUMNS = ("frame", "time_s", "iou_raw", "changed_raw", "iou_smoothed", "changed_smoothed")

KNOBS = {
    "decode": "a source that is coded for speed (an editing codec), or a smaller one",
    "segment": "--every auto, a smaller --size or network, or --device cuda",
    "follow": "leave out --every, which pays for slow networks only",
    "carry": "leave out --every, which pays for slow networks only",
    "masks": "masks of the network's size instead of the frame's",
    "workers": "more of them, with --jobs or --cluster",
    "smooth": "a smaller --radius, or --method gaussian",
    "work dir": "--report instead of --work-dir",
    "report": "leave out --report",
    "encode": "--preset veryfast, or a hardware encoder with --codec",
}
"""What a user may turn where a stage is the slowest."""


@dataclass(frozen=True, slots=True)
class StageSpeed:
    """How fast one filter of the chain worked.

    Attributes
    ----------
    name : str
        The filter.
    items : int
        How many frames it took in.
    busy_s : float
        Seconds it worked, waiting left out.
    starved_s, blocked_s : float
        Seconds it waited for frames, and for room behind it.
    queue_fill : float
        Mean share of the queue before it that was taken, 0 to 1.
    """

    name: str
    items: int
    busy_s: float
    starved_s: float = 0.0
    blocked_s: float = 0.0
    queue_fill: float = 0.0

    @property
    def per_second(self) -> float | None:
        """Frames a second while it worked, or None if the clock saw no time pass."""
        return self.items / self.busy_s if self.busy_s > 0 else None

    def line(self, wall_s: float) -> str:
        """Return what it did in a run of so many seconds, in a line."""
        busy, starved, blocked = (s / wall_s for s in (self.busy_s, self.starved_s, self.blocked_s))
        waits = f"waiting for frames {starved:.0%}, for room {blocked:.0%}"
        speed = f"{self.per_second or 0:.0f} frames/s while it works"
        return f"{self.name}: {speed}; busy {busy:.0%}, {waits}; queue {self.queue_fill:.0%} full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one run did.

    Attributes
    ----------
    frames : int
        Frames written.
    seconds : float
        Length of the video.
    input, output : str
        Paths or names.
    settings : mapping of str to plain values
        The options of the run.
    warnings : tuple of str
        What the user was warned of.
    stages : tuple of StageSpeed
        The filters' speeds, in the order of the chain.
    wall_s : float
        Seconds the run took.
    stability : Stabilities, optional
        How steady the masks were, if that was measured.
    """

    frames: int
    seconds: float
    input: str
    output: str
    wall_s: float
    settings: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    stages: tuple[StageSpeed, ...] = ()
    stability: Stabilities | None = None

    def summary(self) -> str:
        """Return two or three plain lines: how much, how fast, how steady."""
        rate = f", {self.frames / self.wall_s:.1f} frames/s" if self.wall_s > 0 else ""
        lines = [f"{self.output}: {self.frames} frames, {self.seconds:.2f} s, in {self.wall_s:.1f} s{rate}"]
        slowest = max(self.stages, key=lambda stage: stage.busy_s, default=None)
        if slowest and slowest.items:
            lines.append(self._bottleneck(slowest))
        if self.stability and self.stability.raw.mean_iou is not None:
            lines.append(_steadiness(self.stability))
        return "\n".join(lines)

    def stage_lines(self) -> list[str]:
        """Return a line a stage: how fast it could go, what it waited for, how full its queue was."""
        return [stage.line(max(self.wall_s, 1e-9)) for stage in self.stages]

    def _bottleneck(self, slowest: StageSpeed) -> str:
        """Name the part that holds up the others, and what the user may turn."""
        each = slowest.busy_s / slowest.items * 1000
        share = slowest.busy_s / self.wall_s if self.wall_s > 0 else 0.0
        knob = KNOBS.get(slowest.name)
        advice = f"; to go faster: {knob}" if knob else ""
        return f"slowest part: {slowest.name}, {each:.1f} ms a frame, busy {share:.0%} of the time{advice}"

    def to_dict(self) -> dict[str, Any]:
        """Return the report as ``report.json`` holds it: plain values, None for what does not exist."""
        plain = {
            "schema": SCHEMA,
            "frames": self.frames,
            "seconds": self.seconds,
            "input": self.input,
            "output": self.output,
            "settings": dict(self.settings),
            "warnings": list(self.warnings),
            "wall_s": self.wall_s,
            "stages": [_stage_dict(stage) for stage in self.stages],
            "stability": self.stability and _stabilities_dict(self.stability),
        }
        return {name: _plain(value) for name, value in plain.items()}


def check_report(folder: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Make sure, before the work begins, that a report can be written; create its folder.

    Raises
    ------
    OptionError
        If matplotlib is not installed.
    OutputError
        If the folder cannot be created, or holds a report and ``overwrite`` is false.
    """
    check_plotting()
    path = make_folder(Path(folder))
    if (path / "report.json").exists() and not overwrite:
        raise OutputError(f"{path} holds a report already; give another folder or --overwrite")
    return path


def write(report: Report, folder: str | os.PathLike[str], *, moments: Sequence[Moment] = ()) -> None:
    """Write a report's files into a folder, replacing those of an earlier report.

    Parameters
    ----------
    report : Report
        With or without ``stability``; without it there is ``report.json`` alone.
    folder : path
        Created if it is not there; files that are no report's are left alone.
    moments : sequence of Moment
        The worst ones (`ReportTap.moments`); one of them becomes ``before_after.png``.

    Raises
    ------
    OptionError
        If matplotlib is not installed.
    OutputError
        If a file cannot be written.
    """
    path = make_folder(Path(folder))
    text = json.dumps(report.to_dict(), indent=2, allow_nan=False)
    save_bytes(path / "report.json", f"{text}\n".encode())
    if report.stability is not None:
        save_bytes(path / "frames.csv", "".join(_csv_lines(report.stability)).encode())
        write_pictures(report.stability, path, moments=moments)


def write_pictures(stability: Stabilities, folder: Path, *, moments: Sequence[Moment] = ()) -> None:
    """Write the two plots and, if there is a moment, ``before_after.png`` into an existing folder."""
    save_bytes(folder / "stability_before.png", stability_before(stability))
    save_bytes(folder / "comparison_before_after.png", comparison_before_after(stability))
    if moments:
        calmed_most = max(moments, key=lambda moment: moment.changed - moment.changed_smoothed)
        save_bytes(folder / "before_after.png", before_after(calmed_most))


def _steadiness(figures: Stabilities) -> str:
    raw, smoothed = figures.raw, figures.smoothed
    iou = f"neighbour IoU {raw.mean_iou:.3f} -> {smoothed.mean_iou:.3f}"
    return f"{iou}, changed pixels a frame {raw.mean_changed:,.0f} -> {smoothed.mean_changed:,.0f}"


def _stage_dict(stage: StageSpeed) -> dict[str, Any]:
    return {
        "name": stage.name,
        "items": stage.items,
        "busy_s": stage.busy_s,
        "per_second": stage.per_second,
        "starved_s": stage.starved_s,
        "blocked_s": stage.blocked_s,
        "queue_fill": stage.queue_fill,
    }


def _stabilities_dict(figures: Stabilities) -> dict[str, Any]:
    def means(one: Stability) -> dict[str, float | None]:
        return {"mean_iou": one.mean_iou, "mean_changed": one.mean_changed}

    return {"raw": means(figures.raw), "smoothed": means(figures.smoothed)}


def _plain(value: Any) -> Any:
    """Turn a value into what strict JSON can hold."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


def _csv_lines(figures: Stabilities) -> Iterator[str]:
    yield ",".join(COLUMNS) + "\n"
    raw, smoothed = figures.raw, figures.smoothed
    columns = [
        _cells(figures.seconds, 6),
        _cells(raw.iou, 6),
        _cells(raw.changed, 0),
        _cells(smoothed.iou, 6),
        _cells(smoothed.changed, 0),
    ]
    for index, cells in enumerate(zip(*columns, strict=True)):
        yield ",".join((str(index), *cells)) + "\n"


def _cells(column: Figures, digits: int) -> Iterator[str]:
    return ("" if math.isnan(value) else f"{value:.{digits}f}" for value in column.tolist())
