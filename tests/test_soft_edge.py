"""Edges are anti-aliased by the confidence, where the threshold puts them."""

from __future__ import annotations

import numpy as np
import pytest

import masksmooth_kernels as mk
from masksmooth_filter.composite.edges import Edges
from masksmooth_filter.errors import OptionError
from masksmooth_filter.frames import Mask
from tests.pictures import random_mask


def slowly(confidence: Mask, level: int) -> Mask:
    ramp = np.pad(np.clip(128 + (confidence.astype(int) - level) * 8, 0, 255), 1, mode="edge")
    down = ramp[:-2] + 2 * ramp[1:-1] + ramp[2:]
    mean = (down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:] + 8) >> 4
    mean = np.where(confidence >= level, np.maximum(mean, 128), np.minimum(mean, 127))
    return np.where(confidence > 0, mean, 0).astype(np.uint8)


@pytest.mark.parametrize("shape", [(22, 38), (1, 1), (1, 7), (7, 1), (2, 2)])
@pytest.mark.parametrize("level", [1, 128, 255])
def test_the_kernel_is_its_formula(shape: tuple[int, int], level: int) -> None:
    confidence = random_mask(shape) // 2 * random_mask(shape, seed=1).clip(0, 2)
    np.testing.assert_array_equal(mk.soft_edge(confidence, level), slowly(confidence, level))


def test_cut_in_the_middle_it_is_the_hard_mask_thin_parts_too() -> None:
    mask = random_mask((30, 40))
    soft, hard = (Edges(0.4, feather).foreground(mask[np.newaxis], (40, 30)) for feather in (1, 0))
    np.testing.assert_array_equal(soft >= 128, hard == 255)


def test_what_is_decided_stays_so_and_only_the_border_is_soft() -> None:
    mask = np.zeros((20, 20), np.uint8)
    mask[5:15, 5:15] = 255
    soft = Edges().foreground(mask[np.newaxis], (20, 20))
    assert soft[6:14, 6:14].min() == 255
    assert soft[4, 10] == 0, "where the mask is 0 nothing is drawn"
    assert 128 < soft[5, 10] < 255


def test_a_slanted_edge_of_a_small_mask_has_no_steps() -> None:
    """From row to row the edge moves by its slope, to a tenth of a pixel; hard, it jumps by whole ones."""
    y, x = np.mgrid[0:18, 0:32]
    small = np.clip(128 + (x - 16 + 0.3 * (y - 9)) * 40, 0, 255).astype(np.uint8)[np.newaxis]
    inside = slice(40, 140)

    def jumps(feather: float) -> float:
        edge = 320 - (Edges(feather=feather).foreground(small, (320, 180)) / 255).sum(axis=1)[inside]
        fit = np.polyval(np.polyfit(np.arange(edge.size), edge, 1), np.arange(edge.size))
        return float(np.abs(edge - fit).max())

    assert jumps(1) < 0.25 < 0.45 < jumps(0)


@pytest.mark.parametrize("feather", [4, 12, 40])
def test_feather_is_about_the_width_of_the_fading(feather: float) -> None:
    mask = np.zeros((1, 40, 400), np.uint8)
    mask[..., 200:] = 255
    row = Edges(feather=feather).foreground(mask, (400, 40))[20].astype(float)
    slope = np.diff(row / 255)
    centre = (slope * np.arange(slope.size)).sum()
    sigma = float(np.sqrt((slope * (np.arange(slope.size) - centre) ** 2).sum()))
    assert sigma == pytest.approx(feather / 2, rel=0.25)
    assert centre == pytest.approx(199, abs=0.6)


def test_inverted_foreground_and_background_are_255_together() -> None:
    mask = random_mask((1, 9, 13))
    straight, inverted = (Edges(invert=i).foreground(mask, (38, 22)) for i in (False, True))
    assert (straight.astype(int) + inverted == 255).all()


def test_a_threshold_of_0_takes_everything() -> None:
    assert Edges(0.0).foreground(np.zeros((1, 3, 3), np.uint8), (3, 3)).min() == 255


@pytest.mark.parametrize("feather", [-1, 201, float("nan")])
def test_a_feather_that_is_none_is_refused(feather: float) -> None:
    with pytest.raises(OptionError, match="feather is"):
        Edges(feather=feather)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("size", [1, 3, 8, 64])
def test_block_sums_are_those_of_plain_numpy(dtype: type, size: int) -> None:
    rng = np.random.default_rng(3)
    plane, weight = rng.integers(0, np.iinfo(dtype).max, (37, 53)).astype(dtype), random_mask((37, 53))
    sums, weights = mk.block_sums(plane, weight, size)
    for row, column in np.ndindex(sums.shape):
        block = np.s_[row * size : (row + 1) * size, column * size : (column + 1) * size]
        shares = weight[block].astype(np.int64)
        assert sums[row, column] == pytest.approx((plane[block] * shares).sum(), rel=1e-6)
        assert weights[row, column] == shares.sum()


@pytest.mark.parametrize(("dtype", "top"), [(np.uint8, 255), (np.uint16, 1023), (np.uint16, 65535)])
def test_mix_is_the_exact_blend_rounded_and_leaves_line_padding_alone(dtype: type, top: int) -> None:
    rng = np.random.default_rng(1)
    memory = rng.integers(0, top + 1, (21, 48)).astype(dtype)
    plane, before = memory[:, :37], memory.copy()
    other, weight = rng.integers(0, top + 1, (21, 37)).astype(dtype), random_mask((21, 37))
    mk.mix(plane, weight, other)
    exact = before[:, :37] + (other.astype(float) - before[:, :37]) * (weight / 255)
    assert np.abs(plane - exact).max() <= 0.5 + 1e-6
    np.testing.assert_array_equal(memory[:, 37:], before[:, 37:])
