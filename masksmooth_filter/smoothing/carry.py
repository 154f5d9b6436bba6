"""Give the frames between two keyframes masks carried along the motion from both."""

from __future__ import annotations

import functools
from collections.abc import Iterable

import numpy as np

from masksmooth_filter.errors import InputError, MaskShapeError
from masksmooth_filter.frames import FollowedFrame, Mask, MaskedFrame, Motion
from masksmooth_filter.settings import MAX_EVERY
from masksmooth_filter.smoothing.held import Real
from masksmooth_filter.smoothing.keyframes import steps
from masksmooth_filter.smoothing.picture import Gray

DOUBT = np.float32(0.02)
"""What a way that was lost still weighs: two lost ways are averaged by their distance."""

SHADE = np.float32(16)
"""Grey levels by which a point may change on its way before it is taken for another one."""

Way = Real
"""``(h, w, 3)`` float32: where each point of a frame is in the keyframe, relative to its own place in
pixels to the right and down, and the trust in that, 0 to 1."""


class Carry:
    """Fill in the masks that no network was spent on; a Filter to MaskedFrame.

    A mask between two keyframes is the mean of both, each followed along the optical flow one step a
    frame. The nearer one counts more; where the way from one is lost (hidden, out of the picture, the
    flows there and back disagree, another brightness) the other decides. docs/keyframes.md has figures.
    """

    latency = MAX_EVERY

    def __init__(self) -> None:
        self._key: MaskedFrame | None = None
        self._between: list[FollowedFrame] = []

    def push(self, item: MaskedFrame | FollowedFrame, /) -> list[MaskedFrame]:
        """Take a frame; return those whose mask is known: at a keyframe, all up to it.

        Raises
        ------
        InputError
            If a scene begins with a frame without a mask: there is nothing to carry.
        MaskShapeError
            If the masks of two keyframes of a scene differ in size.
        """
        if isinstance(item, FollowedFrame):
            if item.motion.flows is None or self._key is None:
                raise InputError("a scene begins with a frame without a mask; segment it, or use other masks")
            self._between.append(item)
            return []
        done = self._filled(item)
        self._key = item
        return [*done, item]

    def flush(self) -> list[MaskedFrame]:
        """Return the frames after the last keyframe, their masks carried from it alone; be as new."""
        done = self._filled(None)
        self.close()
        return done

    def close(self) -> None:
        """Drop what is held."""
        self._key = None
        self._between = []

    def _filled(self, after: MaskedFrame | None) -> list[MaskedFrame]:
        """Return the frames since the last keyframe with their masks."""
        before, frames, self._between = self._key, self._between, []
        if before is None or not frames:
            return []
        past = _ways(_back(frame.motion) for frame in frames)
        parts = [[_Part(before, way, 1 / i)] for i, way in enumerate(past, 1)]
        if after is not None and _motion(after).flows is not None:
            motions = [*(frame.motion for frame in frames[1:]), _motion(after)]
            coming = _ways(_ahead(motion) for motion in reversed(motions))
            for i, way in enumerate(coming, 1):
                parts[-i].append(_Part(after, way, 1 / i))
        return [
            MaskedFrame(frame.frame, _blend(frame, there), before.classes, motion=frame.motion)
            for frame, there in zip(frames, parts, strict=True)
        ]


class _Part:
    """What one keyframe says of a frame's mask."""

    def __init__(self, key: MaskedFrame, way: Way, near: float) -> None:
        self.key, self.way, self.near = key, way, np.float32(near)

    def mask(self) -> Real:
        """Return the keyframe's mask as it lies in the frame, ``(C, h, w)`` float32."""
        import cv2

        planes = self.key.planes
        height, width = planes.shape[1:]
        scale = np.array([width / self.way.shape[1], height / self.way.shape[0]], np.float32)
        offset = _fitted(self.way[..., :2], (height, width)) * scale
        at = _grid(height, width) + offset
        moved = [cv2.remap(p, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for p in planes]
        return np.stack(moved).astype(np.float32)

    def weight(self, luma: Gray) -> Real:
        """Return how far that is to be believed, ``(h, w)`` float32 of the mask's size."""
        import cv2

        height, width = self.way.shape[:2]
        here, key = (cv2.resize(p, (width, height), interpolation=cv2.INTER_AREA)
                     for p in (luma, _motion(self.key).luma))  # fmt: skip
        at = _grid(height, width) + self.way[..., :2]
        there = cv2.remap(key, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        change = (there.astype(np.float32) - here) / SHADE
        sure = self.way[..., 2] / (1 + change * change)
        out: Real = self.near * (DOUBT + _fitted(sure, self.key.planes.shape[1:]))
        return out


def _blend(frame: FollowedFrame, parts: list[_Part]) -> Mask:
    if len({part.key.mask.shape for part in parts}) > 1:
        shapes = " and ".join(str(part.key.mask.shape) for part in parts)
        raise MaskShapeError(f"masks of one scene have shapes {shapes}; flush() between sizes")
    weights = [part.weight(frame.motion.luma) for part in parts]
    summed = sum(weight * part.mask() for weight, part in zip(weights, parts, strict=True))
    mask: Mask = np.rint(summed / sum(weights)).astype(np.uint8)
    return mask.reshape(parts[0].key.mask.shape)


def _ways(fields: Iterable[Real]) -> list[Way]:
    """Join steps from frame to frame, away from a keyframe, to ways that lead to it from each frame."""
    import cv2

    ways: list[Way] = []
    for field in fields:
        way = field[..., :3].copy()
        if ways:
            at = _grid(*field.shape[:2]) + field[..., :2]
            onward = cv2.remap(ways[-1], at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            way[..., :2] += onward[..., :2]
            way[..., 2] *= onward[..., 2]
        ways.append(way)
    return ways


def _back(motion: Motion) -> Real:
    """Return the steps from a frame to the one before it."""
    if motion.flows is None:
        raise InputError("masks cannot be carried across a scene cut")
    return steps(motion.flows.behind, motion.flows.ahead)


def _ahead(motion: Motion) -> Real:
    """Return the steps to a frame from the one before it."""
    if motion.flows is None:
        raise InputError("masks cannot be carried across a scene cut")
    return steps(motion.flows.ahead, motion.flows.behind)


def _motion(key: MaskedFrame) -> Motion:
    if key.motion is None:
        raise InputError("a keyframe's motion is not known; put `Keyframes` before the segmenter")
    return key.motion


def _fitted(field: Real, size: tuple[int, ...]) -> Real:
    import cv2

    if field.shape[:2] == size:
        return field
    out: Real = cv2.resize(field, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
    return out


@functools.lru_cache(maxsize=4)
def _grid(height: int, width: int) -> Real:
    """Return every pixel's own place, ``(h, w, 2)`` float32: column, row."""
    return np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float32)
