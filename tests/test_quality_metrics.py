"""The benchmark's figures, on cases small enough to be done by hand."""

import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.quality import davis, metrics
from benchmarks.quality.clips import Clip
from benchmarks.quality.flow import backward_steps, sources, warp
from benchmarks.quality.methods import parse_methods, run
from benchmarks.quality.table import Result, mean_table, summaries
from masksmooth_filter.errors import OptionError

H, W = 60, 100


def box(left: int, *, top: int = 20, size: int = 20) -> np.ndarray:
    mask = np.zeros((H, W), bool)
    mask[top : top + size, max(left, 0) : left + size] = True
    return mask


def clip_of(
    truth: list[np.ndarray], masks: list[np.ndarray] | None = None, *, cuts: tuple[int, ...] = ()
) -> Clip:
    """A textured square that moves with its truth over a textured ground."""
    random = np.random.default_rng(1)
    ground = random.integers(0, 255, (H // 4, W // 4, 3), np.uint8).repeat(4, 0).repeat(4, 1)
    patch = random.integers(0, 255, (5, 5, 3), np.uint8).repeat(4, 0).repeat(4, 1)
    frames = np.repeat(ground[np.newaxis], len(truth), axis=0)
    for frame, mask in zip(frames, truth, strict=True):
        rows, columns = np.nonzero(mask)
        if len(rows):
            frame[mask] = patch[(rows - rows.min()) % 20, (columns - columns.min()) % 20]
    soft = np.stack(truth if masks is None else masks).astype(np.uint8) * np.uint8(255)
    return Clip("hand", "made", frames, np.stack(truth), soft, cuts)


def scores(truth: list[np.ndarray], masks: list[np.ndarray], *, cuts: tuple[int, ...] = ()) -> metrics.Scores:
    return metrics.Judge(clip_of(truth, cuts=cuts)).score(np.stack(masks))


def test_j_is_the_shared_part_of_the_union():
    assert metrics.iou(box(10), box(20)) == pytest.approx(10 / 30)
    assert metrics.iou(box(10), np.zeros((H, W), bool)) == 0
    assert metrics.iou(np.zeros((H, W), bool), np.zeros((H, W), bool)) == 1


def test_a_border_lies_on_the_near_side_of_a_change_as_in_davis():
    mask = np.zeros((5, 5), bool)
    mask[2, 2] = True
    expected = np.zeros((5, 5), bool)
    expected[1:3, 1:3] = True
    assert np.array_equal(metrics.border(mask), expected)


def test_near_is_dilation_by_a_disk():
    edge = np.zeros((21, 21), bool)
    edge[10, 10] = True
    y, x = np.mgrid[:21, :21] - 10
    assert np.array_equal(metrics.near(edge, 8), x**2 + y**2 <= 64)
    assert not metrics.near(np.zeros((4, 4), bool), 8).any()


def test_f_forgives_what_is_within_its_tolerance_and_nothing_beyond():
    true_edge = np.zeros((480, 854), bool)
    true_edge[100, 100:300] = True
    true_near = metrics.near(true_edge, metrics.tolerance(true_edge.shape))
    assert metrics.tolerance((480, 854)) == 8  # .008 * 979.7 = 7.8
    by = {d: metrics.border_f(np.roll(true_edge, d, axis=0), true_edge, true_near) for d in (0, 8, 9)}
    assert by == {0: 1, 8: 1, 9: 0}


def test_f_is_the_harmonic_mean_of_precision_and_recall():
    true_edge = np.zeros((480, 854), bool)
    true_edge[100, 100:300] = True
    edge = true_edge.copy()
    edge[100, 200:] = False  # half is found, less 8 pixels of grace
    edge[400, :100] = True  # and as much is false
    recall, precision = 108 / 200, 100 / 200
    true_near = metrics.near(true_edge, 8)
    expected = 2 * precision * recall / (precision + recall)
    assert metrics.border_f(edge, true_edge, true_near) == pytest.approx(expected)
    assert metrics.border_f(np.zeros_like(edge), true_edge, true_near) == 0
    assert metrics.border_f(np.zeros_like(edge), np.zeros_like(edge), np.zeros_like(edge)) == 1


def test_warping_takes_each_pixel_from_where_it_was_and_nothing_from_outside():
    steps = np.zeros((4, 6, 2), np.int16)
    steps[..., 0] = -2
    mask = np.zeros((4, 6), bool)
    mask[:, 1] = True
    assert np.array_equal(np.nonzero(warp(mask, sources(steps)).any(axis=0))[0], [3])
    assert not warp(np.ones((4, 6), bool), sources(steps))[:, :2].any()


def test_the_evaluating_flow_follows_a_picture_that_moves_and_is_the_same_when_read_again(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    noise = np.random.default_rng(1).normal(0, 900, (120, 200, 3)).astype(np.float32)
    picture = np.clip(cv2.GaussianBlur(noise, (0, 0), 3) + 128, 0, 255).astype(np.uint8)
    frames = np.stack([np.roll(picture, 3 * t, axis=1) for t in range(3)])
    steps = backward_steps(frames)
    assert np.mean(steps[2, 20:100, 40:180] == (-3, 0)) > 0.99
    assert len(list(tmp_path.glob("*/*.npz"))) == 1
    assert np.array_equal(backward_steps(frames), steps)


def test_an_error_that_rides_on_the_object_is_no_flicker_and_one_that_blinks_is():
    truth = [box(10 + 2 * t) for t in range(12)]
    inner = [box(14 + 2 * t, top=24, size=12) for t in range(12)]
    ring = [a & ~b for a, b in zip(truth, inner, strict=True)]  # a hole of 144 pixels that moves along
    blinking = [a if t % 2 else b for t, (a, b) in enumerate(zip(truth, ring, strict=True))]
    assert scores(truth, truth).wfe == 0
    assert scores(truth, ring).wfe < 0.05
    assert scores(truth, blinking).wfe == pytest.approx(144 / 400, abs=0.03)


def test_figures_of_neighbours_do_not_look_across_a_cut():
    truth = [box(10)] * 10 + [box(70)] * 10
    wrong = [box(12)] * 10 + [box(70)] * 10
    inside, across = scores(truth, wrong, cuts=(10,)), scores(truth, wrong)
    assert inside.wfe == 0
    assert inside.niou == 1
    assert across.wfe > 0
    assert across.niou == pytest.approx(18 / 19)


def test_vc_counts_the_truths_constant_pixels_that_the_mask_keeps():
    truth = [box(10)] * 9
    half = box(10).copy()
    half[:, 20:] = False
    masks = [half] + [box(10)] * 8  # windows 0-7 and 1-8: half of it, all of it
    assert metrics.constancy(np.stack(masks), np.stack(truth), 8) == pytest.approx([0.5, 1])
    assert metrics.constancy(np.stack(masks), np.stack(truth), 16) == []
    assert math.isnan(scores(truth, masks).vc16)


@pytest.mark.parametrize("late", [-1, 0, 1, 2])
def test_lag_is_how_many_frames_the_mask_trails(late):
    truth = [box(2 * t + 4) for t in range(30)]
    masks = [box(2 * (t - late) + 4) for t in range(30)]
    assert scores(truth, masks).lag == pytest.approx(late, abs=0.02)


def test_lag_knows_fractions_of_a_frame():
    truth = [box(5 * t) for t in range(14)]
    masks = [box(5 * t - 2) for t in range(14)]
    assert scores(truth, masks).lag == pytest.approx(0.4, abs=0.05)


def test_there_is_no_lag_where_nothing_moves():
    assert math.isnan(scores([box(10)] * 10, [box(12)] * 10).lag)


def test_jmin5_is_the_mean_of_the_worst_twentieth_at_least_one_frame():
    figures = np.array([0.2, 0.4] + [1.0] * 38)
    made = metrics.Scores(figures, figures, *[0.0] * 6)
    assert made.jmin5 == pytest.approx(0.3)
    assert metrics.Scores(figures[:5], figures, *[0.0] * 6).jmin5 == pytest.approx(0.2)


def test_a_frozen_mask_has_a_perfect_neighbour_iou_and_a_poor_j():
    clip = clip_of([box(10 + 3 * t) for t in range(20)])
    frozen = metrics.Judge(clip).score(run(parse_methods("frozen")[1], clip).masks >= 128)
    assert frozen.niou == 1
    assert frozen.j.mean() < 0.4


def test_methods_are_read_with_their_settings_and_raw_comes_first():
    methods = parse_methods("gaussian:radius=2:sigma=1.5,motion:causal=true,raw")
    assert [method.label for method in methods] == [
        "raw",
        "gaussian:radius=2:sigma=1.5",
        "motion:causal=true",
    ]
    assert methods[1].settings == {"radius": 2, "sigma": 1.5}
    assert methods[2].settings == {"causal": True}
    with pytest.raises(OptionError, match="key=value"):
        parse_methods("gaussian:radius")


def test_settings_reach_the_smoother():
    clip = clip_of([box(10)] * 3, [box(10), box(30), box(10)])
    none, one = (run(method, clip).masks for method in parse_methods("median:radius=0,median:radius=1")[1:])
    assert np.array_equal(none, clip.masks)
    assert np.array_equal(one[1] > 0, box(10))


def test_the_table_says_how_many_sequences_lost_and_where_most():
    def result(sequence: str, method: str, j: float, wfe: float) -> Result:
        return Result(
            "set", sequence, method, metrics.Scores(np.array([j]), np.array([j]), wfe, *[0.0] * 5), 1.0
        )

    made = [
        *(result(name, "raw", 0.8, 0.4) for name in "abc"),
        *(result(name, "new", j, 0.1) for name, j in (("a", 0.796), ("b", 0.9), ("c", 0.7))),
    ]
    new = summaries(made, "set")[1]
    assert new.below == 1
    assert new.worst == (pytest.approx(-0.1), "c")
    assert new.flicker_cut == pytest.approx(75)
    assert "| new | 0.7987 | -0.0013 | -0.100 c | 1/3 |" in mean_table([new])


@pytest.mark.material
@pytest.mark.parametrize(("net", "j", "f"), [("osvos", 0.8301, 0.8066), ("deeplab", 0.6267, 0.4861)])
def test_raw_masks_have_the_figures_an_earlier_implementation_found(material: Path, net, j, f):
    clips = [davis.load(net, name, frames=40, height=240) for name in davis.TUNE + davis.TEST]
    radius = metrics.tolerance((240, 427))
    found_j, found_f = [], []
    for clip in clips:
        found_j.append(
            np.mean([metrics.iou(m >= 128, t) for m, t in zip(clip.masks, clip.truth, strict=True)])
        )
        edges = [
            (metrics.border(m >= 128), metrics.border(t)) for m, t in zip(clip.masks, clip.truth, strict=True)
        ]
        found_f.append(np.mean([metrics.border_f(a, b, metrics.near(b, radius)) for a, b in edges]))
    assert np.mean(found_j) == pytest.approx(j, abs=5e-5)
    assert np.mean(found_f) == pytest.approx(f, abs=5e-5)
