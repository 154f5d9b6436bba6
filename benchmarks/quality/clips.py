"""What is judged: pictures, exact truth, and masks that are wrong in some way."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Pictures = NDArray[np.uint8]
"""``(T, H, W, 3)`` uint8 RGB."""

Masks = NDArray[np.uint8]
"""``(T, H, W)`` uint8 confidence, 0..255."""

Truth = NDArray[np.bool_]
"""``(T, H, W)`` bool."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One sequence with its truth.

    Attributes
    ----------
    data, name : str
        The set it belongs to, and its name there.
    frames : (T, H, W, 3) uint8
        RGB pictures.
    truth : (T, H, W) bool
        Where the object is.
    masks : (T, H, W) uint8
        Confidence as a network gave it, or as the error model made it.
    cuts : tuple of int
        Frames that begin a new scene. No figure that compares two frames looks across one.
    """

    data: str
    name: str
    frames: Pictures
    truth: Truth
    masks: Masks
    cuts: tuple[int, ...] = ()

    def scenes(self) -> list[range]:
        """Return the frame numbers of each scene."""
        ends = [0, *self.cuts, len(self.frames)]
        return [range(a, b) for a, b in pairwise(ends)]

    def pairs(self) -> list[int]:
        """Return the frames that have a neighbour before them in the same scene."""
        return [t for scene in self.scenes() for t in scene[1:]]
