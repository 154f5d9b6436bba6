"""The order of mean-field rounds: a few rows of likenesses at a time, and not a bit otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from masksmooth_filter.smoothing import random_field
from masksmooth_filter.smoothing.random_field import RandomField, Surroundings
from masksmooth_filter.smoothing.team import Team
from masksmooth_filter.smoothing.waves import Waves

WIDTH, REACH, ROUNDS = 100, 10, 3


def _sparse() -> np.ndarray:
    """Return pixels that leave rows 40 to 79 and the last ones out."""
    chosen = np.random.default_rng(1).random((200, WIDTH)) < 0.3
    chosen[40:80] = chosen[190:] = False
    return np.flatnonzero(chosen)


def test_every_round_has_every_pixel_once_after_the_round_before_it_had_all_within_reach() -> None:
    pixels = _sparse()
    waves, done = Waves.over(pixels, WIDTH, REACH, ROUNDS), np.zeros(len(pixels), int)
    rows = pixels // WIDTH
    for step in waves.steps():
        before = done.copy()
        for number, at in step:
            part = waves.strips[at]
            assert (done[part] == number).all()
            if part.stop > part.start:
                near = (rows >= rows[part][0] - REACH) & (rows <= rows[part][-1] + REACH)
                assert ((before[near] == number) | (before[near] == number + 1)).all()
            done[part] += 1
    assert (done == ROUNDS).all()


def test_a_strip_has_had_its_last_round_before_another_takes_its_place() -> None:
    waves = Waves.over(_sparse(), WIDTH, REACH, ROUNDS)
    held: dict[int, int] = {}
    for step in waves.steps():
        for number, at in step:
            if not number:
                assert held.get(at % waves.held, at) == at
                held[at % waves.held] = at
        for number, at in step:
            assert held[at % waves.held] == at
            if number == ROUNDS - 1:
                del held[at % waves.held]
    assert waves.held < len(waves.strips) / 3


@pytest.mark.parametrize("threads", [1, 2])
def test_rounds_that_follow_each_other_down_the_picture_give_the_same_bits(
    monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    rng = np.random.default_rng(2)
    field = RandomField(
        spiral=3.0, samples=16, pairwise=4.0, colour_sigma=12.0, contrast=0.5, near=1.0, rounds=ROUNDS
    )
    part = Surroundings(np.nonzero(rng.random((150, 90)) < 0.5), field.reach)
    chance = part.of(rng.random((150, 90), np.float32))
    colours = part.of(rng.integers(0, 1 << 23, (150, 90), np.int32))
    unary = rng.normal(size=len(part.pixels)).astype(np.float32)
    team = Team(threads)
    together = field.settle(chance, colours, part.pixels, unary, team)
    monkeypatch.setattr(random_field, "_MANY", 0)
    np.testing.assert_array_equal(field.settle(chance, colours, part.pixels, unary, team), together)
    team.close()
