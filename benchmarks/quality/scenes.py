"""Moving outlines with surfaces, drawn with exact truth.

Lengths are units: pixels at 240 rows. A pixel belongs to the truth if half of it or more is covered by what
is visible of the object; the picture is mixed by the same coverage, so the two agree by construction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.textures import FINE, Surface

Outline = NDArray[np.float64]
"""``(n, 2)`` corners, x and y, round the origin."""

Matrix = NDArray[np.float64]
"""``(3, 3)`` homogeneous."""

Motion = Callable[[int], Matrix]
"""Frame number to pose."""

SAMPLES = 8
"""Coverage is counted on 8 x 8 points a pixel. OpenCV fills a polygon with its edge: .06 pixels too wide."""


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of the object, or of what stands before it."""

    outline: Outline
    surface: Surface
    motion: Motion


@dataclass(frozen=True, slots=True)
class Scene:
    """What there is to see.

    Attributes
    ----------
    ground : Surface
        Larger than the picture, its middle in the picture's middle.
    parts, before, behind : sequence of Part
        The object; what hides it; what it hides.
    camera : Motion
        Moves all of it.
    gain, noise : float
        The picture's brightness, and its noise in grey levels.
    """

    ground: Surface
    parts: Sequence[Part]
    before: Sequence[Part] = field(default_factory=tuple)
    behind: Sequence[Part] = field(default_factory=tuple)
    camera: Motion = lambda t: pose()
    gain: float = 1.0
    noise: float = 2.0


def pose(x: float = 0, y: float = 0, *, turn: float = 0, scale: float = 1) -> Matrix:
    """Return a similarity: scale and turn (radians) about the origin, then move."""
    c, s = scale * np.cos(turn), scale * np.sin(turn)
    return np.array([[c, -s, x], [s, c, y], [0, 0, 1]])


def draw(
    scene: Scene, t: int, *, shape: tuple[int, int], random: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Draw one frame.

    Parameters
    ----------
    scene : Scene
        What to draw.
    t : int
        Frame number.
    shape : (int, int)
        Rows and columns.
    random : Generator
        For the picture's noise.

    Returns
    -------
    picture : (H, W, 3) uint8
        RGB.
    truth : (H, W) bool
        Where half a pixel or more is the object.
    """
    view = pose(shape[1] / 2, shape[0] / 2, scale=shape[0] / 240) @ scene.camera(t)
    picture = _laid(scene.ground, view, shape)
    seen = np.zeros(shape, np.float32)
    for part in scene.behind:
        _onto(picture, part, view @ part.motion(t))
    for part in scene.parts:
        share = _onto(picture, part, view @ part.motion(t))
        seen = np.maximum(seen, share)
    for part in scene.before:
        seen *= 1 - _onto(picture, part, view @ part.motion(t))
    shown = picture * scene.gain + random.normal(0, scene.noise, picture.shape)
    return np.clip(np.rint(shown), 0, 255).astype(np.uint8), seen >= 0.5


def _onto(picture: NDArray[np.float32], part: Part, view: Matrix) -> NDArray[np.float32]:
    """Lay a part over the picture; return its coverage."""
    covered = np.zeros(picture.shape[:2], np.float32)
    corners = part.outline @ view[:2, :2].T + view[:2, 2]
    left, top = np.maximum(np.floor(corners.min(axis=0)).astype(int) - 1, 0)
    right, bottom = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 2, covered.shape[::-1])
    if left >= right or top >= bottom:
        return covered
    here = pose(-left, -top) @ view  # only the part's box is drawn: a limb is a hundredth of the picture
    window, share = picture[top:bottom, left:right], covered[top:bottom, left:right]
    share[:] = _coverage(part.outline, here, share.shape)
    window += share[:, :, np.newaxis] * (_laid(part.surface, here, share.shape) - window)
    return covered


def _coverage(outline: Outline, view: Matrix, shape: tuple[int, ...]) -> NDArray[np.float32]:
    import cv2

    corners = outline @ view[:2, :2].T + view[:2, 2]
    fine = np.zeros((SAMPLES * shape[0], SAMPLES * shape[1]), np.uint8)
    # a pixel's middle is at a whole number: -.5 is the picture's left edge; 4 bits below the point
    points = np.rint(((corners + 0.5) * SAMPLES - 0.5) * 16).astype(np.int32)
    cv2.fillPoly(fine, [points], 255, shift=4)
    share = cv2.resize(fine, shape[1::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(share, np.float32) / np.float32(255)


def _laid(surface: Surface, view: Matrix, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Sample a surface whose middle is the origin."""
    import cv2

    middle = pose(-surface.shape[1] / 2 / FINE, -surface.shape[0] / 2 / FINE, scale=1 / FINE)
    placed = cv2.warpAffine(
        surface, (view @ middle)[:2], shape[1::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(placed, np.float32)
