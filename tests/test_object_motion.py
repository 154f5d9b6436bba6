"""The object's own motion: fitted to what the mask covers, and taken where flow follows the ground."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from masksmooth_filter.smoothing.affinity import Affinity, Fit, Line, along, best, shift, smooth
from masksmooth_filter.smoothing.flow import FlowFinder
from masksmooth_filter.smoothing.held import Held
from masksmooth_filter.smoothing.object_motion import ObjectMotion
from masksmooth_filter.smoothing.picture import Picture
from masksmooth_filter.smoothing.random_field import packed
from masksmooth_filter.smoothing.team import Team
from masksmooth_kernels.affine import colour_gain, fit_sums, put_motion

SHAPE = (120, 200)


def texture(seed: int) -> np.ndarray:
    """A picture with detail of 3 to 20 pixels, RGB."""
    rng = np.random.default_rng(seed)
    layers = [cv2.GaussianBlur(rng.normal(0, 1, (*SHAPE, 3)), (0, 0), s) * s for s in (1.5, 4, 10)]
    out = 128 + 45 * sum(layers) / np.std(sum(layers))
    return np.clip(np.rint(out), 0, 255).astype(np.uint8)


def turned(by: float, move: tuple[float, float]) -> Affinity:
    """A turn about the picture's middle and a move."""
    out = np.eye(3)
    out[:2] = cv2.getRotationMatrix2D((SHAPE[1] / 2, SHAPE[0] / 2), by, 1)
    out[:2, 2] += move
    return out


def moved(picture: np.ndarray, motion: Affinity) -> np.ndarray:
    return cv2.warpAffine(picture, motion[:2], SHAPE[::-1], borderMode=cv2.BORDER_REFLECT)


def scene(motion: Affinity, outline: np.ndarray) -> list[Held]:
    """An object of the ground's own texture that moves over it; its masks are exact."""
    ground, paint = texture(1), texture(2)
    masks = [outline, moved(outline, motion)]
    paints = [paint, moved(paint, motion)]
    frames = [np.where(m[..., np.newaxis] > 127, p, ground) for m, p in zip(masks, paints, strict=True)]
    return [
        Held.of(i, Picture.of(f, Team(1)), m[np.newaxis], Team(1))
        for i, (f, m) in enumerate(zip(frames, masks, strict=True))
    ]


def rod(width: int) -> np.ndarray:
    out = np.zeros(SHAPE, np.uint8)
    out[60 - width // 2 : 60 + (width + 1) // 2, 60:140] = 255
    return out


def points_of(mask: np.ndarray) -> np.ndarray:
    rows, columns = np.nonzero(mask > 127)
    return np.column_stack([columns, rows]).astype(np.float32)


def error(flow: np.ndarray, motion: Affinity, mask: np.ndarray) -> float:
    """Median distance of a flow from a motion over a mask, in pixels."""
    points = points_of(mask)
    to = np.column_stack([points, np.ones(len(points))]) @ motion[:2].T
    found = points + flow[mask > 127]
    return float(np.median(np.hypot(*(found - to).T)))


def test_the_sums_are_those_of_plain_numpy() -> None:
    rng = np.random.default_rng(3)
    there = cv2.GaussianBlur(rng.integers(0, 256, (30, 40), np.uint8), (0, 0), 2)
    points = np.column_stack(
        [rng.uniform(3, 36, (50, 1)), rng.uniform(3, 26, (50, 1)), rng.uniform(0, 255, (50, 1))]
    )
    points, basis = points.astype(np.float32), rng.normal(0, 1, (50, 3)).astype(np.float32)
    shifts = rng.uniform(-0.5, 0.5, (3, 2)).astype(np.float32)
    sums, misfit = fit_sums(there, points, basis, shifts, 15.0)
    x, y = (points[:, :2] + basis @ shifts).T

    def seen(dx: int, dy: int) -> np.ndarray:
        a, b = np.clip(x + dx, 0, 39), np.clip(y + dy, 0, 29)
        left, top = np.floor(a).astype(int), np.floor(b).astype(int)
        right, low, fx, fy = np.minimum(left + 1, 39), np.minimum(top + 1, 29), a - left, b - top
        upper = there[top, left] * (1 - fx) + there[top, right] * fx
        return upper * (1 - fy) + (there[low, left] * (1 - fx) + there[low, right] * fx) * fy

    r, alike = seen(0, 0) - points[:, 2], 1 / (1 + ((seen(0, 0) - points[:, 2]) / 15) ** 2)
    slopes = [(seen(1, 0) - seen(-1, 0)) / 2, (seen(0, 1) - seen(0, -1)) / 2]
    j = np.hstack([basis * slope[:, np.newaxis] for slope in slopes])
    weighted = j * (alike**2)[:, np.newaxis]
    wanted = np.column_stack([weighted.T @ j, weighted.T @ r])
    np.testing.assert_allclose(sums, wanted, rtol=2e-3, atol=2e-3 * np.abs(wanted).max())
    assert misfit == pytest.approx(float(np.mean(1 - alike)), abs=1e-3)


@pytest.mark.parametrize("step", [1, 2])
def test_a_motion_gains_what_flow_changes_colours_more(step: int) -> None:
    rng = np.random.default_rng(4)
    here, there = (rng.integers(0, 256, (20, 30, 3), np.uint8) for _ in range(2))
    flow = rng.normal(0, 3, (20, 30, 2)).astype(np.float32)
    motion = np.array([[0.02, -0.01, 1.5], [0.03, 0.01, -2.5]], np.float32)
    near = (rng.random((14 // step, 22 // step)) < 0.7).astype(np.uint8)
    gain = colour_gain((packed(here), packed(there)), flow, motion, ((4, 2, step), near), (0.6, 60.0))

    def change(u: float, v: float, x: int, y: int) -> float:
        a, b = min(max(x + u, 0), 29), min(max(y + v, 0), 19)
        left, top = min(int(a), 28), min(int(b), 18)
        fx, fy, four = a - left, b - top, there[top : top + 2, left : left + 2].astype(float)
        seen = (four[0, 0] * (1 - fx) + four[0, 1] * fx) * (1 - fy)
        seen += (four[1, 0] * (1 - fx) + four[1, 1] * fx) * fy
        return min(float(np.abs(seen - here[y, x]) @ (0.6, 1, 1)), 60.0)

    for row, column in np.ndindex(near.shape):
        x, y = 4 + step * column, 2 + step * row
        wanted = change(*flow[y, x], x, y) - change(*(motion @ (x, y, 1)), x, y) if near[row, column] else 0
        assert gain[row, column] == pytest.approx(wanted, abs=1e-3)


def test_a_motion_is_put_where_it_gains_enough() -> None:
    flow, motion = np.zeros((7, 9, 2), np.float32), np.array([[0.5, 0, 1], [0, 0.25, -1]], np.float32)
    gain = np.zeros((2, 3), np.float32)
    gain[0, 1], gain[1, 2], gain[1, 0] = 3, 2, 1
    put_motion(flow, motion, (4, 3, 2), gain, 1.0)
    set_there = np.zeros((7, 9), bool)
    set_there[3:5, 6:8] = set_there[5:7, 8:9] = True  # at the edge a block has only the pixels there are
    y, x = np.nonzero(set_there)
    np.testing.assert_array_equal(flow[set_there], np.column_stack([0.5 * x + 1, 0.25 * y - 1]))
    assert not flow[~set_there].any()


@pytest.mark.parametrize(("turn", "move"), [(0.0, (3.0, -2.0)), (2.0, (1.5, 2.5)), (-3.0, (0.0, 0.0))])
def test_finds_a_turn_and_a_move_within_a_tenth_of_a_pixel(turn: float, move: tuple[float, float]) -> None:
    here = cv2.cvtColor(texture(1), cv2.COLOR_RGB2GRAY)
    motion, points = turned(turn, move), points_of(rod(30))[::5]
    fit = Fit(smooth(here), smooth(moved(here, motion)), Line.of(points.T))
    misfit, found = best(fit, [shift(np.zeros(2))])
    corners = np.array([[60, 45, 1], [140, 75, 1]])
    np.testing.assert_allclose(corners @ found[:2].T, corners @ motion[:2].T, atol=0.1)
    assert misfit < 0.05


def test_begins_where_most_of_the_flow_points_to() -> None:
    points, flow = points_of(rod(30)), np.full((*SHAPE, 2), 4.0, np.float32)
    flow[45:52, 60:140] = 0  # a quarter follows the ground
    np.testing.assert_allclose(along(Line.of(points.T), flow) @ (100, 60, 1), (104, 64, 1), atol=0.5)


@pytest.mark.parametrize("motion", [turned(0, (7, 3)), turned(4, (6, -5))])
def test_a_rod_that_flow_loses_keeps_its_own_motion(motion: Affinity) -> None:
    last, held = scene(motion, rod(5))
    flows = FlowFinder(Team(1)).between(last.picture.luma, held.picture.luma)
    before = flows.ahead.copy(), flows.behind.copy()
    fused = ObjectMotion(Team(1)).fused(last, held, flows)
    assert error(flows.ahead, motion, last.planes[0]) > 1
    assert error(fused.ahead, motion, last.planes[0]) < 0.5
    assert error(fused.behind, np.linalg.inv(motion), held.planes[0]) < 0.5
    ground = cv2.dilate(np.maximum(*(h.planes[0] for h in (last, held))), np.ones((13, 13), np.uint8)) == 0
    assert np.percentile(np.hypot(*fused.ahead[ground].T), 99) < 0.5, "the ground stands still"
    np.testing.assert_array_equal(before, (flows.ahead, flows.behind))


@pytest.mark.parametrize("missing", [0, 1])
def test_where_a_mask_dropped_out_the_other_one_and_the_motion_before_say_what_moves(missing: int) -> None:
    motion, objects = turned(0, (7, 3)), ObjectMotion(Team(1))
    frames = scene(motion, rod(5))
    flows = FlowFinder(Team(1)).between(*(held.picture.luma for held in frames))
    objects.fused(*frames, flows)
    objects.keep(frames[1])
    frames[missing].planes = np.zeros_like(frames[missing].planes)
    assert error(objects.fused(*frames, flows).ahead, motion, rod(5)) < 0.5


def test_without_an_object_flow_is_left_alone() -> None:
    last, held = scene(turned(0, (7, 3)), np.zeros(SHAPE, np.uint8))
    flows = FlowFinder(Team(1)).between(last.picture.luma, held.picture.luma)
    fused = ObjectMotion(Team(1)).fused(last, held, flows)
    assert fused.ahead is flows.ahead
    assert fused.behind is flows.behind
