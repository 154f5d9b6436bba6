"""Scene cuts: found where the scene changes, and nowhere else; nothing reaches across one."""

from __future__ import annotations

import numpy as np
import pytest

from masksmooth_filter.smoothing.cuts import CutFinder
from masksmooth_filter.smoothing.flow import FlowFinder
from masksmooth_filter.smoothing.team import Team
from tests.test_motion import run, texture, travelling_square


@pytest.fixture(scope="module")
def finder() -> CutFinder:
    return CutFinder(FlowFinder(Team(1)))


def luma(seed: int) -> np.ndarray:
    return texture(seed)[..., 1]


def test_another_picture_is_a_cut_and_the_same_one_is_none(finder: CutFinder) -> None:
    assert finder.is_cut(luma(1), luma(2))
    assert not finder.is_cut(luma(1), luma(1))


@pytest.mark.parametrize("shift", [1, 4, 10])
def test_a_moving_camera_is_no_cut(finder: CutFinder, shift: int) -> None:
    wide = luma(3)
    assert not finder.is_cut(wide[:, :200], wide[:, shift : 200 + shift])


@pytest.mark.parametrize(("gain", "lift"), [(0.3, 0), (0.9, 0), (1.6, 20), (0.8, 51)])
def test_a_change_of_brightness_is_no_cut(finder: CutFinder, gain: float, lift: float) -> None:
    picture = luma(4)
    assert not finder.is_cut(picture, np.clip(picture * gain + lift, 0, 255).astype(np.uint8))


def test_pictures_that_show_nothing_are_no_cut(finder: CutFinder) -> None:
    assert not finder.is_cut(np.full((60, 80), 20, np.uint8), np.full((60, 80), 200, np.uint8))


def two_scenes() -> tuple[np.ndarray, np.ndarray]:
    """Six frames of one square, six of another, elsewhere and without a mask at first."""
    first, second = travelling_square(6, seed=0), travelling_square(6, seed=10, speed=1)
    masks = np.concatenate([first[1], second[1]])
    masks[6] = 0
    return np.concatenate([first[0], second[0]]), masks


@pytest.mark.parametrize("lookahead", [None, 0, 1])
def test_a_cut_is_never_crossed(lookahead: int | None) -> None:
    frames, masks = two_scenes()
    out = run(frames, masks, lookahead=lookahead)
    np.testing.assert_array_equal(out[:6], run(frames[:6], masks[:6], lookahead=lookahead))
    np.testing.assert_array_equal(out[6:], run(frames[6:], masks[6:], lookahead=lookahead))


def test_without_the_detector_what_leaks_across_a_cut_is_gone_in_a_few_frames() -> None:
    frames, masks = two_scenes()
    masks[6:] = 0
    leak = (run(frames, masks, scene_cuts=False)[6:] > 127).sum(axis=(1, 2))
    # the two grounds have like colours: with those of their own, leaks are half as large and a frame shorter
    assert leak[0] < 0.45 * (masks[0] > 127).sum()
    assert leak[4:].max() < 0.02 * (masks[0] > 127).sum()


def test_a_white_flash_does_not_end_the_scene() -> None:
    frames, truth = travelling_square(12)
    masks = truth.copy()
    frames[6], masks[6] = 255, 0
    out = run(frames, masks)
    overlap = ((out[6] > 127) & (truth[6] > 127)).sum() / ((out[6] > 127) | (truth[6] > 127)).sum()
    assert overlap > 0.8


def test_the_first_frame_of_a_scene_may_be_the_last_of_the_clip() -> None:
    frames, masks = two_scenes()
    out = run(frames[:7], masks[:7])
    assert len(out) == 7
    assert not out[6].any()
