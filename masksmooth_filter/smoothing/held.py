"""A frame in the window: its picture and masks, the flow to its neighbours, and what they say of its mask."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.frames import Mask
from masksmooth_filter.smoothing.kernels import Kernels, Own, on_host
from masksmooth_filter.smoothing.picture import Gray, Picture, resized
from masksmooth_filter.smoothing.team import Team

Real = NDArray[np.float32]
"""Float32, any shape."""

_NONE = np.empty((0, 0, 0), np.uint8)
_NOTHING = np.empty((0, 0), np.float32)
_NO_FIELD = np.empty((0, 0, 3), np.float32)
_SHARPER = np.clip(2 * np.arange(256) - 127.5, 0, 255).astype(np.uint8)


@dataclass(slots=True)
class Heard:
    """What a frame's neighbours have said of its mask so far, its own mask left out.

    It is judged on every second pixel of the small picture both ways: reliability is a mean over 21 pixels
    anyway, and a quarter of the walks takes a quarter of the time. Arrays are the kernels' own.

    Attributes
    ----------
    path : (4, N) float32
        Walks ahead, which go on as frames come; see `masksmooth_kernels.warp`.
    sums : (C, N) float32
        Weights times mask values, 0..255.
    weight : (N,) float32
        Sum of the weights.
    most : float
        What ``weight`` would be if every walk had been trusted fully.
    """

    path: Own
    sums: Own
    weight: Own
    most: float = 0.0


@dataclass(slots=True)
class Held:
    """One frame of the window. Fields, corners and walks are the kernels' own arrays.

    Attributes
    ----------
    token : object
        The caller's.
    picture : Picture
        What is seen of the frame.
    mask : (C, H, W) uint8
        As it came.
    planes : (C, h, w) uint8
        The mask at the small picture's size, sharpened. Reliability is always judged by these: judged by
        what became of masks, an object missed in the first frame was refused for good without look-ahead
        (J .40 for .77 on one synthetic clip).
    ahead, behind : (h, w, 3) float32
        Fields of flow to the next and to the previous frame, see `masksmooth_kernels.warp`; empty if there is
        none.
    shade : (h, w) uint32
        Corners of the luma, for walks to read it between its pixels.
    heard : Heard
        What the neighbours say.
    said : list of (h, w) uint32
        Corners of each of ``planes``.
    told : list of (h, w) uint32
        The same of what it tells its neighbours: its mask; once it has left, what became of it.
    trust : list of (2, h / 2, w / 2) float32
        How far each plane of ``told`` may be believed, read for poor and for good masks; empty until judged.
    agreement : list of float
        How far each plane and its neighbours see the same, 0..1; without those where nothing is seen.
    histograms : list of (2, 4096) float32
        Colours of each plane's foreground and background; empty until counted.
    apart : list of float
        How far colours tell each plane from what is around it, 0..1; empty where they are not asked.
    """

    token: Any
    picture: Picture
    mask: Mask
    planes: Mask
    ahead: Own
    behind: Own
    shade: Own
    heard: Heard
    said: list[Own]
    told: list[Own]
    trust: list[Real] = field(default_factory=list)
    agreement: list[float] = field(default_factory=list)
    histograms: list[Real] = field(default_factory=list)
    apart: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, token: Any, picture: Picture, mask: Mask, team: Team) -> Held:
        """Prepare a frame that has no neighbours yet."""
        planes, corners_of = sharpened(mask, picture.size, team), team.kernels.corners_of
        shade, said = corners_of(picture.luma), [corners_of(plane) for plane in planes]
        heard = _unheard(picture, len(planes), team.kernels)
        return cls(token, picture, mask, planes, _NO_FIELD, _NO_FIELD, shade, heard, said, said)

    @property
    def support(self) -> Real:
        """Share of the neighbours' possible weight that has reached each point, ``(h / 2, w / 2)``."""
        weight: Real = on_host(self.heard.weight).reshape(self.picture.grid)
        return weight / np.float32(max(self.heard.most, 1e-6))

    def believed(self, plane: int, share: float) -> Real:
        """Return how far a plane may be believed; ``share`` is 0 for poor masks, 1 for good ones."""
        poor, good = self.trust[plane]
        out: Real = poor + np.float32(share) * (good - poor) if 0 < share < 1 else (good if share else poor)
        return out

    def consensus(self, own: float) -> Real:
        """Return what the neighbours say, 0..1 on every second pixel; the frame itself has weight ``own``."""
        mask = self.planes[:, ::2, ::2].astype(np.float32)
        sums = on_host(self.heard.sums).reshape(mask.shape)
        weight = on_host(self.heard.weight).reshape(mask.shape[1:])
        out: Real = (sums + np.float32(own) * mask) / ((weight + np.float32(own)) * 255)
        return out

    def forget(self) -> list[Own]:
        """Drop what only a frame that has not left needs: its full-size pixels and mask, and its walks.

        Returns
        -------
        list
            The field of flow ahead, if it has one: later frames walk back only.
        """
        ahead, self.ahead = [self.ahead] if len(self.ahead) else [], _NO_FIELD
        self.picture = replace(self.picture, source=_NONE)
        self.mask = _NONE
        self.heard = Heard(path=_NOTHING, sums=_NOTHING, weight=_NOTHING)
        return ahead

    def out_of_sight(self) -> None:
        """Drop what only frames within the radius ask: what is seen of it, and its mask as it came."""
        self.picture = replace(self.picture, luma=_NONE.reshape(0, 0), lab=_NONE)
        self.planes, self.said = _NONE, []

    def end_here(self) -> list[Own]:
        """Return the field of flow behind, if it has one: nobody walks on from the oldest frame."""
        behind, self.behind = [self.behind] if len(self.behind) else [], _NO_FIELD
        return behind


def _unheard(picture: Picture, planes: int, kernels: Kernels) -> Heard:
    rows, columns = _every_second(picture.size)
    return Heard(
        path=kernels.start_paths(picture.luma, rows, columns),
        sums=kernels.own(np.zeros((planes, rows.size), np.float32)),
        weight=kernels.own(np.zeros(rows.size, np.float32)),
    )


@functools.lru_cache(maxsize=4)
def _every_second(size: tuple[int, int]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    rows, columns = np.mgrid[0 : size[0] : 2, 0 : size[1] : 2]
    return rows.ravel(), columns.ravel()


def of_blocks(plane: Gray, take: np.ufunc) -> Gray:
    """Return the least (np.minimum) or greatest (np.maximum) value of each block of 2x2 pixels."""
    even = plane
    if plane.shape[0] % 2 or plane.shape[1] % 2:
        even = np.pad(plane, ((0, plane.shape[0] % 2), (0, plane.shape[1] % 2)), mode="edge")
    rows = take(even[::2], even[1::2])
    return np.asarray(take(rows[:, ::2], rows[:, 1::2]), np.uint8)


def sharpened(mask: Mask, size: tuple[int, int], team: Team) -> Mask:
    """Return the planes at another size, their contrast doubled about the threshold.

    A frame where the network sees the object with a probability of .15 would otherwise still vote for it.
    """
    import cv2

    out = np.empty((len(mask), *size), np.uint8)
    for plane, low in zip(mask, out, strict=True):
        cv2.LUT(resized(plane, size, team), _SHARPER, dst=low)
    return out
