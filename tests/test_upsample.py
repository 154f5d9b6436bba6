"""masksmooth_kernels.upsample and threshold: a mask at the frame's size, cut at a level."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import masksmooth_kernels as mk
from tests import oracle

sides = st.integers(1, 70)
masks = hnp.arrays(np.uint8, st.tuples(sides, sides), elements=st.sampled_from([0, 1, 100, 254, 255]))
relaxed = settings(deadline=None, max_examples=80)  # the first example waits for the compiler


def noise(*shape: int) -> oracle.Bytes:
    return np.random.default_rng(5).integers(0, 256, shape, dtype=np.uint8)


@relaxed
@given(masks, st.tuples(sides, sides))
def test_is_within_0_52_of_bilinear_interpolation_in_float64(
    mask: oracle.Bytes, size: tuple[int, int]
) -> None:
    exact = oracle.bilinear(mask, size)
    assert np.abs(mk.upsample(mask, size) - exact).max() < 0.52


@pytest.mark.parametrize("shape", [(270, 480), (65, 65), (1, 1), (2, 300), (300, 2)])
def test_takes_a_mask_to_the_size_of_a_film(shape: tuple[int, int]) -> None:
    mask = noise(*shape)
    assert np.abs(mk.upsample(mask, (480, 853)) - oracle.bilinear(mask, (480, 853))).max() < 0.52


@relaxed
@given(masks, st.tuples(sides, sides), st.integers(0, 255), st.integers(0, 255))
def test_cut_at_a_level_in_the_same_pass_is_cut_after_it(
    mask: oracle.Bytes, size: tuple[int, int], level: int, value: int
) -> None:
    whole = mk.upsample(mask, size)
    expected = np.where(whole >= level, value, 0)
    assert np.array_equal(mk.upsample(mask, size, level=level, value=value), expected)
    assert np.array_equal(mk.threshold(whole, level, value), expected)


def test_at_its_own_size_a_mask_is_itself_in_new_memory() -> None:
    mask = noise(37, 53)
    same = mk.upsample(mask, (37, 53))
    assert np.array_equal(same, mask)
    assert not np.shares_memory(same, mask)


@pytest.mark.parametrize("level", [0, 1, 128, 255])
def test_a_constant_stays_that_constant(level: int) -> None:
    assert (mk.upsample(np.full((5, 7), level, np.uint8), (33, 100)) == level).all()


def test_takes_strided_masks_and_never_writes_to_them() -> None:
    mask = noise(40, 60)[::2, 5::3]
    before = mask.copy()
    assert np.array_equal(mk.upsample(mask, (50, 50)), mk.upsample(before, (50, 50)))
    assert np.array_equal(mk.threshold(mask), np.where(before >= 128, 255, 0))
    assert np.array_equal(mask, before)


def test_threshold_writes_into_out_and_takes_any_shape() -> None:
    mask, out = noise(3, 4, 5), np.empty((3, 4, 5), np.uint8)
    assert mk.threshold(mask, 9, 1, out=out) is out
    assert np.array_equal(out, mask >= 9)
    assert mk.threshold(np.empty((0, 4), np.uint8)).shape == (0, 4)


@pytest.mark.parametrize(
    ("mask", "size", "options", "words"),
    [
        (np.zeros((3, 3), np.float32), (4, 4), {}, "mask is float32; give a uint8 array"),
        (np.zeros((3,), np.uint8), (4, 4), {}, "give \\(height, width\\)"),
        (np.zeros((0, 3), np.uint8), (4, 4), {}, "at least one pixel"),
        (np.zeros((3, 3), np.uint8), (0, 4), {}, "rows and columns, whole numbers from 1"),
        (np.zeros((3, 3), np.uint8), (4, 4.5), {}, "rows and columns, whole numbers from 1"),
        (
            np.zeros((3, 3), np.uint8),
            (4, 4),
            {"level": 256},
            "level is 256; give a whole number from 0 to 255",
        ),
        (np.zeros((3, 3), np.uint8), (4, 4), {"level": 1, "value": -1}, "value is -1"),
    ],
)
def test_refuses_what_it_cannot_take_and_says_what_to_give(
    mask: oracle.Bytes, size: tuple[int, int], options: dict[str, int], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        mk.upsample(mask, size, **options)


def test_threshold_refuses_what_it_cannot_take() -> None:
    with pytest.raises(ValueError, match="level is 300"):
        mk.threshold(noise(2, 2), 300)
    with pytest.raises(ValueError, match="give a uint8 array"):
        mk.threshold(np.zeros(3))
    mask = noise(2, 2)
    with pytest.raises(ValueError, match="shares memory"):
        mk.threshold(mask, out=mask)
