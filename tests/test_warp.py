"""The kernels that walk along flow, gather votes and settle a random field, against plain numpy."""

from __future__ import annotations

import numpy as np
import pytest

from masksmooth_kernels import crf, trajectory, warp
from tests import oracle_motion as oracle

SHAPE = (17, 23)


def smooth_flow(seed: int, size: float = 2.0) -> np.ndarray:
    """A flow that changes slowly, some of it leaving the picture."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    waves = [np.sin(rows * a + columns * b + c) for a, b, c in rng.uniform(0, 0.4, (2, 3))]
    return np.stack(waves, axis=2).astype(np.float32) * np.float32(size)


def field(seed: int) -> np.ndarray:
    """A field with its trust filled in."""
    rng = np.random.default_rng(seed)
    out = np.zeros((*SHAPE, 3), np.float32)
    flow = smooth_flow(seed)
    warp.link(out, flow, (-flow + rng.normal(0, 0.3, flow.shape)).astype(np.float32), 1.0)
    return out


def luma(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, SHAPE, np.uint8)


def all_paths(start: np.ndarray) -> np.ndarray:
    rows, columns = (a.ravel() for a in np.mgrid[: SHAPE[0], : SHAPE[1]])
    return warp.start_paths(start, rows, columns)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (4, 1), SHAPE])
def test_corners_are_a_pixel_and_its_neighbours_to_the_right_and_below(shape: tuple[int, int]) -> None:
    plane = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    more = np.pad(plane, ((0, 1), (0, 1)), mode="edge")
    expected = np.stack([more[:-1, :-1], more[:-1, 1:], more[1:, :-1], more[1:, 1:]], axis=2)
    found = warp.corners_of(plane).astype("<u4").view(np.uint8).reshape(*shape, 4)
    np.testing.assert_array_equal(found, expected)


def test_trust_in_a_step_is_the_forward_backward_formula() -> None:
    out, flow, back = np.zeros((*SHAPE, 3), np.float32), smooth_flow(1), -smooth_flow(2)
    warp.link(out, flow, back, 1.5)
    np.testing.assert_allclose(out[..., 2], oracle.trust(flow, back, 1.5), atol=1e-5)
    np.testing.assert_array_equal(out[..., :2], flow)


def test_flow_and_its_exact_inverse_are_trusted_fully_inside_the_picture() -> None:
    flow = np.full((*SHAPE, 2), 2, np.float32)
    out = np.zeros((*SHAPE, 3), np.float32)
    warp.link(out, flow, -flow, 1.0)
    assert (out[:-2, :-2, 2] == 1).all()
    assert (out[-2:, :, 2] == 0).all()


def test_steps_match_plain_numpy_over_several_frames() -> None:
    path = all_paths(luma(0))
    for seed in range(3):
        here, there = field(seed), luma(seed + 1)
        expected, expected_weight = oracle.step(path, here, there, (0.7, 60.0))
        weight = warp.step(path, here, warp.corners_of(there), (0.7, 60.0))
        np.testing.assert_allclose(weight, expected_weight, atol=2e-4)
        np.testing.assert_allclose(path, expected, atol=2e-4)


def test_a_walk_that_leaves_the_picture_never_weighs_again() -> None:
    here = field(3)
    here[..., 0], here[..., 2] = 100, 1
    path, there = all_paths(luma(3)), warp.corners_of(luma(3))
    assert (warp.step(path, here, there, (1.0, 15.0)) == 0).all()
    assert (warp.step(path, field(3), there, (1.0, 15.0)) == 0).all()


def test_walks_do_not_depend_on_how_many_go_together() -> None:
    rng = np.random.default_rng(7)
    starts = rng.uniform(0, 1, (4, 2 * warp.BLOCK + 9)) * [[22], [16], [1], [255]]
    apart, together = (starts.astype(np.float32) for _ in range(2))
    there, mask, sums = warp.corners_of(luma(1)), warp.corners_of(luma(2)), np.zeros((2, starts.shape[1]))
    weight = warp.step(together, field(0), there, (0.7, 60.0))
    whole, pieces = sums.astype(np.float32)
    trajectory.gather(together, weight, mask, whole)
    for first in range(0, starts.shape[1], 100):
        part = np.ascontiguousarray(apart[:, first : first + 100])
        trajectory.gather(
            part, warp.step(part, field(0), there, (0.7, 60.0)), mask, pieces[first : first + 100]
        )
    np.testing.assert_array_equal(pieces, whole)
    assert len(set(whole)) > 1000


def test_gathering_adds_the_weighted_bilinear_values_where_walks_go_on() -> None:
    rng = np.random.default_rng(5)
    mask = rng.integers(0, 256, SHAPE, np.uint8)
    path = np.stack([rng.uniform(0, 22, 200), rng.uniform(0, 16, 200), np.ones(200), np.zeros(200)])
    path, weight = path.astype(np.float32), rng.uniform(0, 1, 200).astype(np.float32)
    weight[::3] = 0
    sums = np.zeros(200, np.float32)
    trajectory.gather(path, weight, warp.corners_of(mask), sums)
    expected = [w * oracle.at(mask, x, y) for (x, y), w in zip(path[:2].T, weight, strict=True)]
    np.testing.assert_allclose(sums, expected, atol=1e-2)
    assert not sums[::3].any()


def test_trusted_votes_weigh_by_the_reliability_of_the_place() -> None:
    mask = warp.corners_of(np.full(SHAPE, 200, np.uint8))
    trust = np.arange(9 * 12, dtype=np.float32).reshape(9, 12)
    path = np.array([[5.0, 8.2], [4.0, 7.9], [1, 1], [0, 0]], np.float32)
    votes = np.zeros((2, 2), np.float32)
    trajectory.gather_trusted(path, np.array([1, 0.5], np.float32), mask, trust, votes)
    places = [trust[2, 2], 0.5 * trust[3, 4]]
    np.testing.assert_allclose(votes, [np.multiply(places, 200), places], rtol=1e-5)


@pytest.mark.parametrize("sigma", [3.0, 20.0])
def test_likenesses_in_colour_match_plain_numpy(sigma: float) -> None:
    rng = np.random.default_rng(2)
    lab = rng.integers(100, 140, (3000, 3), np.uint8)
    lab[::5] = rng.integers(0, 256, (600, 3))
    pixels, offsets = np.arange(100, 2900, 2), np.array([-90, -31, -1, 2, 40, 99])
    colours, found = lab.astype(np.int32) @ [1, 256, 65536], np.empty((6, pixels.size), np.float32)
    total = crf.likenesses(colours.astype(np.int32), pixels, offsets, sigma, found)
    expected = oracle.likenesses(lab, pixels, offsets, sigma)
    np.testing.assert_allclose(found.T, expected, rtol=1e-4, atol=1e-12)
    np.testing.assert_allclose(total, expected.sum(axis=1), rtol=1e-4, atol=1e-11)


def test_a_round_of_the_field_matches_plain_numpy() -> None:
    rng = np.random.default_rng(3)
    chance, unary = rng.random(600).astype(np.float32), rng.normal(0, 2, 58).astype(np.float32)
    pixels, offsets, around = np.arange(100, 500, 7), np.array([-90, 7, 99]), np.array([-1, 1])
    alike, scale = rng.random((3, 58)).astype(np.float32), rng.random(58).astype(np.float32)
    weights, near = (alike * scale).T, (around, np.array([0.4, 0.6], np.float32))
    found = crf.mean_field(chance, unary, pixels, (offsets, alike, scale), near)
    expected = oracle.mean_field(chance, unary, pixels, (offsets, weights), near)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    levels = np.rint(chance * 255).astype(np.uint8)
    found = crf.mean_field(levels, unary, pixels, (offsets, alike, scale), near)
    expected = oracle.mean_field(levels / 255, unary, pixels, (offsets, weights), near)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_spiral_has_the_gaussian_spread_it_was_asked_for() -> None:
    steps = crf.spiral(400, 20.0)
    assert steps.std(axis=0) == pytest.approx([20, 20], rel=0.05)
    assert np.abs(steps.mean(axis=0)).max() < 1
