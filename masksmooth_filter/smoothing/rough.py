"""What is settled of a frame on the small picture, and the last step, which needs no other frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from masksmooth_filter.frames import Mask
from masksmooth_filter.smoothing import full_size
from masksmooth_filter.smoothing.held import Real
from masksmooth_filter.smoothing.picture import Picture, Rgb, resized
from masksmooth_filter.smoothing.team import Team
from masksmooth_filter.smoothing.tuning import Tuning


@dataclass(frozen=True, slots=True)
class Edges:
    """What brings a mask onto the full picture's edges.

    Attributes
    ----------
    picture : Picture
        Of the frame; its pixels are asked for in the end.
    voices : sequence of (h / 2, w / 2) float32
        For each plane, log-odds that the mask as it came speaks with.
    tunings : sequence of Tuning
        For each plane, the constants.
    """

    picture: Picture
    voices: Sequence[Real]
    tunings: Sequence[Tuning]


@dataclass(frozen=True, slots=True)
class Rough:
    """A frame's masks, settled on the small picture.

    Attributes
    ----------
    settled : (C, h, w) float32
        Chances of foreground.
    mask : (C, H', W') uint8
        As it came.
    planes : (C, h, w) uint8
        The same at the small picture's size.
    size : (int, int)
        Height and width of the masks asked for.
    edges : Edges, optional
        None if masks are not refined.
    """

    settled: Real
    mask: Mask
    planes: Mask
    size: tuple[int, int]
    edges: Edges | None = None

    @property
    def nbytes(self) -> int:
        """Bytes it holds in memory beside the frame and its mask."""
        small = self.settled.nbytes + self.planes.nbytes
        return small if self.edges is None else small + sum(voice.nbytes for voice in self.edges.voices)

    def finished(self, team: Team) -> Mask:
        """Return the masks at the size asked for, ``(C, H, W)`` uint8; the team's threads share the work."""
        pixels = None if self.edges is None else self.edges.picture.pixels()
        work = [partial(self._plane, plane, pixels, team) for plane in range(len(self.settled))]
        planes = team.run(work)
        return np.stack(planes) if len(planes) > 1 else planes[0][np.newaxis]

    def _plane(self, plane: int, pixels: Rgb | None, team: Team) -> Mask:
        mask, chance = resized(self.mask[plane], self.size, team), self.settled[plane]
        if pixels is None or self.edges is None:
            return full_size.with_details(mask, self.planes[plane], chance)
        tools = self.edges.tunings[plane], team
        return full_size.finished(chance, pixels, mask, self.edges.voices[plane], tools)
