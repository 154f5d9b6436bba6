"""The plain methods' options: gating by uncertainty, reset at cuts, windows in time."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

import masksmooth_kernels as mk
from masksmooth_filter.errors import MaskShapeError, OptionError
from masksmooth_filter.options import Options, radius_in_frames
from masksmooth_filter.settings import Smoothing
from masksmooth_filter.smoothing.gating import gated, unsureness
from masksmooth_filter.smoothing.smoother import MaskSmoother, smooth
from tests.pictures import random_mask


def scene(count: int, seed: int) -> np.ndarray:
    """Pictures that go on from each other: a random texture that drifts by two pixels a frame."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (20, 40, 3), np.uint8)
    texture = np.kron(coarse, np.ones((8, 8, 1), np.uint8))
    return np.stack([np.roll(texture, 2 * i, axis=1)[:120, :160] for i in range(count)])


def test_uncertainty_is_the_squared_entropy_in_bits() -> None:
    p = np.arange(256) / 255
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = np.nan_to_num(-p * np.log2(p)) + np.nan_to_num(-(1 - p) * np.log2(1 - p))
    np.testing.assert_allclose(unsureness(), entropy**2, atol=1e-6)
    assert unsureness()[[0, 255]].tolist() == [0, 0]
    assert unsureness()[127] > 0.9999


def test_a_gated_pixel_lies_between_raw_and_smoothed_by_the_share_of_its_uncertainty() -> None:
    raw, smoothed = random_mask((40, 40), seed=1), random_mask((40, 40), seed=2)
    share = unsureness()[raw].astype(float)
    np.testing.assert_allclose(gated(raw, smoothed), raw + share * (smoothed.astype(float) - raw), atol=0.51)


@pytest.mark.parametrize("method", ["gaussian", "median", "ema"])
def test_gating_leaves_a_hard_mask_as_it_is_and_smooths_a_soft_one(method: Any) -> None:
    hard = np.where(random_mask((9, 6, 6)) > 127, 255, 0).astype(np.uint8)
    np.testing.assert_array_equal(smooth(None, hard, method=method, gate="entropy"), hard)
    soft = random_mask((9, 6, 6)) // 4 + 96
    plain = smooth(None, soft, method=method)
    expected = np.stack([gated(r, s) for r, s in zip(soft, plain, strict=True)])
    np.testing.assert_array_equal(smooth(None, soft, method=method, gate="entropy"), expected)


@pytest.mark.parametrize("method", ["gaussian", "median"])
def test_reset_at_cuts_windows_do_not_reach_across(method: Any) -> None:
    frames = np.concatenate([scene(8, 1), scene(8, 2)])
    masks = random_mask((16, 12, 16))
    cut = smooth(frames, masks, method=method, radius=3, scene_cuts=True)
    apart = [smooth(None, part, method=method, radius=3) for part in (masks[:8], masks[8:])]
    np.testing.assert_array_equal(cut, np.concatenate(apart))
    assert not np.array_equal(cut, smooth(None, masks, method=method, radius=3))


def test_a_flash_is_no_cut() -> None:
    frames = scene(12, 3)
    frames[6] = 255
    masks = random_mask((12, 12, 16))
    np.testing.assert_array_equal(
        smooth(frames, masks, method="gaussian", scene_cuts=True), smooth(None, masks, method="gaussian")
    )


def test_cuts_can_only_be_found_in_pictures() -> None:
    smoother: MaskSmoother[int] = MaskSmoother(method="gaussian", scene_cuts=True)
    with pytest.raises(MaskShapeError, match="frame"):
        smoother.push(0, random_mask((4, 4)))


def test_frames_with_times_count_by_their_distance_in_time() -> None:
    masks, pts = random_mask((9, 5, 5)), [0, 33, 67, 100, 300, 333, 367, 600, 633]
    smoother: MaskSmoother[av.VideoFrame] = MaskSmoother(method="gaussian", radius=2)
    out = []
    for mask, ticks in zip(masks, pts, strict=True):
        frame = av.VideoFrame(16, 16, "gray")
        frame.pts, frame.time_base = ticks, Fraction(1, 1000)
        out += smoother.push(frame, mask)
    out += smoother.flush()
    expected = mk.temporal_gaussian(masks, radius=2, times=[t / 1000 for t in pts])
    np.testing.assert_array_equal(np.stack([mask for _, mask in out]), expected)


@pytest.mark.parametrize(
    ("radius", "rate", "frames"),
    [
        (4, Fraction(30), 4),
        ("4", Fraction(30), 4),
        ("120ms", Fraction(25), 3),
        ("120 ms", Fraction(60), 7),
        ("1ms", Fraction(25), 1),
        ("5000ms", Fraction(25), 15),
        ("100ms", None, 2),
        (None, Fraction(25), None),
    ],
)
def test_a_radius_may_be_a_time(radius: Any, rate: Fraction | None, frames: int | None) -> None:
    assert radius_in_frames(radius, rate) == frames


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"radius": "soon"}, "radius is 'soon'; give frames, as 3, or a time, as 120ms"),
    ({"method": "gaussian", "refine": False}, "--refine has no effect with --method gaussian"),
    ({"method": "median", "causal": True}, "--method median looks ahead; use motion or ema with --causal"),
    ({"gate": "entropy"}, "--gate has no effect with --method motion"),
    ({"causal": True, "lookahead": 2}, "--causal and --lookahead 2 exclude each other"),
    ({"lookahead": 6}, "lookahead is 6; give 0 .causal. to the radius, 5"),
    ({"strength": 1.5}, "strength is 1.5; give a number from 0 to 1"),
]


@pytest.mark.parametrize(("options", "message"), WRONG, ids=[str(o) for o, _ in WRONG])
def test_options_without_effect_or_out_of_range_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Options(**options)


def test_the_radius_is_the_methods_own_unless_given() -> None:
    assert (Smoothing().window, Smoothing(method="median").window, Smoothing(radius=2).window) == (5, 3, 2)
