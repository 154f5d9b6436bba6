"""Which frames the network is spent on: those from which the others' masks can be carried."""

from __future__ import annotations

import av
import numpy as np

from masksmooth_filter.frames import Flow, Flows, FollowedFrame, Motion
from masksmooth_filter.settings import MAX_EVERY, Every
from masksmooth_filter.smoothing.cuts import CutFinder
from masksmooth_filter.smoothing.flow import FlowFinder
from masksmooth_filter.smoothing.held import Real
from masksmooth_filter.smoothing.picture import Gray, Picture
from masksmooth_filter.smoothing.team import Team
from masksmooth_filter.smoothing.tuning import TUNING

BUDGET = 0.30
"""'auto' takes a keyframe once the shares of the picture lost on the way from the last one sum to this: about
two frames of five on blackswan, dog and scooter-black (docs/keyframes.md)."""


class Keyframes:
    """Follow the picture and choose keyframes; a Filter from av.VideoFrame to `FollowedFrame`.

    A scene's first frame is a keyframe always: nothing can be carried across a cut. Its last is one by 'auto'
    alone. By a number it never is, so that short scenes cost the network no more than long ones (a fifth of
    30 to 40 frames, not a quarter): frames behind the last keyframe are carried from it alone. A flash is
    taken for a scene of its own, which costs two frames of network and no error.

    Parameters
    ----------
    every : int or 'auto'
        Every how manyeth frame is a keyframe; 'auto' takes one when too much of the picture can no longer
        be followed from the last, and after `MAX_EVERY` frames at the latest.
    threads : int
        Threads for the flow, 1 or 2.
    """

    latency = 1

    def __init__(self, every: Every, *, threads: int = 1) -> None:
        self._every = every
        self._team = Team(min(threads, 2))
        self._flow = FlowFinder(self._team)
        self._cuts = CutFinder(self._flow)
        self._last: tuple[av.VideoFrame, Motion] | None = None
        self._since, self._spent = 0, 0.0

    def push(self, item: av.VideoFrame, /) -> list[FollowedFrame]:
        """Take a frame; return the one before it, now that it is known whether a scene ends with it."""
        motion = self._motion(Picture.of(item, self._team).luma)
        done = self._settle(ends=motion.flows is None)
        self._last = item, motion
        return done

    def flush(self) -> list[FollowedFrame]:
        """Return the frame that is held and be as new."""
        done = self._settle(ends=True)
        self.close()
        return done

    def close(self) -> None:
        """Drop what is held, and end the threads."""
        self._team.close()
        self._last = None
        self._since, self._spent = 0, 0.0

    def _motion(self, luma: Gray) -> Motion:
        """Follow the picture from the last frame, if it goes on from there."""
        before = None if self._last is None else self._last[1].luma
        if before is None or before.shape != luma.shape:
            return Motion(luma, None)
        flows = self._flow.between(before, luma)
        return Motion(luma, None if self._cuts.is_cut(before, luma, flows) else flows)

    def _settle(self, *, ends: bool) -> list[FollowedFrame]:
        """Decide on the frame that is held."""
        if self._last is None:
            return []
        frame, motion = self._last
        self._since += 1
        self._spent += lost(motion.flows) if self._every == "auto" and motion.flows else 0.0
        key = motion.flows is None or self._is_due(ends)
        if key:
            self._since, self._spent = 0, 0.0
        return [FollowedFrame(frame, motion, key)]

    def _is_due(self, ends: bool) -> bool:
        if self._every == "auto":
            return ends or self._spent > BUDGET or self._since >= MAX_EVERY
        return self._since >= self._every and (not ends or self._every == 1)


def lost(flows: Flows) -> float:
    """Return the share of the later picture that cannot be followed back to the earlier, 0 to 1."""
    return 1 - float(steps(flows.behind, flows.ahead)[..., 2].mean())


def steps(flow: Flow, back: Flow) -> Real:
    """Return a flow with the trust in each of its steps, at half its size.

    Flow is found in patches of 8 pixels: its half size carries masks as well (J within .0004 on dog), for a
    quarter of the time.

    Returns
    -------
    (h / 2, w / 2, 4) float32
        Steps in pixels of that size, and the trust; see `masksmooth_kernels.warp`.
    """
    from masksmooth_kernels.warp import link

    flow, back = _halved(flow), _halved(back)
    field = np.zeros((*flow.shape[:2], 4), np.float32)
    link(field, flow, back, TUNING.alpha / 4)
    return field


def _halved(flow: Flow) -> Flow:
    import cv2

    size = (flow.shape[1] + 1) // 2, (flow.shape[0] + 1) // 2
    scale = np.array([size[0] / flow.shape[1], size[1] / flow.shape[0]], np.float32)
    out: Flow = cv2.resize(flow, size, interpolation=cv2.INTER_AREA) * scale
    return out
