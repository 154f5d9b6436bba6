"""From the small picture to the size asked for: cubic upsampling, then one round on the full edges."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.frames import Mask
from masksmooth_filter.smoothing.held import Real
from masksmooth_filter.smoothing.picture import Gray, Rgb, resized
from masksmooth_filter.smoothing.random_field import RandomField, Surroundings, log_odds_of, packed
from masksmooth_filter.smoothing.refine import border_band
from masksmooth_filter.smoothing.team import Team
from masksmooth_filter.smoothing.tuning import TUNED_ROWS, Tuning
from masksmooth_filter.smoothing.vote import Where, flat, places


def with_details(mask: Gray, low: Gray, chance: Real) -> Mask:
    """Return a mask with what the vote changed, at its own size; elsewhere it keeps its own borders.

    Parameters
    ----------
    mask : (H, W) uint8
        As it came.
    low : (h, w) uint8
        The mask the vote was about.
    chance : (h, w) float32
        The vote.
    """
    import cv2

    change = chance * 255 - low
    if not change.any():
        return mask.copy()
    shrinks = mask.shape[0] < low.shape[0] and mask.shape[1] < low.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    change = cv2.resize(change, (mask.shape[1], mask.shape[0]), interpolation=how)
    return np.asarray(np.clip(np.rint(mask + change), 0, 255), np.uint8)


def brought_up(chance: Real, size: tuple[int, int]) -> Gray:
    """Return chances as confidence 0..255 at another size: cubic where it grows, else averaged."""
    import cv2

    low = np.rint(chance * 255).astype(np.uint8)
    if low.shape == size:
        return low
    how = cv2.INTER_CUBIC if size[0] > low.shape[0] else cv2.INTER_AREA
    out: Gray = cv2.resize(low, (size[1], size[0]), interpolation=how)
    return out


def finished(chance: Real, rgb: Rgb, mask: Gray, voice: Real, tools: tuple[Tuning, Team]) -> Mask:
    """Return the refined mask at the mask's size.

    Parameters
    ----------
    chance : (h, w) float32
        Refined on the small picture.
    rgb : (H, W, 3) uint8
        The frame.
    mask : (H', W') uint8
        The mask as it came, at the size of the result.
    voice : (h / 2, w / 2) float32
        Log-odds its details speak with; half of the greatest is enough to reopen a pixel.
    tools : (Tuning, Team)
        Constants, and threads.
    """
    import cv2

    size = mask.shape[0], mask.shape[1]
    if size[0] <= chance.shape[0] or size[1] <= chance.shape[1]:
        return brought_up(chance, size)
    tuning, team = tools
    # Found on the small picture: a distance transform of 1080 rows alone would cost 20 ms.
    reach = tuning.full_band * min(chance.shape) / TUNED_ROWS + 0.5
    found: list[Callable[[], Any]] = [partial(brought_up, chance, size), partial(border_band, chance, reach)]
    up, band = team.run(found)
    reopened = _reopened(band, cv2.bitwise_xor(mask, up), voice)
    out: Mask = up.copy()
    rgb = resized(rgb, size, team)

    def settle(rows: slice) -> None:
        where = _places_in(reopened, rows)
        at = flat(where, size[1])
        said = voice[_below(where, size, voice.shape)]
        unary = _LOG_ODDS[up.reshape(-1)[at]] + said * (mask.reshape(-1)[at] * np.float32(2 / 255) - 1)
        out.reshape(-1)[at] = _settled(up, rgb, where, unary, (tuning, team))

    team.run([partial(settle, rows) for rows in _strips(reopened)])
    return out


def _strips(chosen: Gray) -> list[slice]:
    """Return runs of rows that hold pixels, each at most about `_AT_ONCE` of those that are not 0.

    Usually it is one. With every pixel of 1080 rows reopened by a wild mask, lists of places and what is
    read there were 100 MB.
    """
    many = np.cumsum(np.count_nonzero(chosen, axis=1))
    ends = [int(row) for row in np.flatnonzero(np.diff(many // _AT_ONCE)) + 1]
    edges = [0, *ends, len(chosen)]
    return [slice(a, b) for a, b in itertools.pairwise(edges) if chosen[a:b].any()]


def _places_in(chosen: Gray, rows: slice) -> Where:
    """Return rows and columns of what is not 0 in some rows of a picture."""
    down, across = places(chosen[rows])
    return down + rows.start, across


def _below(where: Where, size: tuple[int, ...], low: tuple[int, ...]) -> Where:
    """Return where pixels of a picture lie in a smaller one; from tables, as 64-bit division is slow."""
    down, across = (np.arange(many) * few // many for many, few in zip(size, low, strict=True))
    return down[where[0]], across[where[1]]


def _reopened(band: NDArray[np.bool_], unlike: Gray, voice: Real) -> Gray:
    """Return 1 at the pixels near the border, and where a believed mask sees otherwise, else 0.

    Parameters
    ----------
    band : (h, w) bool
        What is near, on the small picture.
    unlike : (H, W) uint8
        Where the mask is another; written to.
    voice : (h / 2, w / 2) float32
        How far the mask is believed.
    """
    import cv2

    size, believed = (unlike.shape[0], unlike.shape[1]), voice > _HEARD
    if not believed.any():
        return _spread(band, size)
    cv2.threshold(unlike, 127, 1, cv2.THRESH_BINARY, dst=unlike)
    unlike &= _spread(believed, size)
    unlike |= _spread(band, size)
    return unlike


def _spread(low: NDArray[np.bool_], size: tuple[int, int]) -> Gray:
    """Return 1 where a smaller picture is true."""
    import cv2

    ones = low.view(np.uint8)
    return np.asarray(cv2.resize(ones, (size[1], size[0]), interpolation=cv2.INTER_NEAREST), np.uint8)


def _settled(up: Gray, rgb: Rgb, where: Where, unary: Real, tools: tuple[Tuning, Team]) -> Mask:
    """Settle the pixels on the part of the picture round them: only colours within reach are converted.

    Lab is what costs most at full size: 8 ms for the whole part on 1080 rows of a runner, by strips 3.
    """
    import cv2

    tuning, team = tools
    field = _field(tuning, min(up.shape) / TUNED_ROWS)
    part = Surroundings(where, field.reach)
    seen = part.of(rgb)
    colours = np.empty(seen.shape[:2], np.int32)

    def convert(strip: tuple[slice, slice]) -> None:
        colours[strip] = packed(cv2.cvtColor(seen[strip], cv2.COLOR_RGB2LAB))

    team.run([partial(convert, strip) for strip in part.strips()])
    chance = field.settle(part.of(up), colours, part.pixels, unary, team)
    return np.rint(chance * 255).astype(np.uint8)


def _field(tuning: Tuning, scale: float) -> RandomField:
    return RandomField(
        spiral=tuning.full_spiral * scale,
        samples=tuning.full_samples,
        pairwise=tuning.full_pairwise,
        colour_sigma=tuning.full_colour,
        contrast=tuning.full_contrast,
        near=tuning.near,
        rounds=1,
    )


_LOG_ODDS = log_odds_of(np.linspace(0, 1, 256, dtype=np.float32))

_AT_ONCE = 1 << 14
"""Pixels that are settled in one go, 16 000: 60 bytes each are held for them, a megabyte that stays in the
second cache. With 33 000 the last step of a wild mask took a fifth less time, but a 1080p run peaked 13 MB
higher."""

_HEARD = 0.5
"""Log-odds from which the raw mask reopens pixels away from the border."""
