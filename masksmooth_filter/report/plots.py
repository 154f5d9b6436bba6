"""The two curves of a run as PNG: neighbour IoU and changed pixels over time, before and after.

Drawn with matplotlib's objects on the Agg canvas, never with pyplot: no window, no global figure list,
and any thread may do it. Colours are two of Okabe and Ito's, told apart by every kind of colour vision.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from masksmooth_filter.errors import OptionError
from masksmooth_filter.report.contents import bins
from masksmooth_filter.report.measures import Figures
from masksmooth_filter.report.metrics import Stability
from masksmooth_filter.report.series import RunFigures
from masksmooth_filter.timing import clock

RAW_COLOUR, SMOOTHED_COLOUR = "#D55E00", "#0072B2"
INK, FAINT = "#222222", "#6b6b6b"

MOST_POINTS = 1000
"""More frames than this are drawn as bands: the plot is 1180 pixels wide, and a line would be a smear."""

BANDS = 600
CLOCK_STEPS = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
DPI = 110
WARNING = "A high IoU alone proves nothing: a mask that is frozen scores 1.0. Look at the pictures too."


def check_plotting() -> None:
    """Raise OptionError now rather than after the run if the plots could not be drawn."""
    if find_spec("matplotlib") is None:
        raise OptionError("plots need matplotlib: pip install 'masksmooth-filter[report]'")


@dataclass(frozen=True, slots=True)
class _Series:
    label: str
    colour: str
    figures: Stability


def stability_before(figures: RunFigures) -> bytes:
    """Draw how steady the masks were as the network gave them.

    Returns
    -------
    bytes
        A PNG file: neighbour IoU above, changed pixels below, with their means.

    Raises
    ------
    OptionError
        If matplotlib is not installed.
    """
    raw = _Series("raw", RAW_COLOUR, figures.raw.stability)
    return _chart("Raw masks, from frame to frame", figures, series=[raw])


def comparison_before_after(figures: RunFigures) -> bytes:
    """Draw the raw and the smoothed masks' curves over each other.

    Returns
    -------
    bytes
        A PNG file: neighbour IoU above, changed pixels below, with their means.

    Raises
    ------
    OptionError
        If matplotlib is not installed.
    """
    raw = _Series("raw", RAW_COLOUR, figures.raw.stability)
    smoothed = _Series("smoothed", SMOOTHED_COLOUR, figures.smoothed.stability)
    return _chart("Masks from frame to frame, raw and smoothed", figures, series=[raw, smoothed])


def new_figure(width: float, height: float) -> Any:
    """Return an empty matplotlib Figure of that many inches on an Agg canvas.

    Raises
    ------
    OptionError
        If matplotlib is not installed.
    """
    check_plotting()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def png_of(figure: Any) -> bytes:
    """Return a matplotlib Figure as the bytes of a PNG file."""
    buffer = io.BytesIO()
    figure.canvas.print_png(buffer)
    return buffer.getvalue()


def _chart(title: str, figures: RunFigures, *, series: list[_Series]) -> bytes:
    figure = new_figure(11, 6.6)
    upper, lower = figure.subplots(2, 1, sharex=True)
    figure.subplots_adjust(left=0.085, right=0.975, top=0.86, bottom=0.135, hspace=0.3)
    figure.text(0.085, 0.945, title, size=15, weight="bold", color=INK)
    x, unit = _time_axis(figures)
    for one in series:
        _curve(upper, (x, one.figures.iou), colour=one.colour, label=f"{one.label}, mean {{:.3f}}")
        _curve(lower, (x, one.figures.changed), colour=one.colour, label=f"{one.label}, mean {{:,.0f}}")
    _dress(upper, "Neighbour IoU", meaning="1.0 = the same as the frame before")
    _dress(lower, "Changed pixels", meaning="per frame; 0 = the same as the frame before")
    _limits(upper, lower, series=series)
    _label_time(lower, x, unit=unit)
    figure.text(0.085, 0.022, WARNING + _band_note(len(x)), size=9, color=FAINT)
    return png_of(figure)


def _curve(axes: Any, points: tuple[Figures, Figures], *, colour: str, label: str) -> None:
    """Draw one curve and its mean; ``label`` has a place for the mean."""
    x, y = points
    known = y[~np.isnan(y)]
    if not known.size:
        return
    mean, width = known.mean(), 1.2 if len(x) > 400 else 1.7
    if len(x) > MOST_POINTS:
        count = -(-len(x) // BANDS)
        (_, x, _), (low, y, high) = bins(x, count), bins(y, count)
        axes.fill_between(x, low, high, color=colour, alpha=0.25, linewidth=0.8, step="mid")
    marker = "o" if known.size <= 60 else None
    axes.plot(x, y, color=colour, linewidth=width, marker=marker, markersize=3.5, label=label.format(mean))
    axes.axhline(mean, color=colour, linewidth=1, linestyle=(0, (5, 4)), alpha=0.8)


def _band_note(frames: int) -> str:
    if frames <= MOST_POINTS:
        return ""
    return f"   Bands: least to greatest of {-(-frames // BANDS)} frames; line: their mean."


def _time_axis(figures: RunFigures) -> tuple[Figures, str]:
    """Return the frames' times, or their numbers where a time is missing, and which of the two it is."""
    seconds = figures.seconds
    if np.isnan(seconds).any():
        return np.arange(len(seconds), dtype=np.float64), "frame"
    return seconds, "time"


def _label_time(axes: Any, x: Figures, *, unit: str) -> None:
    from matplotlib.ticker import FuncFormatter, MultipleLocator

    if not len(x):
        axes.set_xticks([])
        return
    span = float(x.max() - x.min())
    axes.set_xlabel("frame" if unit == "frame" else "time (s)", color=INK)
    axes.set_xlim(x.min() - 0.01 * span, x.max() + (0.01 * span or 1))
    if unit == "time" and span >= 120:
        axes.set_xlabel("time (h:mm:ss)", color=INK)
        step = next((step for step in CLOCK_STEPS if span / step <= 9), span / 5)
        axes.xaxis.set_major_locator(MultipleLocator(step))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: clock(value).partition(".")[0]))


def _dress(axes: Any, name: str, *, meaning: str) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_title(name, loc="left", size=11, weight="bold", color=INK, pad=7)
    axes.annotate(
        meaning, (0, 1), (115, 8), xycoords="axes fraction", textcoords="offset points", size=9, color=FAINT
    )
    axes.grid(axis="y", color="#e4e4e4", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#bbbbbb")
    axes.tick_params(colors=FAINT, length=3, labelcolor=INK, labelsize=9)
    if name == "Changed pixels":
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    if axes.lines:
        axes.legend(loc="lower right", bbox_to_anchor=(1.005, 1.0), ncols=2, frameon=False, borderpad=0.1)


def _limits(upper: Any, lower: Any, *, series: list[_Series]) -> None:
    """Leave room round the curves; the IoU ends at 1, the changed pixels start at 0."""
    known = [one.figures for one in series if one.figures.mean_iou is not None]
    least = min((float(np.nanmin(figures.iou)) for figures in known), default=0.0)
    most = max((float(np.nanmax(figures.changed)) for figures in known), default=0.0)
    upper.set_ylim(max(-0.02, least - max(0.01, (1 - least) * 0.08)), 1 + max(0.002, (1 - least) * 0.05))
    lower.set_ylim(0, max(1.0, most * 1.08))
    for axes in () if known else (upper, lower):
        axes.text(0.5, 0.5, "needs two frames", transform=axes.transAxes, ha="center", color=FAINT)
