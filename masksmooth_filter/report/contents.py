"""What ``report.json`` and ``frames.csv`` hold, as plain values; docs/report.md documents every field."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from masksmooth_filter.report.measures import Figures
from masksmooth_filter.report.metrics import mean
from masksmooth_filter.report.series import RunFigures, Series

SCHEMA_VERSION = 2

MOST_POINTS = 6000
"""Points of a curve in report.json and report.html: four minutes at 25 frames a second; longer clips are
binned, so that a page of two hours opens on a phone. frames.csv always has every frame."""

DIGITS = {"iou": 6, "consistency": 6, "j": 6, "f": 6, "changed": 0, "area": 0, "jitter_px": 4, "blinks_px": 1}
"""Decimals of each figure of a frame; those of the truth come last."""

TRUTH = ("j", "f")


def figures_dict(figures: RunFigures, labels: Mapping[str, str]) -> dict[str, Any]:
    """Return what report.json holds of a run's figures.

    Parameters
    ----------
    figures : RunFigures
        What was counted.
    labels : mapping of str to str
        What each series is called on the page, by its name.
    """
    seconds = figures.seconds
    return {
        "grid": None if figures.grid is None else list(figures.grid),
        "cuts": [{"frame": at, "time_s": _number(seconds[at], 6)} for at in figures.cuts],
        "mean_corrected": mean(figures.corrected),
        "series": [_summary(figures, one, labels.get(one.name, one.name)) for one in figures.series],
        "curves": _curves(figures),
    }


def frame_figures(figures: RunFigures, one: Series) -> dict[str, Figures]:
    """Return the figures of every frame of one series, by their names."""
    found = {
        "iou": one.stability.iou,
        "changed": one.stability.changed,
        "area": one.stability.area,
        "consistency": one.following.consistency,
        "jitter_px": one.following.jitter,
        "blinks_px": one.following.blinks * figures.scale**2,
    }
    return found | ({"j": one.accuracy.j, "f": one.accuracy.f} if len(one.accuracy.j) else {})


def csv_lines(figures: RunFigures) -> Iterator[str]:
    """Yield the lines of frames.csv; a cell is empty where there is no figure."""
    cuts = set(figures.cuts)
    names, columns = ["time_s", "corrected"], [_cells(figures.seconds, 6), _cells(figures.corrected, 0)]
    for one in figures.series:
        for name, values in frame_figures(figures, one).items():
            names.append(f"{name}_{one.name}")
            columns.append(_cells(values, DIGITS[name]))
    yield ",".join(("frame", "cut", *map(_quoted, names))) + "\n"
    for index, cells in enumerate(zip(*columns, strict=True)):
        yield ",".join((str(index), str(int(index in cuts)), *cells)) + "\n"


def plain(value: Any) -> Any:
    """Turn a value into what strict JSON can hold: None for what is no number."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


def _summary(figures: RunFigures, one: Series, label: str) -> dict[str, Any]:
    lag, step = one.lag.frames, figures.step
    truth = len(one.accuracy.j) > 0
    is_reference = one.name == "raw" and not truth
    return {
        "name": one.name,
        "label": label,
        "mean_iou": one.stability.mean_iou,
        "mean_changed": one.stability.mean_changed,
        "mean_area": mean(one.stability.area),
        "empty_frames": int(np.count_nonzero(one.stability.area == 0)),
        "mean_consistency": mean(one.following.consistency),
        "mean_jitter_px": mean(one.following.jitter),
        "flicker_per_s": one.following.flicker(figures.span),
        "lag_ms": None if lag is None or step is None or is_reference else 1000 * lag * step,
        "mean_j": mean(one.accuracy.j) if truth else None,
        "mean_f": mean(one.accuracy.f) if truth else None,
        "ms_per_frame": figures.ms_per_frame.get(one.name),
    }


def _curves(figures: RunFigures) -> dict[str, Any]:
    count = max(1, -(-figures.frames // MOST_POINTS))
    return {
        "frames_per_point": count,
        "time_s": _binned(figures.seconds, count, 6)["mean"],
        "corrected": _binned(figures.corrected, count, 0),
        "series": {
            one.name: {
                name: _binned(values, count, DIGITS[name])
                for name, values in frame_figures(figures, one).items()
            }
            for one in figures.series
        },
    }


def _binned(values: Figures, count: int, digits: int) -> dict[str, list[float | int | None]]:
    """Return the mean of every ``count`` frames, and where that is more than one their extremes."""
    if count == 1:
        return {"mean": _numbers(values, digits)}
    low, middle, high = bins(values, count)
    return {name: _numbers(part, digits) for name, part in (("mean", middle), ("low", low), ("high", high))}


def bins(values: Figures, count: int) -> tuple[Figures, Figures, Figures]:
    """Cut a curve into pieces of ``count`` frames; return each one's least, mean and greatest value.

    Nothing is lost to the eye: a single bad frame among thousands still reaches the band's edge.
    """
    pieces = np.pad(values, (0, -len(values) % count), constant_values=np.nan).reshape(-1, count)
    known = np.maximum(1, (~np.isnan(pieces)).sum(axis=1))
    low, high = np.fmin.reduce(pieces, axis=1), np.fmax.reduce(pieces, axis=1)
    return low, np.where(np.isnan(low), np.nan, np.nansum(pieces, axis=1) / known), high


def _numbers(values: Figures, digits: int) -> list[float | int | None]:
    return [_number(value, digits) for value in values.tolist()]


def _number(value: float, digits: int) -> float | int | None:
    return None if math.isnan(value) else round(value, digits) if digits else round(value)


def _cells(column: Figures, digits: int) -> Iterator[str]:
    return ("" if math.isnan(value) else f"{value:.{digits}f}" for value in column.tolist())


def _quoted(name: str) -> str:
    return f'"{name}"' if "," in name else name
