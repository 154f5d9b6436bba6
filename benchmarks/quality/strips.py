"""Pictures of what a method did: truth and mask over the frame, one row a method."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.clips import Clip, Truth
from benchmarks.quality.methods import CONTROLS
from benchmarks.quality.table import Result

HIT, FALSE, MISSED = (0, 200, 0), (255, 0, 0), (0, 90, 255)
"""RGB of pixels in both, in the mask only, in the truth only."""

SHARE = 0.55
"""Of the colour; the rest is the picture."""

WIDTH = 520
"""Pixels of one cell: three stand side by side."""


def write_strip(path: Path, clip: Clip, runs: Sequence[Truth], results: Sequence[Result]) -> None:
    """Draw the frames where the last smoother's J is least, where it lost most, and its median frame.

    Parameters
    ----------
    path : Path
        The JPEG file; a PNG has ten times the size.
    clip : Clip
        Pictures and truth.
    runs : list of (T, H, W) bool
        The masks of each method.
    results : list of Result
        Their scores, raw's first.
    """
    import cv2

    rows = []
    for result, masks in zip(results, runs, strict=True):
        cells = [_cell(clip, masks, t, f"{result.method}  {title} {t}") for title, t in _moments(results)]
        rows.append(np.hstack([_labelled(cell, text, result.scores.j[t]) for cell, text, t in cells]))
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.vstack(rows)[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 75])


def _moments(results: Sequence[Result]) -> list[tuple[str, int]]:
    tested = [result for result in results if result.method not in CONTROLS] or results
    j, raw = tested[-1].scores.j, results[0].scores.j
    return [
        ("worst", int(j.argmin())),
        ("most lost", int((j - raw).argmin())),
        ("median", int(np.argsort(j)[len(j) // 2])),
    ]


def _cell(clip: Clip, masks: Truth, t: int, text: str) -> tuple[NDArray[np.uint8], str, int]:
    # grey, so that a green or red object is not taken for a verdict
    picture = np.repeat(clip.frames[t].mean(axis=2, keepdims=True, dtype=np.float32), 3, axis=2)
    for where, colour in (
        (masks[t] & clip.truth[t], HIT),
        (masks[t] & ~clip.truth[t], FALSE),
        (~masks[t] & clip.truth[t], MISSED),
    ):
        picture[where] = (1 - SHARE) * picture[where] + SHARE * np.array(colour, np.float32)
    return picture.astype(np.uint8), text, t


def _labelled(picture: NDArray[np.uint8], text: str, j: float) -> NDArray[np.uint8]:
    import cv2

    height = round(picture.shape[0] * WIDTH / picture.shape[1])
    scaled = cv2.resize(picture, (WIDTH, height), interpolation=cv2.INTER_AREA)
    cv2.rectangle(scaled, (0, 0), (WIDTH, 24), (0, 0, 0), -1)
    place, font, white = (6, 17), cv2.FONT_HERSHEY_SIMPLEX, (255, 255, 255)
    cv2.putText(scaled, f"{text}  J {j:.3f}", place, font, 0.5, white, 1, cv2.LINE_AA)
    return np.asarray(scaled, np.uint8)
