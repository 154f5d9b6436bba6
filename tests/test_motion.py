"""What the motion smoother promises: latency, streaming, no look into the future, and steadier masks."""

from __future__ import annotations

import threading

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.quality.synthetic import make
from masksmooth_filter.errors import MaskShapeError, OptionError
from masksmooth_filter.frames import Flows
from masksmooth_filter.smoothing import full_size, random_field
from masksmooth_filter.smoothing.flow import FlowFinder
from masksmooth_filter.smoothing.motion import MotionSmoother
from masksmooth_filter.smoothing.picture import Picture
from masksmooth_filter.smoothing.team import Team
from masksmooth_filter.smoothing.vote import voters

SIZE = (120, 160)


def texture(seed: int, shape: tuple[int, int] = (160, 240)) -> np.ndarray:
    """Blurred noise in colour: something to follow."""
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (*shape, 3)).astype(np.float64)
    for axis in (0, 1):
        for _ in range(3):
            image = (image + np.roll(image, 1, axis) + np.roll(image, -1, axis)) / 3
    spread = image - image.mean()
    return np.clip(128 + spread * 60 / spread.std(), 0, 255).astype(np.uint8)


def travelling_square(count: int, speed: int = 2, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Frames of a textured square moving over a textured ground, with its exact masks."""
    ground, skin = texture(seed, SIZE), texture(seed + 1, (50, 50))
    frames = np.repeat(ground[np.newaxis], count, axis=0)
    masks = np.zeros((count, *SIZE), np.uint8)
    for t in range(count):
        place = slice(30, 80), slice(10 + speed * t, 60 + speed * t)
        frames[t][place], masks[t][place] = skin, 255
    return frames, masks


def run(frames: np.ndarray, masks: np.ndarray, **settings_: object) -> np.ndarray:
    """All masks through a smoother, in order; its tokens are checked on the way."""
    smoother: MotionSmoother[int] = MotionSmoother(**settings_)
    pairs = [
        pair for i, (f, m) in enumerate(zip(frames, masks, strict=True)) for pair in smoother.push(i, f, m)
    ]
    pairs += smoother.flush()
    assert [token for token, _ in pairs] == list(range(len(masks)))
    return np.stack([mask for _, mask in pairs])


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a > 127, b > 127
    return float((a & b).sum() / max((a | b).sum(), 1))


@pytest.mark.parametrize("value", [0, 255])
@pytest.mark.parametrize("refine", [False, True])
def test_a_mask_that_is_the_same_everywhere_stays_so(value: int, refine: bool) -> None:
    frames, _ = travelling_square(7)
    masks = np.full((7, *SIZE), value, np.uint8)
    np.testing.assert_array_equal(run(frames, masks, refine=refine), masks)


@pytest.mark.parametrize("refine", [False, True])
def test_a_travelling_square_with_dropped_frames_is_filled(refine: bool) -> None:
    frames, truth = travelling_square(14)
    masks = truth.copy()
    masks[[4, 9]] = 0
    out = run(frames, masks, refine=refine)
    assert min(overlap(a, b) for a, b in zip(out, truth, strict=True)) > 0.85


def test_a_blob_that_flashes_up_in_one_frame_is_removed() -> None:
    frames, truth = travelling_square(11)
    masks = truth.copy()
    masks[5, 90:110, 110:140] = 255
    assert (run(frames, masks)[5, 90:110, 110:140] > 127).mean() < 0.1


@pytest.mark.parametrize("lookahead", [0, 5])
def test_an_object_missed_in_the_first_frame_is_not_refused_afterwards(lookahead: int) -> None:
    frames, truth = travelling_square(12)
    masks = truth.copy()
    masks[0] = 0
    out = run(frames, masks, lookahead=lookahead)
    assert min(overlap(a, b) for a, b in zip(out[4:], truth[4:], strict=True)) > 0.85


def test_an_object_seen_in_a_minority_of_frames_is_not_refused_for_good_however_well_its_masks_sit() -> None:
    clip = make("seldom", seed=1, height=120, like=False, frames=24)
    out = run(clip.frames, clip.masks)
    raw, smooth = (
        np.mean([overlap(m, t) for m, t in zip(ms, clip.truth * 255, strict=True)])
        for ms in (clip.masks, out)
    )
    assert smooth > raw + 0.15


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 99))
def test_one_pixel_votes_for_its_block_where_there_is_no_border(height: int, width: int, seed: int) -> None:
    grid = (height + 1) // 2, (width + 1) // 2
    mixed, calm = np.random.default_rng(seed).random((2, *grid)) < 0.5
    chosen = voters(mixed, calm, (height, width))
    for (y, x), votes in np.ndenumerate(chosen):
        block = y // 2, x // 2
        assert votes == (mixed[block] and (not calm[block] or (y % 2 == 0 and x % 2 == 0)))


def test_good_masks_are_hardly_changed() -> None:
    frames, truth = travelling_square(9)
    out = run(frames, truth)
    assert min(overlap(a, b) for a, b in zip(out, truth, strict=True)) > 0.92


@pytest.mark.parametrize(("radius", "lookahead"), [(5, None), (5, 2), (3, 0), (0, None), (15, 4)])
@pytest.mark.parametrize("count", [0, 1, 2, 7, 20])
def test_holds_back_its_latency_and_no_more(radius: int, lookahead: int | None, count: int) -> None:
    frames, masks = travelling_square(20)
    smoother: MotionSmoother[int] = MotionSmoother(radius=radius, lookahead=lookahead)
    assert smoother.latency == (radius if lookahead is None else lookahead)
    out = []
    for t in range(count):
        out += smoother.push(t, frames[t], masks[t])
        assert len(out) == max(0, t + 1 - smoother.latency)
    assert [token for token, _ in out + smoother.flush()] == list(range(count))


def test_causal_output_does_not_depend_on_later_frames() -> None:
    frames, masks = travelling_square(9)
    masks[4] = 0
    whole, part = (run(frames[:n], masks[:n], lookahead=0) for n in (9, 6))
    np.testing.assert_array_equal(whole[:6], part)


def test_output_depends_on_no_frame_beyond_the_look_ahead() -> None:
    frames, masks = travelling_square(12)
    other = masks.copy()
    other[9:] = 0
    a, b = (run(frames, m, lookahead=3) for m in (masks, other))
    np.testing.assert_array_equal(a[:6], b[:6])


def test_is_as_new_after_a_flush_also_for_another_size() -> None:
    frames, masks = travelling_square(6)
    smoother: MotionSmoother[int] = MotionSmoother(radius=2)
    for t in range(4):
        smoother.push(t, frames[t, :80, :90], masks[t, :80, :90])
    smoother.flush()
    out = [p for t in range(6) for p in smoother.push(t, frames[t], masks[t])] + smoother.flush()
    np.testing.assert_array_equal(np.stack([m for _, m in out]), run(frames, masks, radius=2))


def test_neither_frames_nor_masks_are_written_to_or_kept() -> None:
    frames, masks = travelling_square(5)
    expected = run(frames, masks)
    smoother: MotionSmoother[int] = MotionSmoother()
    frame, mask, out = np.empty_like(frames[0]), np.empty_like(masks[0]), []
    for t in range(5):
        frame[:], mask[:] = frames[t], masks[t]
        out += smoother.push(t, frame, mask)
        assert (frame == frames[t]).all()
        assert (mask == masks[t]).all()
        frame[:], mask[:] = 0, 0
    np.testing.assert_array_equal(np.stack([m for _, m in out + smoother.flush()]), expected)


@pytest.mark.parametrize("lookahead", [None, 0])
@pytest.mark.parametrize("threads", [2, 3, 7])
def test_classes_and_full_size_do_not_depend_on_the_number_of_threads(
    threads: int, lookahead: int | None
) -> None:
    frames, masks = (a.repeat(3, axis=1).repeat(3, axis=2) for a in travelling_square(8))
    masks[3] = 0
    classes = np.stack([masks, masks[:, ::-1], np.zeros_like(masks)], axis=1)
    one, many = (run(frames, classes, radius=3, lookahead=lookahead, threads=n) for n in (1, threads))
    np.testing.assert_array_equal(many, one)
    assert 0 < one[3].mean() < 128


def run_expecting(frames: np.ndarray, masks: np.ndarray, *, threads: int) -> None:
    """Run a smoother that is told what comes next."""
    smoother: MotionSmoother[int] = MotionSmoother(radius=2, threads=threads, scene_cuts=False)
    clip = list(zip(frames, masks, strict=True))
    for t, pair in enumerate(clip):
        if t + 1 < len(clip):
            smoother.expect(*clip[t + 1])
        smoother.push(t, *pair)
    smoother.flush()


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_frame_that_is_looked_at_in_advance_comes_out_the_same(threads: int) -> None:
    frames, masks = travelling_square(12)
    masks[3] = 0
    frames[6:] = np.ascontiguousarray(frames[6:, ::-1, ::-1]) // 2  # a cut: flow found in advance is no use
    clip = list(zip(frames, masks, strict=True))
    smoother: MotionSmoother[int] = MotionSmoother(radius=3, threads=threads)
    out = []
    for t, (frame, mask) in enumerate(clip):
        if t + 1 < len(clip):
            smoother.expect(*clip[0 if t in (2, 8) else t + 1])  # twice something else than what comes
        out += smoother.push(t, frame, mask)
    out += smoother.flush()
    assert [t for t, _ in out] == list(range(12))
    np.testing.assert_array_equal(np.stack([mask for _, mask in out]), run(frames, masks, radius=3))


def test_what_is_expected_is_looked_at_by_another_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    frames, masks = travelling_square(8)
    found_by: list[threading.Thread] = []
    between = FlowFinder.between

    def noted(self: FlowFinder, *pair: np.ndarray) -> Flows:
        found_by.append(threading.current_thread())
        return between(self, *pair)

    monkeypatch.setattr(FlowFinder, "between", noted)
    run_expecting(frames, masks, threads=2)
    assert any(thread is not threading.main_thread() for thread in found_by)
    assert len(found_by) == 7, "each flow is found once"


def test_what_was_expected_and_is_no_picture_is_refused_when_it_is_pushed() -> None:
    frames, masks = travelling_square(3)
    smoother: MotionSmoother[int] = MotionSmoother(radius=1, threads=2)
    smoother.expect(wrong := frames[1][..., :2], masks[1])
    smoother.push(0, frames[0], masks[0])
    with pytest.raises(MaskShapeError, match="RGB"):
        smoother.push(1, wrong, masks[1])
    assert len(smoother.push(1, frames[1], masks[1]) + smoother.flush()) == 2


def test_the_result_does_not_depend_on_threads_even_opencvs() -> None:
    import cv2

    frames, masks = travelling_square(8)
    masks[3] = 0
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        one = run(frames, masks, threads=1)
        cv2.setNumThreads(4)
        np.testing.assert_array_equal(run(frames, masks, threads=3), one)
    finally:
        cv2.setNumThreads(before)


def test_classes_come_out_as_they_would_alone_but_for_the_flow_they_share() -> None:
    """Each class's own motion goes into one flow, so that it may move a pixel of another's border."""
    frames, square = travelling_square(7)
    lower = np.zeros_like(square)
    lower[:, 90:, 10:60] = 255
    lower[3] = 0
    both = run(frames, np.stack([square, lower, np.zeros_like(square)], axis=1), strength=0.0)
    assert both.shape == (7, 3, *SIZE)
    for plane, alone in enumerate((square, lower)):
        differ = (both[:, plane] > 127) != (run(frames, alone, strength=0.0) > 127)
        assert differ.mean() < 0.001
    assert not both[:, 2].any()


def test_masks_smaller_than_the_frame_keep_their_size_or_take_the_frames() -> None:
    frames, masks = travelling_square(6)
    small = masks[:, ::3, ::2]
    assert run(frames, small, radius=2).shape == small.shape
    large = run(frames, small, radius=2, output_size="frame")
    assert large.shape == masks.shape
    assert min(overlap(a, b) for a, b in zip(large, masks, strict=True)) > 0.85


def test_masks_and_frames_larger_than_the_working_size_are_finished_at_full_size() -> None:
    frames, masks = travelling_square(4)
    frames, masks = (a.repeat(3, axis=1).repeat(3, axis=2) for a in (frames, masks))
    out = run(frames, masks, radius=2)
    assert out.shape == masks.shape
    assert min(overlap(a, b) for a, b in zip(out, masks, strict=True)) > 0.98


def test_settling_a_wild_mask_in_pieces_gives_the_same_bits_as_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frames, masks = travelling_square(3)
    masks = masks ^ np.where(np.random.default_rng(0).random(masks.shape) < 0.3, 255, 0).astype(np.uint8)
    frames, masks = (a.repeat(3, axis=1).repeat(3, axis=2) for a in (frames, masks))
    whole = run(frames, masks, radius=1)
    monkeypatch.setattr(full_size, "_AT_ONCE", 1000)
    monkeypatch.setattr(random_field, "_AT_ONCE", 333)
    np.testing.assert_array_equal(run(frames, masks, radius=1), whole)


def test_a_video_frame_that_waits_is_not_held_as_pixels() -> None:
    frame = av.VideoFrame(64, 48, "yuv420p")
    picture = Picture.of(frame, Team(1))
    assert picture.source is frame
    assert picture.shape == (48, 64)
    np.testing.assert_array_equal(picture.pixels(), frame.to_ndarray(format="rgb24"))


def test_soft_masks_without_refinement_keep_their_own_values_where_nothing_changes() -> None:
    frames, _ = travelling_square(1)
    frames = frames.repeat(6, axis=0)
    ramp = np.broadcast_to(np.linspace(0, 255, SIZE[1]).astype(np.uint8), (6, *SIZE))
    out = run(frames, ramp, refine=False)
    assert np.abs(out.astype(int) - ramp).max() <= 2


def test_takes_video_frames_as_it_takes_their_pixels() -> None:
    frames, masks = travelling_square(4)
    wrapped = [av.VideoFrame.from_ndarray(frame, format="rgb24") for frame in frames]
    np.testing.assert_array_equal(run(wrapped, masks), run(frames, masks))


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    count=st.integers(1, 4),
    shrink=st.integers(1, 3),
    gray=st.booleans(),
    seed=st.integers(0, 99),
)
def test_any_size_and_content_gives_one_mask_of_its_size_a_frame(
    height: int, width: int, count: int, shrink: int, gray: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    frames = rng.integers(0, 256, (count, height, width, 3), np.uint8)
    if gray:
        frames[:] = 77
    masks = rng.integers(0, 256, (count, -(-height // shrink), -(-width // shrink)), np.uint8)
    out = run(frames, masks, radius=2)
    assert (out.shape, out.dtype) == (masks.shape, np.uint8)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"radius": 16}, "0 .refine only. to 15"),
        ({"radius": 2, "lookahead": 3}, "to the radius, 2"),
        ({"sigma": 0}, "above 0"),
        ({"strength": "much"}, "'auto' or a number"),
        ({"strength": 1.5}, "from 0 to 1"),
        ({"threads": 0}, "1 or more"),
        ({"output_size": "half"}, "mask, frame"),
    ],
)
def test_wrong_settings_are_refused_with_what_is_allowed(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(OptionError, match=says):
        MotionSmoother(**wrong)


def test_a_frame_that_is_no_picture_is_refused() -> None:
    smoother: MotionSmoother[int] = MotionSmoother()
    with pytest.raises(MaskShapeError, match="follows the picture"):
        smoother.push(0, np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.uint8))


def test_another_size_without_a_flush_is_refused() -> None:
    frames, masks = travelling_square(2)
    smoother: MotionSmoother[int] = MotionSmoother()
    smoother.push(0, frames[0], masks[0])
    with pytest.raises(MaskShapeError, match="flush"):
        smoother.push(1, frames[1], masks[1, :50])
