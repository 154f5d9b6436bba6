"""Strips of labelled pictures: what the masks did at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.frames import Mask
from masksmooth_filter.report.looks import Jump, Look
from masksmooth_filter.report.moments import Moment
from masksmooth_filter.report.pictures import Picture
from masksmooth_filter.report.plots import DPI, FAINT, INK, new_figure, png_of
from masksmooth_filter.timing import clock

TINT = (0, 158, 255)
SMALL, BIG = 480, 640
"""Longest side of a picture in a strip of four and in two rows of two."""

MARGIN, GAP, LABEL, HEAD = 14, 10, 28, 62
"""Pixels of a sheet: round it, between pictures, above a picture for its label, above all for the title."""


@dataclass(frozen=True, slots=True)
class _Cell:
    label: str
    pixels: Picture


def strip(moment: Moment) -> bytes:
    """Draw one moment as the founding study did: frame, raw mask, Gaussian, median; and what the run made.

    Parameters
    ----------
    moment : Moment
        What to show.

    Returns
    -------
    bytes
        A PNG file, one row of five pictures.

    Raises
    ------
    OptionError
        If matplotlib is not installed.
    """
    now = moment.now
    cells = [
        _Cell("frame", now.picture),
        _Cell("raw mask", _rgb(now.raw)),
        _Cell("temporal Gaussian", _rgb(moment.gaussian)),
        _Cell("temporal median", _rgb(moment.median)),
        _Cell("this run", _rgb(now.smoothed)),
    ]
    note = f"since the frame before, the raw mask changed by {moment.changed:,} pixels"
    return _sheet(cells, columns=5, longest=SMALL, title=_name(now), note=note)


def before_after(moment: Jump) -> bytes:
    """Draw the masks over a moment's frame and the one before it: raw at the left, smoothed at the right.

    Parameters
    ----------
    moment : Jump
        What to show: of the worst moments the one that smoothing calmed most, as the picture says.

    Returns
    -------
    bytes
        A PNG file: two rows of two pictures, or one row of four if they are taller than wide.

    Raises
    ------
    OptionError
        If matplotlib is not installed.
    """
    before, now = moment.before, moment.now
    left = [_tinted(f"frame {look.index}, raw mask", look.picture, mask=look.raw) for look in (before, now)]
    right = [
        _tinted(f"frame {look.index}, smoothed", look.picture, mask=look.smoothed) for look in (before, now)
    ]
    tall = now.picture.shape[0] > now.picture.shape[1]
    cells = [*left, *right] if tall else [left[0], right[0], left[1], right[1]]
    note = f"of the worst moments the one smoothing calmed most: raw changes by {moment.changed:,} pixels, "
    note += f"smoothed by {moment.changed_smoothed:,}"
    return _sheet(cells, columns=4 if tall else 2, longest=BIG, title=_name(now), note=note)


def _name(look: Look) -> str:
    return f"frame {look.index}" + ("" if look.seconds is None else f", {clock(look.seconds)}")


def _rgb(mask: Mask) -> Picture:
    return np.repeat(mask[:, :, np.newaxis], 3, axis=2)


def _tinted(label: str, picture: Picture, *, mask: Mask) -> _Cell:
    """Lay a mask over its frame: a tint, and a line along its border."""
    import cv2

    picture, mask = _fit(picture, BIG), _fit(mask, BIG)
    share = mask[:, :, np.newaxis] / 255 * 0.5
    mixed = picture * (1 - share) + np.array(TINT) * share
    inside = (mask >= 128).astype(np.uint8)
    line = cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)).astype(bool)
    mixed[line] = 255
    return _Cell(label, np.rint(mixed).astype(np.uint8))


def _sheet(cells: list[_Cell], *, columns: int, longest: int, title: str, note: str) -> bytes:
    """Put cells into rows under a title; pixels are placed one to one, so that nothing is resampled twice."""
    pictures = [_fit(cell.pixels, longest) for cell in cells]
    height, width = pictures[0].shape[0], max(pictures[0].shape[1], 200)
    rows = -(-len(cells) // columns)
    total_w = max(2 * MARGIN + columns * width + (columns - 1) * GAP, 640)
    total_h = HEAD + rows * (LABEL + height + GAP) - GAP + MARGIN
    figure = new_figure(total_w / DPI, total_h / DPI)
    canvas = np.full((total_h, total_w, 3), 255, np.uint8)
    for i, (cell, picture) in enumerate(zip(cells, pictures, strict=True)):
        x = MARGIN + i % columns * (width + GAP)
        y = HEAD + i // columns * (LABEL + height + GAP) + LABEL
        canvas[y : y + height, x : x + picture.shape[1]] = picture
        figure.text(x / total_w, 1 - (y - 8) / total_h, cell.label, size=10.5, color=INK)
    figure.figimage(canvas, origin="upper", zorder=-1)
    _headline(figure, title, note=note, x=MARGIN / total_w, height=total_h)
    return png_of(figure)


def _headline(figure: Any, title: str, *, note: str, x: float, height: int) -> None:
    figure.text(x, 1 - 28 / height, title, size=13, weight="bold", color=INK)
    figure.text(x, 1 - 50 / height, note, size=10, color=FAINT)


def _fit(pixels: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """Scale a picture or a mask so that its longest side is ``longest``."""
    import cv2

    scale = longest / max(pixels.shape[:2])
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, size, interpolation=how), np.uint8)
