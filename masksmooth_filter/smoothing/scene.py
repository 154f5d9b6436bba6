"""The window over one scene: frames come in, and leave with their steadied masks."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, get_args

import numpy as np

from masksmooth_filter.errors import OptionError
from masksmooth_filter.frames import Flows, Mask
from masksmooth_filter.settings import MAX_RADIUS, check_choice, check_share
from masksmooth_filter.smoothing import colour_model
from masksmooth_filter.smoothing.alignment import Alignment
from masksmooth_filter.smoothing.consensus import judge, look_ahead, look_back, time_weight
from masksmooth_filter.smoothing.held import Held, Real
from masksmooth_filter.smoothing.kernels import Own
from masksmooth_filter.smoothing.object_motion import ObjectMotion
from masksmooth_filter.smoothing.refine import refined
from masksmooth_filter.smoothing.rough import Edges, Rough
from masksmooth_filter.smoothing.team import Team, is_whole, runs
from masksmooth_filter.smoothing.tuning import TUNING, Tuning
from masksmooth_filter.smoothing.vote import Window, soft_vote

OutputSize = Literal["mask", "frame"]
"""Whether masks leave in their own size, or in the frame's."""

Pairs = list[tuple[Any, Rough]]
"""The caller's tokens with what their masks are made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the caller chose; see `masksmooth_filter.smoothing.motion.MotionSmoother`.

    Raises
    ------
    OptionError
        If it is not allowed.
    """

    radius: int = 5
    sigma: float = TUNING.sigma
    lookahead: int = 5
    strength: float | Literal["auto"] = "auto"
    refine: bool = True
    output_size: OutputSize = "mask"
    tuning: Tuning = TUNING

    def __post_init__(self) -> None:
        if not is_whole(self.radius, MAX_RADIUS):
            raise OptionError(f"radius is {self.radius!r}; give 0 (refine only) to {MAX_RADIUS} frames")
        if not is_whole(self.lookahead, self.radius):
            upto = f"the radius, {self.radius} frames"
            raise OptionError(f"lookahead is {self.lookahead!r}; give 0 (causal) to {upto}")
        if not isinstance(self.sigma, (int, float)) or not 0 < self.sigma < math.inf:
            raise OptionError(f"sigma is {self.sigma!r}; give a standard deviation above 0, in frames")
        if self.strength != "auto":
            if not isinstance(self.strength, (int, float)):
                raise OptionError(f"strength is {self.strength!r}; give 'auto' or a number from 0 to 1")
            check_share("strength", self.strength)
        check_choice("output_size", self.output_size, get_args(OutputSize))


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
        self._alignment = Alignment(settings.tuning.aligned, settings.tuning.agreed)
        self._objects = ObjectMotion(team)
        self._left: list[Held] = []
        self._waiting: list[Held] = []
        self._spare: list[Own] = []

    @property
    def newest(self) -> Held | None:
        """The frame that came last."""
        return self._waiting[-1] if self._waiting else self._left[-1] if self._left else None

    @property
    def waiting(self) -> int:
        """Frames that have not left."""
        return len(self._waiting)

    def fused(self, held: Held, flows: Flows) -> Flows:
        """Return the flows between the newest frame and another, with the objects' own motion."""
        last = self.newest
        return flows if last is None else self._objects.fused(last, held, flows)

    def add(self, held: Held, flows: Flows | None) -> None:
        """Take a frame and the flows between the newest one and it, see `fused`."""
        s = self._settings
        frames = [] if flows is None else [*self._left, *self._waiting]
        if frames and flows is not None:
            self._link(frames[-1], held, flows)
            self._objects.keep(held)
        near, shade = frames[max(0, len(frames) - s.radius) :], s.tuning.shade
        kernels = self._team.kernels
        walks: list[Callable[[], None]] = [partial(look_back, held, near, s.sigma, shade, kernels)]
        asking = near[::-1][: len(self._waiting)]
        ahead = [(earlier, time_weight(distance, s.sigma)) for distance, earlier in enumerate(asking, 1)]
        for group in runs(len(ahead), max(1, len(ahead)) if kernels.batch else 1):
            walks.append(partial(look_ahead, ahead[group], (frames[-1], held), shade, kernels))
        walks.append(partial(self._alignment.look, held.picture, held.planes))
        self._team.run(walks)
        self._waiting.append(held)

    def _link(self, last: Held, held: Held, flows: Flows) -> None:
        alpha, link = self._settings.tuning.alpha, self._team.kernels.link
        held.behind = self._field(held)
        links = [partial(link, held.behind, flows.behind, flows.ahead, alpha)]
        if self._waiting:  # else the last one has left, and walks lead back from it only
            last.ahead = self._field(held)
            links.append(partial(link, last.ahead, flows.ahead, flows.behind, alpha))
        self._team.run(links)

    def _field(self, held: Held) -> Own:
        """Return a field to write to, of a frame nobody asks any more if there is one."""
        return self._spare.pop() if self._spare else self._team.kernels.empty((*held.picture.size, 3))

    def leave(self, keep: int) -> Pairs:
        """Return the frames that are ready, the ``keep`` newest held back."""
        return [self._next() for _ in range(len(self._waiting) - keep)]

    def _next(self) -> tuple[Any, Rough]:
        s, now = self._settings, self._waiting[0]
        coming = self._waiting[1 : 1 + s.radius]
        work = [partial(_prepared, held, s) for held in coming]
        self._team.run([*work, partial(judge, now, s.tuning)])
        self._alignment.hear(now.agreement)
        share = self._alignment.share if s.strength == "auto" else 1 - float(s.strength)
        window = Window(self._left, now, coming, s.sigma, share)
        voted = soft_vote(window, s.tuning, self._team)
        settled = refined(window, voted, s.tuning, self._team) if s.refine else voted
        rough = self._rough(window, settled)
        self._go(window, self._became(window, voted, settled))
        return now.token, rough

    def _rough(self, window: Window, settled: Real) -> Rough:
        """Return what a frame's masks are made of at the size asked for."""
        s, now = self._settings, window.now
        size = now.picture.shape if s.output_size == "frame" else (now.mask.shape[1], now.mask.shape[2])
        if not s.refine:
            return Rough(settled, now.mask, now.planes, size)
        ends = [window.end(plane, s.tuning) for plane in range(len(settled))]
        voices = [np.float32(end.voice) * trust[1] for end, trust in zip(ends, now.trust, strict=True)]
        tunings = [replace(s.tuning, full_contrast=end.contrast) for end in ends]
        return Rough(settled, now.mask, now.planes, size, Edges(now.picture, voices, tunings))

    def _became(self, window: Window, voted: Real, settled: Real) -> Mask:
        """Return what became of a frame's masks, which is what it tells those after it."""
        ends = [window.end(plane, self._settings.tuning) for plane in range(len(voted))]
        sharp = np.array([end.sharp for end in ends], np.float32)[:, np.newaxis, np.newaxis]
        memory, end = voted + sharp * (settled - voted), ends[0]
        planes = window.now.planes
        return np.asarray(np.rint(planes + np.float32(end.memory) * (255 * memory - planes)), np.uint8)

    def _go(self, window: Window, became: Mask) -> None:
        """Keep a frame that leaves for those after it."""
        s, now = self._settings, window.now
        now.told = [self._team.kernels.corners_of(plane) for plane in became]
        low, high = s.tuning.steady
        steady = np.clip((now.support - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
        beliefs = [np.float32(window.belief(plane, s.tuning)) for plane in range(len(became))]
        now.trust = [
            trust + belief * steady * (1 - trust) for trust, belief in zip(now.trust, beliefs, strict=True)
        ]
        del self._waiting[0]
        self._spare += now.forget()
        self._left.append(now)
        self._drop_unasked()

    def _drop_unasked(self) -> None:
        """Drop what no frame that comes asks any more of those that have left: 7 MB at 16:9."""
        left, radius = self._left, self._settings.radius
        while len(left) > radius:
            self._spare += left.pop(0).end_here()
        if left:
            self._spare += left[0].end_here()
        near = max(1, radius)  # neighbours of the next frame; its flow is found from the newest in any case
        for held in left[: max(0, len(left) + len(self._waiting) - near)]:
            held.out_of_sight()


def _prepared(held: Held, settings: Settings) -> None:
    judge(held, settings.tuning)
    if settings.refine and not held.histograms:
        colour_model.count(held, held.consensus(settings.tuning.own), settings.tuning)
