"""The window over one scene: frames come in, and leave with their steadied masks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np

from masksmooth_filter.frames import Mask
from masksmooth_filter.smoothing import colour_model, full_size
from masksmooth_filter.smoothing.alignment import Alignment
from masksmooth_filter.smoothing.consensus import judge, look_ahead, look_back, time_weight
from masksmooth_filter.smoothing.flow import Flows
from masksmooth_filter.smoothing.held import Held, Real
from masksmooth_filter.smoothing.object_motion import ObjectMotion
from masksmooth_filter.smoothing.picture import resized
from masksmooth_filter.smoothing.refine import refined
from masksmooth_filter.smoothing.team import Team
from masksmooth_filter.smoothing.tuning import TUNING, Tuning
from masksmooth_filter.smoothing.vote import Window, soft_vote

Pairs = list[tuple[Any, Mask]]
"""The caller's tokens with their masks, ``(C, H, W)`` uint8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the caller chose; see `masksmooth_filter.smoothing.motion.MotionSmoother`."""

    radius: int = 5
    sigma: float = 3.0
    lookahead: int = 5
    strength: float | Literal["auto"] = "auto"
    refine: bool = True
    output_size: Literal["mask", "frame"] = "mask"
    tuning: Tuning = TUNING


class Scene:
    """State of one scene; made anew at a cut.

    Holds at most ``radius`` frames that have left, for those after them to ask, and ``lookahead + 1`` that
    have not.

    Parameters
    ----------
    settings : Settings
        What the caller chose.
    team : Team
        Threads.
    """

    def __init__(self, settings: Settings, team: Team) -> None:
        self._settings, self._team = settings, team
        self._alignment = Alignment(settings.tuning.aligned)
        self._objects = ObjectMotion()
        self._left: list[Held] = []
        self._waiting: list[Held] = []

    @property
    def newest(self) -> Held | None:
        """The frame that came last."""
        return self._waiting[-1] if self._waiting else self._left[-1] if self._left else None

    @property
    def waiting(self) -> int:
        """Frames that have not left."""
        return len(self._waiting)

    def add(self, held: Held, flows: Flows | None) -> None:
        """Take a frame and the flows between the newest one and it."""
        s = self._settings
        frames = [*self._left, *self._waiting]
        if frames and flows is not None:
            self._link(frames[-1], held, self._objects.fused(frames[-1], held, flows))
        near, shade = frames[max(0, len(frames) - s.radius) :], s.tuning.shade
        walks = [partial(look_back, held, near, s.sigma, shade)]
        for distance, earlier in enumerate(reversed(near), 1):
            if distance <= len(self._waiting):
                pair = frames[-1], held
                walks.append(partial(look_ahead, earlier, pair, time_weight(distance, s.sigma), shade))
        self._team.run(walks)
        self._alignment.look(held.picture, held.planes)
        self._waiting.append(held)

    def _link(self, last: Held, held: Held, flows: Flows) -> None:
        from masksmooth_kernels.warp import link

        alpha = self._settings.tuning.alpha
        self._team.run(
            [
                lambda: link(last.ahead, flows.ahead, flows.behind, alpha),
                lambda: link(held.behind, flows.behind, flows.ahead, alpha),
            ]
        )

    def leave(self, keep: int) -> Pairs:
        """Return the frames that are ready, the ``keep`` newest held back."""
        return [self._next() for _ in range(len(self._waiting) - keep)]

    def _next(self) -> tuple[Any, Mask]:
        s, now = self._settings, self._waiting[0]
        share = self._alignment.share if s.strength == "auto" else 1 - float(s.strength)
        window = Window(self._left, now, self._waiting[1 : 1 + s.radius], s.sigma, share)
        self._team.run([partial(judge, held, s.tuning) for held in (now, *window.coming)])
        voted = soft_vote(window, s.tuning, self._team)
        settled = self._refined(window, voted) if s.refine else voted
        planes = [self._at_size(window, i, plane) for i, plane in enumerate(settled)]
        out = np.stack(planes) if len(planes) > 1 else planes[0][np.newaxis]
        self._go(window, voted, settled)
        return now.token, out

    def _refined(self, window: Window, voted: Real) -> Real:
        tuning = self._settings.tuning
        colour_model.count(window.now, voted[:, ::2, ::2], tuning)
        for held in window.coming:
            if not held.histograms:
                colour_model.count(held, held.consensus(tuning.own), tuning)
        planes = range(len(voted))
        window.now.apart = [colour_model.apart(window, plane, tuning.alike) for plane in planes]
        return refined(window, voted, tuning, self._team)

    def _at_size(self, window: Window, plane: int, chance: Real) -> Mask:
        s, now = self._settings, window.now
        rgb = now.picture.rgb
        own = now.mask[plane]
        mask = resized(own, (rgb.shape[0], rgb.shape[1])) if s.output_size == "frame" else own
        if not s.refine:
            return full_size.with_details(mask, now.planes[plane], chance)
        end = window.end(plane, s.tuning)
        voice = np.float32(end.voice) * now.trust[plane][1]
        tuning = replace(s.tuning, full_contrast=end.contrast)
        return full_size.finished(chance, rgb, mask, voice, (tuning, self._team))

    def _go(self, window: Window, voted: Real, settled: Real) -> None:
        """Keep a frame that leaves for those after it: what became of its mask is what it tells them."""
        from masksmooth_kernels.warp import corners_of

        s, now = self._settings, window.now
        ends = [window.end(plane, s.tuning) for plane in range(len(voted))]
        end, sharp = ends[0], np.array([end.sharp for end in ends], np.float32)[:, np.newaxis, np.newaxis]
        memory = voted + sharp * (settled - voted)
        became = now.planes + np.float32(end.memory) * (255 * memory - now.planes)
        now.told = [corners_of(plane) for plane in np.asarray(np.rint(became), np.uint8)]
        low, high = s.tuning.steady
        steady = np.clip((now.support - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
        now.trust = [trust + np.float32(end.belief) * steady * (1 - trust) for trust in now.trust]
        self._left = [*self._left, now][-s.radius :] if s.radius else []
        del self._waiting[0]
        now.forget()
