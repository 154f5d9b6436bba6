"""Steady masks along the motion of what they show; docs/method_motion.md says how, with figures."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

import av

from masksmooth_filter.errors import MaskShapeError
from masksmooth_filter.frames import Flows, Mask, Motion, check_mask
from masksmooth_filter.settings import Smoothing
from masksmooth_filter.smoothing.cuts import CutFinder
from masksmooth_filter.smoothing.flow import FlowFinder
from masksmooth_filter.smoothing.held import Held
from masksmooth_filter.smoothing.next_frame import Look, NextFrame
from masksmooth_filter.smoothing.picture import Rgb
from masksmooth_filter.smoothing.rough import Rough
from masksmooth_filter.smoothing.scene import OutputSize, Pairs, Scene, Settings
from masksmooth_filter.smoothing.team import Team
from masksmooth_filter.smoothing.tuning import tuning_for

Token = TypeVar("Token")


class MotionSmoother(Generic[Token]):
    """Steady masks by a vote along optical flow, brought onto the picture's edges.

    A frame leaves ``lookahead`` frames after it came. Everything is worked out from the frames within the
    window, and from two things that are carried along the scene: what became of the masks of frames that
    have left (which later frames ask), and a running mean of how well masks sit on edges.

    Parameters
    ----------
    radius : int
        Frames on each side that are asked, 0 to 15; 0 refines only.
    sigma : float, optional
        Standard deviation of their weights in time, in frames; by default 7, and 3 with less look-ahead.
    lookahead : int, optional
        Frames that are waited for, 0 (causal) to ``radius``, which is the default.
    strength : float or 'auto'
        How far colours are trusted over masks, 0 to 1; by default by how well the masks sit on edges.
    refine : bool
        Whether the vote is brought onto the picture's edges.
    scene_cuts : bool
        Whether scene cuts are looked for; no window reaches across one.
    threads : int
        Threads; the result does not depend on it.
    device : str
        Where the heavy loops over pixels run: ``cpu``, ``cuda`` or ``cuda:N``; the result is the same but
        for rounding.
    output_size : {'mask', 'frame'}
        Whether masks leave in their own size, or in the frame's.
    lasting : bool
        Whether masks stay as they came until their frame leaves, and need not be copied (2 MB each at 1080p).

    Raises
    ------
    OptionError
        If an option is not as above.
    DeviceError
        If CUDA was asked for and cannot be used; says why.

    Examples
    --------
    >>> import numpy as np
    >>> frame = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    >>> mask = np.zeros((48, 64), np.uint8)
    >>> mask[10:30, 20:50] = 255
    >>> smoother = MotionSmoother(radius=1)
    >>> dropped_in_frame_1 = [mask, np.zeros_like(mask), mask]
    >>> out = [pair for i, m in enumerate(dropped_in_frame_1) for pair in smoother.push(i, frame, m)]
    >>> [(token, bool(m[20, 35] > 127)) for token, m in out + smoother.flush()]
    [(0, True), (1, True), (2, True)]
    """

    def __init__(
        self,
        *,
        radius: int = 5,
        sigma: float | None = None,
        lookahead: int | None = None,
        strength: float | Literal["auto"] = "auto",
        refine: bool = True,
        scene_cuts: bool = True,
        threads: int = 1,
        device: str = "cpu",
        output_size: OutputSize = "mask",
        lasting: bool = False,
    ) -> None:
        wait = radius if lookahead is None else lookahead
        tuning = tuning_for(wait, radius)
        sigma = tuning.sigma if sigma is None else sigma
        self._settings = Settings(
            radius=radius,
            sigma=sigma,
            lookahead=wait,
            strength=strength,
            refine=refine,
            output_size=output_size,
            tuning=tuning,
        )
        self._scene_cuts, self._team = scene_cuts, Team(threads, device)
        self._flow = FlowFinder(self._team)
        self._cuts = CutFinder(self._flow)
        self._next = NextFrame(self._goes_on, self._team, lasting=lasting)
        self._shapes: tuple[tuple[int, ...], ...] = ()
        self._scene = Scene(self._settings, self._team)
        self._doubt: Held | None = None
        self._borrowed = False  # whether the newest frame shows the picture before it

    @classmethod
    def of(
        cls, smoothing: Smoothing, *, output_size: OutputSize = "mask", lasting: bool = False
    ) -> MotionSmoother[Token]:
        """Make the smoother that settings of method ``motion`` describe."""
        return cls(
            radius=smoothing.window,
            sigma=smoothing.sigma,
            lookahead=smoothing.lookahead,
            strength=smoothing.strength,
            refine=smoothing.refine,
            scene_cuts=smoothing.scene_cuts is not False,
            threads=smoothing.threads,
            device=smoothing.device,
            output_size=output_size,
            lasting=lasting,
        )

    @property
    def latency(self) -> int:
        """Frames that are held back: the look-ahead."""
        return self._settings.lookahead

    def push(
        self,
        token: Token,
        frame: av.VideoFrame | Rgb,
        mask: Mask,
        *,
        motion: Motion | None = None,
    ) -> list[tuple[Token, Mask]]:
        """Take a frame and its mask; return the pairs that are ready.

        Parameters
        ----------
        token : object
            Anything; it comes back with the mask that belongs to the frame.
        frame : av.VideoFrame or (H, W, 3) uint8
            The picture, RGB if an array; never written to. An array is not kept, a video frame is looked at
            again when it leaves: draw on copies.
        mask : (h, w) or (C, h, w) uint8
            Confidence, of any size; not written to, and not kept unless masks are ``lasting``.
        motion : Motion, optional
            How the frame goes on from the one before, where that is known: flow is not found twice.

        Returns
        -------
        list of (token, mask)
            Oldest first. At a cut, all of the scene before it.

        Raises
        ------
        MaskShapeError
            If frame or mask is not as above, or of another size than those before (``flush`` first).
        """
        return self._finished(self.push_rough(token, frame, mask, motion=motion), flat=self._flat)

    def push_rough(
        self,
        token: Token,
        frame: av.VideoFrame | Rgb,
        mask: Mask,
        *,
        motion: Motion | None = None,
    ) -> list[tuple[Token, Rough]]:
        """Do as `push`, but for the last step, which another thread may do: `Rough.finished`."""
        check_mask(mask)
        look = self._next.look(token, frame, mask)
        shapes = look.held.picture.shape, mask.shape
        if self._shapes not in ((), shapes):
            raise MaskShapeError(
                f"frame and mask are {shapes}, those before {self._shapes}; flush() between sizes"
            )
        self._shapes = shapes
        return self._take(look, motion)

    def expect(self, frame: av.VideoFrame | Rgb, mask: Mask) -> None:
        """Say what comes after the next push: a second thread looks at it while that finishes others.

        Parameters are those of `push`: the same objects, unchanged, or it was in vain.
        """
        self._next.expect(frame, mask)

    def flush(self) -> list[tuple[Token, Mask]]:
        """End the stream: return all that is held and be as new."""
        pairs = self._finished(self._rest(), flat=self._flat)
        self.close()
        return pairs

    def flush_rough(self) -> list[tuple[Token, Rough]]:
        """Do as `flush`, but for the last step."""
        pairs = self._rest()
        self.close()
        return pairs

    def close(self) -> None:
        """Drop what is held, and end the threads."""
        self._next.drop()
        self._team.close()
        self._shapes = ()
        self._scene = Scene(self._settings, self._team)
        self._doubt = None

    def _rest(self) -> Pairs:
        return self._settle_doubt(None) + self._scene.leave(0)

    def _take(self, look: Look, motion: Motion | None) -> Pairs:
        pairs = self._settle_doubt(look.held)
        last = self._scene.newest
        if last is not None and look.earlier is not last:
            look = self._goes_on(last, look.held, motion)
        self._borrowed = False
        if look.is_cut and self.latency:
            self._doubt = look.held
            return pairs + self._scene.leave(self.latency - 1)
        if look.is_cut:
            pairs += self._new_scene()
        return pairs + self._add(look.held, look.flows, begin=True)

    def _goes_on(self, last: Held, held: Held, motion: Motion | None = None) -> Look:
        """Tell how a frame goes on from the newest; known flows are used if they are of these pictures."""
        known = None if motion is None or self._borrowed else motion.flows
        flows = known or self._flow.between(last.picture.luma, held.picture.luma)
        if self._is_cut(last, held, flows):
            return Look(held, last, is_cut=True)
        return Look(held, last, flows=self._scene.fused(held, flows))

    def _is_cut(self, earlier: Held, later: Held, flows: Flows | None = None) -> bool:
        return self._scene_cuts and self._cuts.is_cut(earlier.picture.luma, later.picture.luma, flows)

    def _add(self, held: Held, flows: Flows | None, *, begin: bool = False) -> Pairs:
        self._scene.add(held, flows)
        if begin:
            self._next.begin(held)
        return self._scene.leave(min(self.latency, self._scene.waiting))

    def _new_scene(self) -> Pairs:
        pairs = self._scene.leave(0)
        self._scene = Scene(self._settings, self._team)
        return pairs

    def _settle_doubt(self, after: Held | None) -> Pairs:
        """Decide what the frame in doubt is: a new scene's first, or a flash.

        It is a flash if ``after`` goes on from the frame before it. It shows nothing that can be followed
        then, and borrows the picture before it.
        """
        held, last = self._doubt, self._scene.newest
        if held is None or last is None:
            return []
        self._doubt = None
        if after is None or self._is_cut(last, after):
            return self._new_scene() + self._add(held, None)
        held = Held.of(held.token, held.picture.seen_as(last.picture), held.mask, self._team)
        self._borrowed = True
        flows = self._flow.between(last.picture.luma, held.picture.luma)
        return self._add(held, self._scene.fused(held, flows))

    @property
    def _flat(self) -> bool:
        return len(self._shapes) == 2 and len(self._shapes[1]) == 2

    def _finished(self, pairs: Pairs, *, flat: bool) -> list[tuple[Token, Mask]]:
        planes = 0 if flat else slice(None)
        return [(token, rough.finished(self._team)[planes]) for token, rough in pairs]
