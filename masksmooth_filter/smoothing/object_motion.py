"""The object's own motion: one affinity a class between frames, where it explains more than flow.

Flow follows what fills its patches: at an object's border, on thin parts, and where object and ground look
alike, that is the ground. The mask says which pixels belong together. One affine motion is fitted to them
(robust Gauss-Newton on luma, after S. Baker and I. Matthews, "Lucas-Kanade 20 years on", IJCV 2004), begun
from flow, from the mask's own shift and from the motion before; pixels near the object then take whichever
of the two motions changes their colours less. What bends is left to flow.
"""

from __future__ import annotations

import numpy as np

from masksmooth_filter.frames import Flow, Flows
from masksmooth_filter.smoothing.affinity import Affinity, Fit, along, best, inverse, shift
from masksmooth_filter.smoothing.flow import SMALLEST
from masksmooth_filter.smoothing.held import Held, Real
from masksmooth_filter.smoothing.picture import Gray, Picture

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


class ObjectMotion:
    """Object motions along one scene; each is where the next fit begins."""

    def __init__(self) -> None:
        self._before: dict[int, Affinity] = {}

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
        ahead, behind = flows.ahead, flows.behind
        for plane, pair in enumerate(zip(last.planes, held.planes, strict=True)):
            motion = self._found(plane, pair, (last.picture, held.picture), flows)
            if motion is None:
                continue
            back = inverse(motion)
            ahead = _taken(ahead, (last.picture, held.picture), motion, _either(pair[0], pair[1], back))
            behind = _taken(behind, (held.picture, last.picture), back, _either(pair[1], pair[0], motion))
        return Flows(ahead, behind)

    def _found(
        self, plane: int, masks: tuple[Gray, Gray], pictures: tuple[Picture, Picture], flows: Flows
    ) -> Affinity | None:
        """Return the motion from the earlier frame to the later, fitted from where more is seen."""
        points = [_points(mask) for mask in masks]
        turned = len(points[1]) > len(points[0])
        here, there = points[::-1] if turned else points
        if len(here) < _FEWEST:
            return None
        flow = flows.behind if turned else flows.ahead
        starts = [along(here, flow)]
        if len(there) >= _FEWEST:
            starts.append(shift(there.mean(axis=0) - here.mean(axis=0)))
        if plane in self._before:
            starts.append(inverse(self._before[plane]) if turned else self._before[plane])
        a, b = pictures[::-1] if turned else pictures
        misfit, motion = best(Fit(a.luma, b.luma, here), starts)
        if misfit > _LOST or not 0.5 < np.linalg.det(motion[:2, :2]) < 2:
            return None
        self._before[plane] = inverse(motion) if turned else motion
        return self._before[plane]


def _points(mask: Gray) -> Real:
    """Return x and y of a mask's points, ``(N, 2)`` float32: every second pixel both ways, or fewer."""
    rows, columns = np.nonzero(mask[::2, ::2] > 127)
    every = -(-rows.size // _MOST) or 1
    return np.column_stack([columns[::every], rows[::every]]).astype(np.float32) * 2


def _either(mask: Gray, other: Gray, motion: Affinity) -> Gray:
    """Return 1 where one of two masks is set, the other brought along its motion: every second pixel."""
    import cv2

    half = np.diag([0.5, 0.5, 1.0])
    low = [np.ascontiguousarray(plane[::2, ::2]) for plane in (mask, other)]
    there = (half @ motion @ inverse(half))[:2]
    moved = cv2.warpAffine(low[1], there, low[0].shape[::-1], flags=cv2.INTER_NEAREST)
    return np.asarray(np.maximum(low[0], moved) > 127, np.uint8)


def _taken(flow: Flow, pictures: tuple[Picture, Picture], motion: Affinity, inside: Gray) -> Flow:
    """Return a flow that is the object's motion near the mask, where that changes colours less.

    Large objects are decided on every second pixel both ways, for the four pixels there.
    """
    import cv2

    left, top, width, height = cv2.boundingRect(inside)
    if not width:
        return flow
    reach = _MARGIN // 2
    rows, columns = (
        slice(max(0, top - reach), top + height + reach),
        slice(max(0, left - reach), left + width + reach),
    )
    out, corner = flow.copy(), (2 * columns.start, 2 * rows.start)
    window = out[2 * rows.start : 2 * rows.stop, 2 * columns.start : 2 * columns.stop]
    own, every = _flow_of(motion, corner, window.shape), 1 if window.size <= 2 * _SMALL else 2
    near = cv2.dilate(inside[rows, columns], np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    near = near.repeat(2, axis=0).repeat(2, axis=1)[: window.shape[0], : window.shape[1]]
    with_own, with_flow = (_change(pictures, corner, f, every) for f in (own, window))
    better = with_own + np.float32(_BETTER) < with_flow
    better = better.repeat(every, axis=0).repeat(every, axis=1)[: window.shape[0], : window.shape[1]]
    np.copyto(window, own, where=(better & (near > 0))[:, :, np.newaxis])
    return out


def _flow_of(motion: Affinity, corner: tuple[int, int], shape: tuple[int, ...]) -> Flow:
    """Return an affinity's flow over part of a picture; its corner is ``x, y``."""
    a = (motion - np.eye(3)).astype(np.float32)
    y = np.arange(corner[1], corner[1] + shape[0], dtype=np.float32)[:, np.newaxis]
    x = np.arange(corner[0], corner[0] + shape[1], dtype=np.float32)
    return np.stack([a[i, 0] * x + a[i, 1] * y + a[i, 2] for i in range(2)], axis=2)


def _change(pictures: tuple[Picture, Picture], corner: tuple[int, int], flow: Flow, every: int) -> Real:
    """Return how much colours change along a flow, averaged round each point; on every n-th pixel."""
    import cv2

    here, there = (picture.lab for picture in pictures)
    place = flow[::every, ::every] + np.float32(0)
    place[..., 0] += corner[0] + every * np.arange(place.shape[1], dtype=np.float32)
    place[..., 1] += corner[1] + every * np.arange(place.shape[0], dtype=np.float32)[:, np.newaxis]
    seen = cv2.remap(there, place, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    part = here[corner[1] : corner[1] + flow.shape[0] : every, corner[0] : corner[0] + flow.shape[1] : every]
    apart = cv2.absdiff(seen, np.ascontiguousarray(part))
    change = cv2.transform(apart, np.array([[_LUMA_SHARE, 1, 1]], np.float32))
    wide = _LIKE if every == 1 else _LIKE // 2 | 1
    return np.asarray(cv2.blur(np.minimum(change, _WORST).astype(np.float32), (wide, wide)), np.float32)
