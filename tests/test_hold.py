"""Hold keeps what was foreground for a while before and after, by the frames' times."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masksmooth_filter import frame_filter
from masksmooth_filter.errors import InputError, MaskShapeError, OptionError
from masksmooth_filter.filter import through
from masksmooth_filter.frames import Mask, MaskedFrame
from masksmooth_filter.smoothing.hold import Hold
from tests.pictures import frame_at, random_mask


def items(times: Sequence[int], shape: tuple[int, ...] = (3, 4)) -> list[MaskedFrame]:
    return [MaskedFrame(frame_at(t), random_mask(shape, seed=i)) for i, t in enumerate(times)]


def union(given: Sequence[MaskedFrame], index: int, ms: float, *, causal: bool = False) -> Mask:
    now = given[index].frame.pts
    near = [i.mask for i in given if abs(i.frame.pts - now) <= ms and not (causal and i.frame.pts > now)]
    return np.asarray(np.max(near, axis=0), np.uint8)


gaps = st.lists(st.integers(17, 90), min_size=0, max_size=25)


@given(gaps=gaps, ms=st.sampled_from([0, 20, 100, 300.5]), causal=st.booleans())
def test_a_mask_is_the_union_of_all_within_reach_of_its_time(
    gaps: list[int], ms: float, causal: bool
) -> None:
    frames = items([1000, *(1000 + np.cumsum(gaps)).tolist()])
    out = list(through(Hold(ms, causal=causal), frames))
    assert [o.frame.pts for o in out] == [f.frame.pts for f in frames]
    for index, held in enumerate(out):
        np.testing.assert_array_equal(held.mask, union(frames, index, ms, causal=causal))


@given(gaps=gaps, ms=st.sampled_from([40, 300]))
def test_no_more_frames_are_held_than_the_rate_allows(gaps: list[int], ms: float) -> None:
    hold, held = Hold(ms, rate=Fraction(25)), 0
    for item in items([0, *np.cumsum(gaps).tolist()]):
        held += 1 - len(hold.push(item))
        assert held <= hold.latency == ms * 25 // 1000


def test_denser_frames_than_the_rate_see_less_far_ahead_and_as_far_back() -> None:
    frames = items(range(0, 400, 10))
    for index, held in enumerate(through(Hold(100, rate=Fraction(25)), frames)):
        back = [f.mask for f in frames[max(0, index - 10) : index + 1]]
        assert (held.mask >= np.max(back, axis=0)).all()


def test_a_single_miss_exposes_nothing() -> None:
    frames = items(range(0, 1000, 40), (2, 2))
    seen = [
        f if i == 12 else MaskedFrame(f.frame, np.full((2, 2), 255, np.uint8)) for i, f in enumerate(frames)
    ]
    seen[12] = MaskedFrame(frames[12].frame, np.zeros((2, 2), np.uint8))
    assert all((o.mask == 255).all() for o in through(Hold(100, causal=True), seen))


def test_the_raw_mask_and_the_given_one_are_left_as_they_were() -> None:
    frames = [item.smoothed(255 - item.mask) for item in items(range(0, 400, 40))]
    before = [item.mask.copy() for item in frames]
    for given_, mask, out in zip(frames, before, through(Hold(100), frames), strict=True):
        np.testing.assert_array_equal(given_.mask, mask)
        assert out.raw is given_.raw


def test_causal_holds_no_frame() -> None:
    assert Hold(300, causal=True).latency == 0


def test_flushed_it_is_as_new() -> None:
    hold = Hold(300)
    first, second = items([0, 40]), items([80, 120], (5, 5))
    assert len([*(o for i in first for o in hold.push(i)), *hold.flush()]) == 2
    out = [*(o for i in second for o in hold.push(i)), *hold.flush()]
    np.testing.assert_array_equal(out[0].mask, union(second, 0, 300))


def test_masks_that_change_their_shape_and_frames_without_time_are_refused() -> None:
    hold = Hold(300)
    hold.push(items([0])[0])
    with pytest.raises(MaskShapeError, match="flush"):
        hold.push(items([40], (5, 5))[0])
    untimed = items([0])[0]
    untimed.frame.pts = None
    with pytest.raises(InputError, match="no time"):
        Hold(300).push(untimed)


@pytest.mark.parametrize("wrong", [-1, 2001, "soon", "300s"])
def test_a_time_that_is_none_is_refused(wrong: float | str) -> None:
    with pytest.raises(OptionError, match="hold is"):
        frame_filter(hold=wrong, segmenter="selfie")


def test_it_stands_behind_the_smoother_in_the_filter_of_the_whole_chain() -> None:
    plain = frame_filter(segmenter="selfie", method="median", radius=1).latency
    assert frame_filter(segmenter="selfie", method="median", radius=1, hold="100ms").latency == plain + 6
    assert frame_filter(segmenter="selfie", method="ema", causal=True, hold="100ms").latency == 0
