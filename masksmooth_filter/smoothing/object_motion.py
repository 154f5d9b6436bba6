"""The object's own motion: one affinity a class between frames, where it explains more than flow.

Flow follows what fills its patches: at an object's border, on thin parts, and where object and ground look
alike, that is the ground. The mask says which pixels belong together. One affine motion is fitted to them
(robust Gauss-Newton on luma, after S. Baker and I. Matthews, "Lucas-Kanade 20 years on", IJCV 2004), begun
from flow, from the mask's own shift and from the motion before; pixels near the object then take whichever
of the two motions changes their colours less. What bends is left to flow.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from masksmooth_filter.frames import Flow, Flows
from masksmooth_filter.smoothing.affinity import Affinity, Fit, Line, along, best, inverse, shift, smooth
from masksmooth_filter.smoothing.flow import SMALLEST
from masksmooth_filter.smoothing.held import Held, Real
from masksmooth_filter.smoothing.picture import Gray
from masksmooth_filter.smoothing.random_field import Colours, packed
from masksmooth_filter.smoothing.team import Team
from masksmooth_filter.smoothing.vote import places

_FEWEST, _MOST = 15, 500
"""Points of a mask, on every second pixel: with fewer nothing is fitted, more are thinned out."""

_LOST = 0.5
"""Misfit from which the object is not there any more, as across a cut."""

_MARGIN = 12
"""Pixels round the mask in which the object's motion is considered."""

_SMALL = 20000
"""Pixels of an object's box up to which every pixel is looked at."""

_LIKE = 5
"""Width in pixels of the square over which two motions' changes in colour are compared."""

_BETTER = 1.0
"""Levels by which the object's motion must change colours less; flow is kept in a tie."""

_WORST = 60.0
"""Greatest change of colour that counts, in levels."""

_LUMA_SHARE = 0.6
"""Weight of a level of L beside one of a and of b."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What motions are judged by in a frame: smoothed luma, colours, and masks on every second pixel."""

    held: Held
    light: Gray
    colours: Colours
    inside: list[Gray]

    @classmethod
    def of(cls, held: Held) -> _Seen:
        low = [np.asarray(plane[::2, ::2] > 127, np.uint8) for plane in held.planes]
        return cls(held, smooth(held.picture.luma), packed(held.picture.lab), low)


class ObjectMotion:
    """Object motions along one scene; each is where the next fit begins.

    Parameters
    ----------
    team : Team
        Both directions are done side by side.
    """

    def __init__(self, team: Team) -> None:
        self._team = team
        self._before: dict[int, Affinity] = {}
        self._newest: tuple[Held | None, dict[int, Affinity]] = None, {}
        self._seen: _Seen | None = None

    def keep(self, held: Held) -> None:
        """Begin the next fits from the motions found towards a frame, if it is the one `fused` saw last."""
        if self._newest[0] is held:
            self._before = self._newest[1]

    def fused(self, last: Held, held: Held, flows: Flows) -> Flows:
        """Return flows between two frames, the objects' own motion where that explains more.

        Parameters
        ----------
        last, held : Held
            The earlier and the later frame.
        flows : Flows
            Between them; left as they are.
        """
        if min(held.picture.size) < SMALLEST:
            return flows
        known = self._seen
        seen = [known if known is not None and known.held is last else _Seen.of(last), _Seen.of(held)]
        self._seen = seen[1]
        motions = [self._found(plane, seen, flows) for plane in range(len(held.planes))]
        found = {plane: motion for plane, motion in enumerate(motions) if motion is not None}
        self._newest = held, {**self._before, **found}
        if all(motion is None for motion in motions):
            return flows
        back = [None if motion is None else inverse(motion) for motion in motions]
        both = self._team.run(
            [
                partial(_fused, flows.ahead, seen, motions, back),
                partial(_fused, flows.behind, seen[::-1], back, motions),
            ]
        )
        return Flows(*both)

    def _found(self, plane: int, seen: list[_Seen], flows: Flows) -> Affinity | None:
        """Return the motion from the earlier frame to the later, fitted from where more is seen."""
        points = [_points(frame.inside[plane]) for frame in seen]
        turned = points[1].shape[1] > points[0].shape[1]
        here, there = points[::-1] if turned else points
        if here.shape[1] < _FEWEST:
            return None
        line, flow = Line.of(here), flows.behind if turned else flows.ahead
        starts = [along(line, flow)]
        if there.shape[1] >= _FEWEST:
            starts.append(shift(there.mean(axis=1) - here.mean(axis=1)))
        if plane in self._before:
            starts.append(inverse(self._before[plane]) if turned else self._before[plane])
        a, b = seen[::-1] if turned else seen
        misfit, motion = best(Fit(a.light, b.light, line), starts)
        if misfit > _LOST or not 0.5 < np.linalg.det(motion[:2, :2]) < 2:
            return None
        return inverse(motion) if turned else motion


def _points(inside: Gray) -> Real:
    """Return x and y of a mask's points, ``(2, N)`` float32: every second pixel both ways, or fewer."""
    rows, columns = places(inside)
    every = -(-rows.size // _MOST) or 1
    return np.stack([columns[::every], rows[::every]]).astype(np.float32) * 2


def _fused(
    flow: Flow, seen: list[_Seen], motions: list[Affinity | None], back: list[Affinity | None]
) -> Flow:
    """Return a flow with each plane's motion put in; ``back`` are the ways back."""
    out = flow.copy()
    for plane, (motion, home) in enumerate(zip(motions, back, strict=True)):
        if motion is not None and home is not None:
            inside = _either(seen[0].inside[plane], seen[1].inside[plane], home)
            _take(out, seen, motion, inside)
    return out


def _either(mask: Gray, other: Gray, motion: Affinity) -> Gray:
    """Return 1 where one of two masks is set, the other brought along its motion: every second pixel."""
    import cv2

    half = np.diag([0.5, 0.5, 1.0])
    there = (half @ motion @ inverse(half))[:2]
    moved = cv2.warpAffine(other, there, mask.shape[::-1], flags=cv2.INTER_NEAREST)
    return np.asarray(mask | moved, np.uint8)


def _take(flow: Flow, seen: list[_Seen], motion: Affinity, inside: Gray) -> None:
    """Put the object's motion into a flow near the mask, where that changes colours less.

    Large objects are decided on every second pixel both ways, for the four pixels there.
    """
    import cv2

    from masksmooth_kernels.affine import colour_gain, put_motion

    left, top, width, height = cv2.boundingRect(inside)
    if not width:
        return
    reach, corner = _MARGIN // 2, (max(0, left - _MARGIN // 2), max(0, top - _MARGIN // 2))
    around = slice(corner[1], top + height + reach), slice(corner[0], left + width + reach)
    near = cv2.dilate(inside[around], np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    step = 1 if 4 * near.size <= _SMALL else 2
    if step == 1:
        size = flow.shape[0] - 2 * corner[1], flow.shape[1] - 2 * corner[0]
        near = near.repeat(2, axis=0).repeat(2, axis=1)[: size[0], : size[1]]
    wide, grid = _LIKE if step == 1 else _LIKE // 2 | 1, (2 * corner[0], 2 * corner[1], step)
    asked = cv2.dilate(near, np.ones((wide, wide), np.uint8))
    own = (motion - np.eye(3))[:2].astype(np.float32)
    gain = colour_gain((seen[0].colours, seen[1].colours), flow, own, (grid, asked), (_LUMA_SHARE, _WORST))
    put_motion(flow, own, grid, cv2.blur(gain, (wide, wide)) * near, _BETTER)
