"""Bring a soft vote onto the picture's edges: a colour-aware random field in a band round its border."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.smoothing import colour_model
from masksmooth_filter.smoothing.alignment import border_distance
from masksmooth_filter.smoothing.held import Real
from masksmooth_filter.smoothing.random_field import RandomField, Surroundings, log_odds_of, packed
from masksmooth_filter.smoothing.team import Team
from masksmooth_filter.smoothing.tuning import End, Tuning
from masksmooth_filter.smoothing.vote import Window, places


def refined(window: Window, chances: Real, tuning: Tuning, team: Team) -> Real:
    """Return a vote's chances brought onto the edges of the small picture.

    Parameters
    ----------
    window : Window
        Frames whose colours have been counted.
    chances : (C, h, w) float32
        The soft vote.
    tuning : Tuning
        Constants.
    team : Team
        Threads that share the pixels.

    Returns
    -------
    (C, h, w) float32
    """
    ends = (window.end(i, tuning) for i in range(len(chances)))
    planes = zip(chances, ends, strict=True)
    return np.stack([_plane(window, i, *plane, (tuning, team)) for i, plane in enumerate(planes)])


def _plane(window: Window, plane: int, chance: Real, end: End, tools: tuple[Tuning, Team]) -> Real:
    tuning, team = tools
    picture = window.now.picture
    where = places(border_band(chance, tuning.band * picture.scale))
    if not where[0].size:
        return chance
    doubt = np.clip(window.now.support * np.float32(1 / tuning.doubtful), end.doubt, 1)
    odds = colour_model.model(window, plane, tuning.model_clip)
    vote = np.float32(end.unary) * doubt[where[0] // 2, where[1] // 2] * log_odds_of(chance[where])
    unary = vote + np.float32(end.model) * odds[colour_model.colour_bins(picture.lab[where])]
    out, field = chance.copy(), _field(end, tuning, picture.scale)
    part = Surroundings(where, field.reach)
    out[where] = field.settle(part.of(chance), packed(part.of(picture.lab)), part.pixels, unary, team)
    return out


def _field(end: End, tuning: Tuning, scale: float) -> RandomField:
    return RandomField(
        spiral=tuning.band * scale,
        samples=tuning.samples,
        pairwise=end.pairwise,
        colour_sigma=end.colour_sigma,
        contrast=end.contrast,
        near=tuning.near,
        rounds=tuning.rounds,
    )


def border_band(chance: Real, reach: float) -> NDArray[np.bool_]:
    """Return the pixels within ``reach`` of the border, and the undecided ones.

    Distances are found round the object only: on parkour the transforms take 1.1 ms a frame, not 2.5.
    """
    import cv2

    inside = (chance > 0.5).astype(np.uint8)
    band: NDArray[np.bool_] = (chance > 25 / 255) & (chance < 230 / 255)
    left, top, width, height = cv2.boundingRect(inside)
    if not width or int(inside.sum()) == inside.size:
        return band
    more = int(reach) + 2
    around = slice(max(0, top - more), top + height + more), slice(max(0, left - more), left + width + more)
    band[around] |= border_distance(inside[around]) <= reach
    return band
