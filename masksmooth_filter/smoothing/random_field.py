"""A colour-aware conditional random field over some pixels of a picture, solved by mean-field rounds."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.smoothing.held import Real
from masksmooth_filter.smoothing.kernels import Own, on_host
from masksmooth_filter.smoothing.picture import Gray, Rgb
from masksmooth_filter.smoothing.team import Team, runs
from masksmooth_filter.smoothing.vote import Where
from masksmooth_filter.smoothing.waves import Waves

Colours = NDArray[np.int32]
"""``(h, w)`` int32, see `masksmooth_kernels.crf`."""

Pixels = NDArray[np.intp]
"""``(N,)``, counted row by row."""

_ALONE = 1e-6
"""Pixels whose samples' likenesses sum to less than this are drawn by none of them."""

_AT_ONCE = 1 << 15
"""Pixels weighed and updated in one go where there is one round: 3 MB of likenesses a thread. All at once
they were 80 MB a thread at 1080p where the mask was wild."""

_MANY = 1 << 21
"""Likenesses, 8 MB, above which rounds follow each other down the picture: those of all pixels of 480x270 at
once were 25 MB, held to the end of the run."""

_STRIP = 32
"""Rows of the strips whose colours are looked at."""

_SURE = 0.02
"""Chances are taken as .02 to .98: colour can overrule any of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomField:
    """Settings of a field, lengths in pixels of the picture it is laid over.

    Attributes
    ----------
    spiral : float
        Standard deviation of the colour samples' distances.
    samples : int
        Colour samples a pixel.
    pairwise : float
        What their weights sum to.
    colour_sigma : float
        Standard deviation of colour likeness, in 8-bit Lab levels.
    contrast : float
        Share of the samples' plain mean that is taken off their weighted one.
    near : float
        What the weights of the 24 nearest pixels sum to, whatever their colour.
    rounds : int
        Rounds.
    """

    spiral: float
    samples: int
    pairwise: float
    colour_sigma: float
    contrast: float
    near: float
    rounds: int

    @property
    def reach(self) -> int:
        """How far the samples lie, in pixels."""
        return _spiral(self.samples, self.spiral)[0]

    def settle(self, chance: Real | Gray, colours: Colours, pixels: Pixels, unary: Real, team: Team) -> Real:
        """Return the chances of some pixels after the rounds.

        Parameters
        ----------
        chance : (h, w) float32 or uint8
            Chance of foreground, 0..1 or 0..255; left as it is.
        colours : (h, w) int32
            Colours, see `packed`.
        pixels : (N,) int
            Which pixels, counted row by row; all at least ``reach`` from the edge, see `Surroundings`.
        unary : (N,) float32
            Their log-odds, neighbours apart.
        team : Team
            Threads that share the pixels.

        Returns
        -------
        (N,) float32
        """
        width, kernels, steps = chance.shape[1], team.kernels, _spiral(self.samples, self.spiral)[1]
        flat, seen, own_pixels, unary, offsets = (
            kernels.own(array)
            for array in (chance.reshape(-1), colours.reshape(-1), pixels, unary, steps @ (width, 1))
        )
        around, shares = _near(width, self.near)
        given = _Given(self, seen, own_pixels, unary, offsets, (kernels.own(around), kernels.own(shares)))
        work, whole = _Work(given, flat, team), kernels.batch or len(pixels) * self.samples <= _MANY
        if self.rounds == 1:
            work.once()
        else:
            work.rounds(Waves.over(pixels, width, 0 if whole else self.reach, self.rounds))
        return on_host(work.out)


@dataclass(frozen=True, slots=True)
class _Given:
    """What `RandomField.settle` was given, as the kernels keep it; see there."""

    field: RandomField
    seen: Own
    pixels: Own
    unary: Own
    offsets: Own
    near: tuple[Own, Own]


class _Work:
    """Rounds over the pixels that are given, from chances ``flat``, which are left as they are."""

    def __init__(self, given: _Given, flat: Own, team: Team) -> None:
        self._given, self._flat, self._team = given, flat, team
        self._count = len(given.pixels)
        self.out, self._scale = (team.kernels.empty(given.unary.shape) for _ in range(2))

    def once(self) -> None:
        """Do the one round there is."""
        samples, length = self._given.field.samples, self._team.kernels.batch or _AT_ONCE

        def both(part: slice) -> None:
            alike = self._team.scratch(samples * (part.stop - part.start)).reshape(samples, -1)
            self._weigh(part, alike)
            self.out[part] = self._updated(part, alike, self._flat)

        self._team.run([functools.partial(both, part) for part in runs(self._count, length)])

    def rounds(self, waves: Waves) -> None:
        """Do several rounds, each from what the one before it has left."""
        samples, kernels = self._given.field.samples, self._team.kernels
        after = [self._flat + 0 for _ in range(waves.rounds - 1)]
        scratch = self._team.scratch(samples * waves.most * waves.held)

        def do(number: int, part: slice, alike: Own) -> None:
            if not number:
                self._weigh(part, alike)
            found = self._updated(part, alike, after[number - 1] if number else self._flat)
            if number < len(after):
                after[number][self._given.pixels[part]] = found
            else:
                self.out[part] = found

        for step in waves.steps():
            todo = []
            for number, at in step:
                strip, first = waves.strips[at], samples * waves.most * (at % waves.held)
                many = strip.stop - strip.start
                for part in runs(many, kernels.batch or max(1, -(-many // self._team.threads))):
                    alike = scratch[first + samples * part.start : first + samples * part.stop]
                    where = slice(strip.start + part.start, strip.start + part.stop)
                    todo.append(functools.partial(do, number, where, alike.reshape(samples, -1)))
            self._team.run(todo)

    def _weigh(self, part: slice, alike: Own) -> None:
        given, field, where = self._given, self._given.field, self._given.pixels[part]
        total = self._team.kernels.likenesses(given.seen, where, given.offsets, field.colour_sigma, alike)
        self._scale[part] = field.pairwise / total.clip(_ALONE)
        if field.contrast:
            alike[:] -= total * (field.contrast / field.samples)

    def _updated(self, part: slice, alike: Own, chance: Own) -> Own:
        given, where = self._given, self._given.pixels[part]
        colour = given.offsets, alike, self._scale[part]
        return self._team.kernels.mean_field(chance, given.unary[part], where, colour, given.near)


class Surroundings:
    """The part of a picture round some pixels; beyond its edge the picture goes on as it ends.

    Only this part's colours are converted and copied.

    Parameters
    ----------
    where : (N,) and (N,) int
        Rows and columns of the pixels, at least one, row by row.
    reach : int
        How far the part goes on around them.
    """

    def __init__(self, where: Where, reach: int) -> None:
        (top, low), (left, right) = ((int(axis.min()) - reach, int(axis.max()) + reach + 1) for axis in where)
        self._rows, self._columns = (top, low), (left, right)
        self._where, self._reach = (where[0] - top, where[1] - left), reach
        self.pixels: Pixels = (where[0] - top) * (right - left) + (where[1] - left)

    def strips(self) -> list[tuple[slice, slice]]:
        """Return rows and columns of strips of the part that hold all within reach of the pixels."""
        (down, across), reach, strips = self._where, self._reach, []
        for top in range(0, self._rows[1] - self._rows[0], _STRIP):
            first, last = np.searchsorted(down, (top - reach, top + _STRIP + reach))
            if first < last:
                left, right = int(across[first:last].min()), int(across[first:last].max())
                strips.append((slice(top, top + _STRIP), slice(left - reach, right + reach + 1)))
        return strips

    def of(self, image: np.ndarray) -> np.ndarray:
        """Return the part of an image, ``(h, w)`` or ``(h, w, C)``."""
        import cv2

        (top, low), (left, right) = self._rows, self._columns
        height, width = image.shape[:2]
        part = image[max(top, 0) : low, max(left, 0) : right]
        beyond = max(-top, 0), max(low - height, 0), max(-left, 0), max(right - width, 0)
        out: np.ndarray = cv2.copyMakeBorder(part, *beyond, cv2.BORDER_REPLICATE | cv2.BORDER_ISOLATED)
        return out


def packed(lab: Rgb) -> Colours:
    """Return 8-bit Lab colours, ``(h, w, 3)``, as one number a pixel."""
    import cv2

    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_RGB2RGBA).view("<i4")[..., 0], np.int32)


def log_odds_of(chance: Real) -> Real:
    """Return ``ln(p / (1 - p))``, p kept within .02 and .98."""
    p = np.clip(chance, _SURE, 1 - _SURE)
    out: Real = np.log(p / (1 - p))
    return out


@functools.lru_cache(maxsize=64)
def _spiral(count: int, sigma: float) -> tuple[int, np.ndarray]:
    from masksmooth_kernels.crf import spiral

    steps = spiral(count, sigma)
    return max(2, int(np.abs(steps).max())), steps


def _near(width: int, strength: float) -> tuple[np.ndarray, Real]:
    """Return the offsets of the 24 nearest pixels, and their weights, as 1 / (1 + distance^2)."""
    down, across = np.mgrid[-2:3, -2:3].reshape(2, -1)
    down, across = np.delete(down, 12), np.delete(across, 12)
    shares = 1 / (1 + down**2 + across**2)
    return down * width + across, (strength * shares / shares.sum()).astype(np.float32)
