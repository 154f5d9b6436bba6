"""The part of a picture a random field is laid over."""

from __future__ import annotations

import numpy as np
import pytest

from masksmooth_filter.smoothing.random_field import Surroundings, packed


@pytest.mark.parametrize("reach", [1, 7, 40])
def test_strips_hold_all_within_reach_of_the_pixels_and_not_all_between_them(reach: int) -> None:
    chosen = np.zeros((300, 400), bool)
    chosen[20:30, 50:60] = chosen[170:173, 300:330] = chosen[299, 0] = True
    where = np.nonzero(chosen)
    part = Surroundings(where, reach)
    shape = part.of(chosen.view(np.uint8)).shape
    near, held = np.zeros(shape, bool), np.zeros(shape, bool)
    for pixel in part.pixels:
        row, column = divmod(int(pixel), shape[1])
        near[row - reach : row + reach + 1, column - reach : column + reach + 1] = True
    for strip in part.strips():
        held[strip] = True
    assert (held | ~near).all()
    assert held.mean() < 0.7


def test_beyond_the_edge_the_part_goes_on_as_the_picture_ends() -> None:
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    part = Surroundings((np.array([0]), np.array([3])), 2)
    np.testing.assert_array_equal(part.of(image), np.pad(image, 2, mode="edge")[:5, 3:8])
    assert part.pixels == [12]


def test_a_colour_is_packed_with_the_first_channel_lowest() -> None:
    lab = np.array([[[1, 2, 3], [255, 0, 128]]], np.uint8)
    found = packed(lab) & 0xFFFFFF
    np.testing.assert_array_equal(found, [[1 + 2 * 256 + 3 * 65536, 255 + 128 * 65536]])
