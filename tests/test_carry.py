"""Keyframes and the masks carried between them: where the object is, what is spent, what is reused."""

from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from masksmooth_filter.errors import InputError, OptionError
from masksmooth_filter.frames import FollowedFrame, MaskedFrame, Motion
from masksmooth_filter.options import Options
from masksmooth_filter.settings import CARRIED_WINDOW, MAX_EVERY, Every
from masksmooth_filter.smoothing.carry import Carry
from masksmooth_filter.smoothing.keyframes import Keyframes
from masksmooth_filter.smoothing.smoother import MaskSmoother

SIZE = 120, 160
RNG = np.random.default_rng(5)
GROUND, OBJECT, OTHER = (RNG.integers(0, 256, (200, 260), np.uint8) for _ in range(3))
SPEED = 3
"""Pixels a frame that the object moves to the right."""


def texture(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    return np.asarray(cv2.normalize(cv2.GaussianBlur(pixels, (0, 0), 2), None, 0, 255, cv2.NORM_MINMAX))


def truth(t: int) -> NDArray[np.bool_]:
    mask = np.zeros(SIZE, bool)
    mask[30:80, 20 + SPEED * t : 70 + SPEED * t] = True
    return mask


def picture(t: int, *, ground: NDArray[np.uint8] = GROUND) -> av.VideoFrame:
    """An object with a texture of its own moves over a still ground."""
    luma = texture(ground)[: SIZE[0], : SIZE[1]].copy()
    luma[30:80, 20 + SPEED * t : 70 + SPEED * t] = texture(OBJECT)[:50, :50]
    frame = av.VideoFrame.from_ndarray(np.repeat(luma[..., None], 3, axis=2), format="rgb24")
    frame.pts, frame.time_base = t, Fraction(1, 25)
    return frame


def followed(frames: list[av.VideoFrame], every: Every) -> list[FollowedFrame]:
    keyframes = Keyframes(every)
    return [item for frame in frames for item in keyframes.push(frame)] + keyframes.flush()


def segmented(items: list[FollowedFrame]) -> list[FollowedFrame | MaskedFrame]:
    """The truth as a mask on every keyframe."""
    masks = [np.where(truth(item.frame.pts or 0), np.uint8(255), np.uint8(0)) for item in items]
    return [
        MaskedFrame(item.frame, mask, motion=item.motion) if item.key else item
        for item, mask in zip(items, masks, strict=True)
    ]


def carried(items: list[FollowedFrame | MaskedFrame]) -> list[MaskedFrame]:
    carry = Carry()
    return [out for item in items for out in carry.push(item)] + carry.flush()


def iou(mask: NDArray[np.uint8], other: NDArray[np.bool_]) -> float:
    inside = mask > 127
    return float((inside & other).sum() / (inside | other).sum())


def test_a_carried_mask_lies_where_the_object_has_moved_to() -> None:
    out = carried(segmented(followed([picture(t) for t in range(13)], 4)))
    assert [item.frame.pts for item in out] == list(range(13))
    for t, item in enumerate(out):
        assert iou(item.mask, truth(t)) > (0.93 if t < 10 else 0.8)  # none of those behind 8 is a keyframe
    # The mask of the last keyframe, held, is where the object no longer is.
    assert iou(out[0].mask, truth(3)) < 0.72


@pytest.mark.parametrize("frames", [7, 8, 9])
def test_every_nth_frame_of_a_scene_is_a_keyframe_and_its_last_never(frames: int) -> None:
    items = followed([picture(t) for t in range(frames)], 3)
    assert [t for t, item in enumerate(items) if item.key] == [t for t in (0, 3, 6) if t < frames - 1]


@pytest.mark.parametrize("frames", [1, 2, 30, 31, 34, 36, 40])
def test_a_short_scene_costs_the_network_no_more_than_a_long_one(frames: int) -> None:
    keys = sum(item.key for item in followed([picture(0) for _ in range(frames)], 5))
    assert keys == max(1, -(-(frames - 1) // 5))


@pytest.mark.parametrize("every", [8, "auto"])
def test_a_scene_begins_with_a_keyframe_and_nothing_is_carried_across_a_cut(every: Every) -> None:
    bars = np.repeat(np.tile(np.uint8([0, 255]), 10), 13)[np.newaxis].repeat(200, axis=0)
    items = followed([picture(t, ground=GROUND if t < 4 else bars) for t in range(9)], every)
    assert items[3].key == (every == "auto")
    assert items[4].key
    assert items[4].motion.flows is None


def test_auto_spends_less_on_a_still_picture_than_on_one_that_changes() -> None:
    still = followed([picture(0) for _ in range(20)], "auto")
    shaken = [picture(t * 4 % 15) for t in range(20)]
    for t, frame in enumerate(shaken):
        frame.pts = t
    assert sum(item.key for item in still) == 3  # the first, after MAX_EVERY, the last
    assert sum(item.key for item in followed(shaken, "auto")) > 3


def test_frames_after_the_last_keyframe_are_carried_from_it_alone() -> None:
    out = carried(segmented(followed([picture(t) for t in range(5)], 4))[:-1])
    assert len(out) == 4
    assert iou(out[-1].mask, truth(3)) > 0.8  # .69 if it were held


def test_holds_back_at_most_its_latency() -> None:
    carry, keyframes = Carry(), Keyframes(MAX_EVERY)
    held = 0
    for _t in range(25):
        items = segmented(keyframes.push(picture(0)))
        for item in items:
            held += 1 - len(carry.push(item))
            assert held <= carry.latency
    assert keyframes.latency == 1


def test_a_scene_that_begins_without_a_mask_is_refused_in_plain_words() -> None:
    bare = FollowedFrame(picture(0), Motion(np.zeros((16, 16), np.uint8), None), False)
    with pytest.raises(InputError, match="begins with a frame without a mask"):
        Carry().push(bare)


def test_classes_keep_a_plane_each() -> None:
    items = segmented(followed([picture(t) for t in range(5)], 4))
    planes = [
        MaskedFrame(i.frame, np.stack([i.mask, 255 - i.mask]), (3, 7), motion=i.motion)
        if isinstance(i, MaskedFrame)
        else i
        for i in items
    ]
    middle = carried(planes)[2]
    assert middle.classes == (3, 7)
    assert middle.mask.shape == (2, *SIZE)
    assert np.abs(middle.mask[0].astype(int) + middle.mask[1] - 255).max() <= 1


def test_the_smoother_reuses_the_flow_and_gives_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    from masksmooth_filter.smoothing.flow import FlowFinder

    items = segmented(followed([picture(t) for t in range(8)], 1))
    calls: list[int] = []
    plain = FlowFinder.between

    def counted(self: FlowFinder, *pair: NDArray[np.uint8]) -> object:
        calls.append(1)
        return plain(self, *pair)

    monkeypatch.setattr(FlowFinder, "between", counted)
    results = []
    for known in (False, True):
        smoother: MaskSmoother[int] = MaskSmoother(method="motion")
        out = []
        for i, item in enumerate(items):
            assert isinstance(item, MaskedFrame)
            motion = item.motion if known else None
            out += smoother.push(i, item.mask, item.frame, motion=motion)
        results.append(np.stack([mask for _, mask in out + smoother.flush()]))
        calls.append(-100)
    assert np.array_equal(*results)
    assert calls.index(-100) == 7
    assert len(calls) == 9  # none the second time


@pytest.mark.parametrize("every", [0, 11, 2.5, "often"])
def test_an_interval_that_is_none_is_refused(every: object) -> None:
    with pytest.raises(OptionError, match=r"every is .*; give 1 \(every frame\) to 10, or auto"):
        Options(every=every)  # type: ignore[arg-type]


def test_motion_looks_further_where_most_masks_are_carried_unless_told_how_far() -> None:
    def window(**options: Any) -> tuple[int, float | None, int | None]:
        found = Options(**options).smoothing()
        return found.window, found.sigma, found.lookahead

    wide = tuple(CARRIED_WINDOW[name] for name in ("radius", "sigma", "lookahead"))
    assert window(every=5) == window(every="auto") == wide
    assert window() == (5, None, None)
    assert window(every=5, radius=4) == (4, None, None)
    assert window(every=5, causal=True) == (15, 21.0, 0)
    assert window(every=5, method="gaussian") == (3, None, None)
