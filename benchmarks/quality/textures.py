"""Surfaces of the synthetic clips: patches of a palette under noise of three sizes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Colours = NDArray[np.float64]
"""``(n, 3)`` RGB."""

Surface = NDArray[np.uint8]
"""``(h, w, 3)`` uint8 RGB, `FINE` pixels a unit."""

FINE = 2
"""Pixels of a surface for one pixel at 240 rows, so that 480 rows are sharp as well."""

GRAIN = ((1.0, 7.0), (3.0, 7.0), (10.0, 10.0))
"""Size in units and standard deviation in grey levels of the noise."""

PATCHES = 4
"""Patches on 1000 square units. Each covers 900 on average, so hardly any ground is left between them: with
like colours the border is then seen where two patches of different colour meet, as anywhere else.
"""


def palettes(random: np.random.Generator, *, like: bool) -> tuple[Colours, Colours]:
    """Draw the colours of the object and of the ground.

    Parameters
    ----------
    random : Generator
        Where they come from.
    like : bool
        Whether both use the same colours: a colour model then knows nothing.
    """
    ground = random.uniform(85, 170, 3) + random.normal(0, 25, (5, 3))
    if like:
        return ground + random.normal(0, 3, (5, 3)), ground
    # 75 levels or more apart in two channels, the one up and the other down
    signs = random.permutation([1.0, -1.0, random.choice([-1.0, 1.0])])
    return ground + signs * random.uniform(75, 100, 3), ground


def surface(random: np.random.Generator, colours: Colours, size: tuple[int, int], contrast: float) -> Surface:
    """Paint a surface.

    Parameters
    ----------
    random : Generator
        Same state, same surface.
    colours : (n, 3) float64
        RGB of the patches.
    size : (int, int)
        Height and width in units.
    contrast : float
        1 for all of the colours' differences and the noise, 0 for a flat mean.
    """
    import cv2

    shape = [FINE * n for n in size]
    middle = colours.mean(axis=0)
    shades = middle + contrast * (colours - middle)
    canvas = np.full((*shape, 3), shades[0], np.float32)
    for _ in range(PATCHES * size[0] * size[1] // 1000):
        centre = random.uniform((0, 0), shape[::-1]).astype(int).tolist()
        axes = (FINE * random.uniform(6, 28, 2)).astype(int).tolist()
        shade = (random.choice(shades) + random.normal(0, 6 * contrast, 3)).tolist()
        cv2.ellipse(canvas, centre, axes, random.uniform(0, 180), 0, 360, shade, -1, cv2.LINE_AA)
    for width, level in GRAIN:
        canvas += _grain(random, (shape[0], shape[1]), width) * level * contrast
    return np.asarray(np.clip(np.rint(cv2.GaussianBlur(canvas, (0, 0), FINE / 2)), 0, 255), np.uint8)


def _grain(random: np.random.Generator, shape: tuple[int, int], width: float) -> NDArray[np.float32]:
    """Return noise that is mostly grey, of standard deviation about 1."""
    import cv2

    coarse = [max(2, round(n / FINE / width)) for n in shape]
    noise = random.normal(0, 1, (*coarse, 1)) + random.normal(0, 0.4, (*coarse, 3))
    grain = cv2.resize(noise.astype(np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(grain, np.float32)
