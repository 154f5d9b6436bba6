"""Where object and ground have the same colours, colours are asked less, and what is thin stays."""

from __future__ import annotations

import numpy as np
import pytest

from masksmooth_filter.smoothing import colour_model
from masksmooth_filter.smoothing.held import Held
from masksmooth_filter.smoothing.picture import Picture
from masksmooth_filter.smoothing.random_field import RandomField, packed
from masksmooth_filter.smoothing.refine import with_thin_parts
from masksmooth_filter.smoothing.team import Team
from masksmooth_filter.smoothing.tuning import TUNING
from masksmooth_filter.smoothing.vote import Window

SHAPE = (60, 90)


def window(inside: tuple[int, int], outside: tuple[int, int]) -> Window:
    """A frame with one square; grey levels of the object and of the ground come from two ranges."""
    rng = np.random.default_rng(0)
    mask = np.zeros((1, *SHAPE), np.uint8)
    mask[0, 15:45, 25:65] = 255
    grey = np.where(mask[0] > 0, rng.integers(*inside, SHAPE), rng.integers(*outside, SHAPE))
    held = Held.of(
        0, Picture.of(np.repeat(grey[..., np.newaxis], 3, axis=2).astype(np.uint8), Team(1)), mask, Team(1)
    )
    colour_model.count(held, held.planes[:, ::2, ::2] / np.float32(255), TUNING)
    return Window([], held, [], 3.0, 1.0)


def test_colours_tell_apart_what_has_others_and_not_what_has_the_same() -> None:
    assert colour_model.apart(window((40, 80), (140, 200)), 0, (0.3, 0.6)) == 1
    assert colour_model.apart(window((40, 200), (40, 200)), 0, (0.3, 0.6)) == 0
    assert 0 < colour_model.apart(window((40, 140), (80, 180)), 0, (0.3, 0.95)) < 1


def test_the_constants_go_over_to_those_of_the_vote_as_colours_tell_less() -> None:
    seen = window((40, 80), (140, 200))
    assert seen.end(0, TUNING) == TUNING.good, "nothing asked of the colours"
    seen.now.apart = [1.0]
    assert seen.end(0, TUNING) == TUNING.good
    seen.now.apart = [0.0]
    assert seen.end(0, TUNING).pairwise == TUNING.blind.pairwise
    seen.now.apart = [0.5]
    assert seen.end(0, TUNING).model == pytest.approx((TUNING.blind.model + TUNING.good.model) / 2)


@pytest.mark.parametrize(("contrast", "stays"), [(0.0, False), (1.0, True)])
def test_a_line_in_a_picture_of_one_colour_shrinks_only_without_contrast(
    contrast: float, stays: bool
) -> None:
    chance = np.full(SHAPE, 0.1, np.float32)
    chance[29:32] = 0.8  # three pixels wide, and fairly sure
    settings = RandomField(
        spiral=8, samples=48, pairwise=4, colour_sigma=20, contrast=contrast, near=0.5, rounds=3
    )
    rows, columns = (a.ravel() for a in np.mgrid[28:33, 40:50])
    lab = np.full((*SHAPE, 3), 128, np.uint8)
    unary = np.log(chance / (1 - chance))[rows, columns]
    out = settings.settle(chance, packed(lab), rows * SHAPE[1] + columns, unary, Team(1))
    assert bool((out[rows == 30] > 0.5).all()) == stays
    assert (out[rows == 28] < 0.5).all()


def test_only_thin_parts_of_the_vote_outlive_the_field_and_only_by_the_share_kept() -> None:
    chance = np.full(SHAPE, 0.1, np.float32)
    chance[29:32] = 0.8
    chance[40:58, 20:50] = 0.9
    settled = np.full(SHAPE, 0.2, np.float32)
    out = with_thin_parts(settled, chance, 0.5, 4.0)
    assert np.allclose(out[30], 0.5)
    assert np.allclose(out[45:53, 30:40], 0.2), "thick, so the field decides"
    assert np.allclose(out[:25], 0.2), "no object"
    assert with_thin_parts(settled, chance, 0.0, 4.0) is settled
    assert (with_thin_parts(np.ones(SHAPE, np.float32), chance, 1.0, 4.0) == 1).all(), "nothing is taken away"
