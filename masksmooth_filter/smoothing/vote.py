"""The soft vote along trajectories: what the window's masks say of a pixel, as far as they are reliable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.smoothing.consensus import time_weight
from masksmooth_filter.smoothing.held import Held, Real, of_blocks
from masksmooth_filter.smoothing.kernels import Kernels, on_host
from masksmooth_filter.smoothing.team import Team
from masksmooth_filter.smoothing.tuning import End, Tuning

Where = tuple[NDArray[np.intp], ...]
"""Rows and columns of pixels."""

_FAINT = np.float32(1e-4)

_AGREED = 0.05
"""Share of the window's weight that may dissent where no vote is held."""

_CALM = 0.2
"""Range of what the window says round a block of 2x2 pixels up to which one of them votes for all: on wild
masks a third of the walks is left, and no border is touched (J of three real sequences +.0003)."""


@dataclass(frozen=True, slots=True)
class Window:
    """A frame with the frames before and after it that may be asked, both oldest first.

    ``share`` says which reading of reliability counts: 0 that for poor masks, 1 that for good ones.
    """

    past: Sequence[Held]
    now: Held
    coming: Sequence[Held]
    sigma: float
    share: float

    def end(self, plane: int, tuning: Tuning) -> End:
        """Return the constants for a plane: by how good the masks are, and by what colours tell of it."""
        end = tuning.poor.mixed(tuning.good, self.share)
        return tuning.blind.mixed(end, self.now.apart[plane]) if self.now.apart else end

    def belief(self, plane: int, tuning: Tuning) -> float:
        """Return how far what becomes of a plane is believed where its raw mask was not."""
        usual = tuning.poor.mixed(tuning.good, self.share).belief
        if not self.now.apart:
            return usual
        poor, good = tuning.blind_belief
        alike = (1 - self.now.apart[plane]) ** 2
        return usual + alike * (poor + self.share * (good - poor) - usual)

    def neighbours(self) -> list[tuple[Held, float]]:
        """Return the other frames with their weights in time."""
        sides = (enumerate(reversed(self.past), 1), enumerate(self.coming, 1))
        return [(held, time_weight(distance, self.sigma)) for side in sides for distance, held in side]


def soft_vote(window: Window, tuning: Tuning, team: Team) -> Real:
    """Return the chance of foreground at every pixel of the small picture.

    Only undecided pixels are voted on: those near which some mask of the window says otherwise. Elsewhere
    the vote could only confirm the mask.

    Parameters
    ----------
    window : Window
        Frames whose reliability has been judged.
    tuning : Tuning
        Constants.
    team : Team
        The walks back and ahead are done side by side.

    Returns
    -------
    (C, h, w) float32
        0..1.
    """
    now = window.now
    chance = now.planes.astype(np.float32)
    mixed, calm = undecided(now, tuning.own)
    where = places(voters(mixed, calm, now.picture.size))
    if where[0].size:
        tools = tuning.shade, team.kernels
        work = [partial(_asked, window, where, side, tools) for side in ("behind", "ahead")]
        *sides, own = team.run([*work, partial(_own, window, where, tuning.own)])
        sums = sum(sides, own)
        chance.reshape(len(chance), -1)[:, flat(where, chance.shape[2])] = sums[:, 0] / sums[:, 1]
        _spread(chance, mixed & calm)
    return np.asarray(np.clip(chance * np.float32(1 / 255), 0, 1), np.float32)


def undecided(now: Held, own: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the blocks of 2x2 pixels near which the window does not agree, and those without a border.

    Both the neighbours with the frame's own mask, unweighted by reliability, and the mask's own 2x2 pixels
    are looked at. Taking every dissent of one frame as doubt walked three times the pixels on wild masks.

    Returns
    -------
    mixed, calm : (h / 2, w / 2) bool
    """
    import cv2

    around = np.ones((3, 3), np.uint8)
    mixed, calm = np.zeros(now.picture.grid, bool), np.ones(now.picture.grid, bool)
    for plane, said in zip(now.planes, now.consensus(own), strict=True):
        high, low = cv2.dilate(said, around), cv2.erode(said, around)
        split = of_blocks(plane, np.maximum) != of_blocks(plane, np.minimum)
        mixed |= ((high > _AGREED) & (low < 1 - _AGREED)) | split
        calm &= (high - low < _CALM) & ~split
    return mixed, calm


def voters(mixed: NDArray[np.bool_], calm: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the pixels that are voted on, ``(h, w)``: all of a mixed block, its first where it is calm."""
    chosen = np.zeros((2 * mixed.shape[0], 2 * mixed.shape[1]), bool)
    chosen[::2, ::2] = mixed
    chosen[::2, 1::2] = chosen[1::2, ::2] = chosen[1::2, 1::2] = mixed & ~calm
    return np.ascontiguousarray(chosen[: size[0], : size[1]])


def _spread(chance: Real, blocks: NDArray[np.bool_]) -> None:
    """Give the pixels of some blocks the chance of the first."""
    first = chance[:, ::2, ::2]
    for down, across in ((0, 1), (1, 0), (1, 1)):
        others = chance[:, down::2, across::2]
        rows, columns = others.shape[1:]
        np.copyto(others, first[:, :rows, :columns], where=blocks[:rows, :columns])


def places(chosen: NDArray[np.bool_] | NDArray[np.uint8]) -> Where:
    """Return rows and columns of what is not 0 in a picture, as ``np.nonzero``, in a tenth of its time."""
    flat = np.flatnonzero(chosen.reshape(-1).view(bool))
    rows = flat // chosen.shape[1]
    return rows, flat - rows * chosen.shape[1]


def flat(where: Where, width: int) -> NDArray[np.intp]:
    """Return places counted row by row: numpy reads by one index in a third of the time by two takes."""
    return where[0] * width + where[1]


def halved(where: Where) -> Where:
    """Return the places on the grid of every second pixel."""
    return where[0] >> 1, where[1] >> 1


def _own(window: Window, where: Where, weight: float) -> Real:
    """Return the frame's own vote, ``(C, 2, N)``: sums of weights times values, and of weights."""
    now = window.now
    at, below = flat(where, now.picture.size[1]), flat(halved(where), now.picture.grid[1])
    sums = np.empty((len(now.planes), 2, at.size), np.float32)
    for plane in range(len(sums)):
        trust = now.believed(plane, window.share).take(below)
        sums[plane, 1] = np.float32(weight) * trust + _FAINT
        sums[plane, 0] = sums[plane, 1] * now.planes[plane].take(at)
    return sums


def _asked(window: Window, where: Where, side: str, tools: tuple[float, Kernels]) -> Real:
    """Return the votes of one side: the past along flow behind, or what comes along flow ahead."""
    here, frames = window.now, list(reversed(window.past)) if side == "behind" else window.coming
    shade, kernels = tools
    sums = kernels.own(np.zeros((len(here.planes), 2, where[0].size), np.float32))
    path = kernels.start_paths(here.picture.luma, *where)
    for distance, there in enumerate(frames, 1):
        near = time_weight(distance, window.sigma), shade
        weight = kernels.step(path, getattr(here, side), there.shade, near)
        for plane, votes in enumerate(sums):
            believed = there.believed(plane, window.share)
            kernels.gather_trusted(path, weight, there.told[plane], believed, votes)
        here = there
    return on_host(sums)
