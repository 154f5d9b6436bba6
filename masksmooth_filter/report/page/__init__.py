"""``report.html``: one file with everything in it, which needs no network and no server.

The template, its style and its script are files beside this one; Jinja2 fills them in and escapes whatever
comes from outside (file names, classes, error texts).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.errors import OptionError
from masksmooth_filter.report.looks import Correction, Jump, Look
from masksmooth_filter.report.page.words import CHARTS, FIGURES, change, shown
from masksmooth_filter.report.pictures import TINTS, Picture, thumbnail, tinted
from masksmooth_filter.timing import clock

BLANK = {"unit": "", "top": "", "bottom": ""}
"""What a chart need not have."""

LONGEST = 340
"""Pixels of a picture's longest side: some 15 kB each, 60 of them in a page."""


def check_page() -> None:
    """Raise OptionError now rather than after the run if the page could not be made."""
    if find_spec("jinja2") is None:
        raise OptionError("the report's page needs Jinja2: pip install 'masksmooth-filter[report]'")


def render(content: Mapping[str, Any], worst: Sequence[Jump], corrected: Sequence[Correction]) -> str:
    """Return the page.

    Parameters
    ----------
    content : dict
        What report.json holds, with figures.
    worst, corrected : sequences
        What to show pictures of.

    Returns
    -------
    str
        HTML.

    Raises
    ------
    OptionError
        If Jinja2 is not installed.
    """
    check_page()
    series = content["figures"]["series"]
    names = [one["label"] for one in series]
    text: str = _template().render(
        report=content,
        title=PurePath(content["input"]).name or content["input"],
        style=_part("page.css"),
        script=_part("page.js"),
        series=series,
        figures=[_row(figure, series) for figure in FIGURES if _known(figure, series)],
        charts=[{**BLANK, **chart} for chart in CHARTS if _has(content, chart)],
        worst=[_moment(one.now, names) | {"note": _jumped(one, names[1])} for one in worst],
        corrected=[_moment(one.now, names) | {"note": _corrected(one, names[1])} for one in corrected],
    )
    return text


@cache
def _template() -> Any:
    from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=FunctionLoader(_part),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False, "allow_nan": False}
    environment.filters["options"] = _with_options
    environment.filters["clock"] = lambda seconds: clock(seconds).removeprefix("0:")
    return environment.get_template("page.html")


def _with_options(line: str) -> str:
    """Return a line as HTML, escaped, with the command's options set off so that they do not break."""
    from markupsafe import Markup, escape

    option = r"--[a-z][a-z-]*( (motion|gaussian|median|ema|none)\b)?"
    return Markup(re.sub(option, r"<code>\g<0></code>", str(escape(line))))


def _part(name: str) -> str:
    return files("masksmooth_filter.report.page").joinpath(name).read_text("utf-8")


def _known(figure: Mapping[str, str], series: Sequence[Mapping[str, Any]]) -> bool:
    return "needs" not in figure or any(one[figure["key"]] is not None for one in series)


def _row(figure: Mapping[str, str], series: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a figure with its values as they are shown, for every series."""
    values = [one[figure["key"]] for one in series]
    told = [shown(figure, value) for value in values]
    both = values[0] is not None or values[1] is None  # the lag of the reference itself is nothing to show
    return {"unit": "", **figure, "values": told, "both": both, "change": change(figure, values)}


def _has(content: Mapping[str, Any], chart: Mapping[str, str]) -> bool:
    raw: Mapping[str, Any] = content["figures"]["curves"]["series"]["raw"]
    return chart["key"] in raw


def _moment(look: Look, names: Sequence[str]) -> dict[str, Any]:
    picture = _fit(look.picture)
    cells = [{"name": "frame", "uri": _uri(picture), "series": -1}]
    for i, (name, mask) in enumerate(zip(names, look.masks, strict=True)):
        cells.append({"name": name, "uri": _uri(tinted(picture, _fit(mask), TINTS[i])), "series": i})
    return {"frame": look.index, "seconds": look.seconds, "cells": cells, "size": picture.shape[1::-1]}


def _jumped(jump: Jump, name: str) -> str:
    return f"raw changes by {jump.changed:,} px from the frame before, {name} by {jump.changed_smoothed:,}"


def _corrected(one: Correction, name: str) -> str:
    return f"{name} differs from raw in {one.corrected:,} px"


def _fit(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(thumbnail(pixels, longest=LONGEST), np.uint8)


def _uri(picture: Picture) -> str:
    """Return a picture as a JPEG in a data URI."""
    import cv2

    _, data = cv2.imencode(".jpg", np.ascontiguousarray(picture[:, :, ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 82])
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}"
