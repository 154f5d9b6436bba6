"""The synthetic clips: the same from the same seed, exact in their truth, wrong in their masks."""

import cv2
import numpy as np
import pytest

from benchmarks.quality import scenes, synthetic
from benchmarks.quality.command import main
from benchmarks.quality.metrics import iou
from benchmarks.quality.mistakes import confidence
from benchmarks.quality.synthetic import FAILURES, SCENARIOS, hardened, make


def drawn(
    outline: np.ndarray, *, shape: tuple[int, int] = (240, 426), **place: float
) -> tuple[np.ndarray, np.ndarray]:
    """White on black, without noise."""
    black, white = np.zeros((700, 1000, 3), np.uint8), np.full((600, 600, 3), 255, np.uint8)
    part = scenes.Part(outline, white, lambda t: scenes.pose(**place))
    scene = scenes.Scene(black, [part], noise=0)
    return scenes.draw(scene, 0, shape=shape, random=np.random.default_rng(0))


def rectangle(width: float, height: float) -> np.ndarray:
    return np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width / 2, height / 2)


def test_the_same_seed_gives_the_same_clip_and_another_seed_another():
    first, again, other = (make("shake", seed=seed, height=60, like=True, frames=4) for seed in (1, 1, 2))
    for name in ("frames", "truth", "masks"):
        assert np.array_equal(getattr(first, name), getattr(again, name))
        assert not np.array_equal(getattr(first, name), getattr(other, name))


def test_a_turned_rectangle_covers_the_pixels_whose_middles_it_holds():
    turn, x, y = 0.4, 7.3, -11.6
    _, truth = drawn(rectangle(90, 40), x=x, y=y, turn=turn)
    rows, columns = np.mgrid[:240, :426]
    dx, dy = columns - 213 - x, rows - 120 - y
    along, across = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
    expected = (abs(along) <= 45) & (abs(across) <= 20)
    assert np.count_nonzero(truth ^ expected) <= 20  # of 3600: .06 pixels along its border
    assert truth.sum() == pytest.approx(3600, rel=0.006)


def test_the_picture_is_mixed_by_the_coverage_the_truth_is_cut_from():
    picture, truth = drawn(rectangle(60, 60), x=0.25, y=0.6, turn=0.2)
    assert np.array_equal(picture[:, :, 0] >= 128, truth)


def test_twice_the_rows_show_the_same_thing_in_twice_the_size():
    small, large = (make("articulated", seed=3, height=h, like=False, frames=2).truth for h in (120, 240))
    shrunk = cv2.resize(large[1].astype(np.float32), small.shape[:0:-1], interpolation=cv2.INTER_AREA) >= 0.5
    assert iou(shrunk, small[1]) > 0.9


def test_what_is_hidden_is_not_in_the_truth():
    clip = make("occlusion", seed=1, height=120, like=False, frames=28)
    areas = clip.truth.sum(axis=(1, 2))
    assert areas.min() < 0.9 * areas.max()


def test_like_colours_change_the_picture_and_nothing_else():
    apart, like = (make("fast", seed=5, height=60, like=like, frames=6) for like in (False, True))
    assert np.array_equal(apart.truth, like.truth)
    assert np.array_equal(apart.masks, like.masks)
    assert not np.array_equal(apart.frames, like.frames)


def colour_gap(*, like: bool) -> float:
    """How far apart object and ground are in mean colour, over a few clips."""
    clips = [make("slow", seed=seed, height=120, like=like, frames=1) for seed in range(4)]
    gaps = [c.frames[c.truth].mean(axis=0) - c.frames[~c.truth].mean(axis=0) for c in clips]
    return float(np.mean([np.linalg.norm(gap) for gap in gaps]))


def test_like_colours_leave_a_colour_model_little_to_go_by():
    assert colour_gap(like=True) < 25
    assert colour_gap(like=False) > 90


def test_masks_are_wrong_in_every_way_the_model_has():
    truth = np.repeat(make("static", seed=1, height=240, like=True, frames=1).truth, 120, axis=0)
    masks = confidence(truth, [1, 2]) >= 128
    missed = (~masks & truth).sum(axis=(1, 2)) / truth[0].sum()
    far = cv2.distanceTransform((~truth[0]).astype(np.uint8), cv2.DIST_L2, 5) > 12
    assert (missed > 0.9).any(), "no dropped frame"
    assert ((missed > 0.25) & (missed < 0.75)).any(), "no half-dropped frame"
    assert (masks & far).any(), "no false blob"
    good = missed < 0.1
    assert 0.85 < np.mean([iou(mask, truth[0]) for mask in masks[good]]) < 0.97, "no wobble"


def test_what_seldom_shows_is_missed_in_most_frames_and_what_throws_a_shadow_is_as_large_as_without():
    seldom, shadow, slow = (
        make(name, seed=1, height=60, like=False, frames=28) for name in ("seldom", "shadow", "slow")
    )
    found = [iou(mask >= 128, truth) > 0.5 for mask, truth in zip(seldom.masks, seldom.truth, strict=True)]
    assert 5 < sum(found) < 17
    assert 0.7 < shadow.truth.mean() / slow.truth.mean() < 1.4


def test_errors_last_from_frame_to_frame_more_than_chance_has_it():
    truth = np.repeat(make("static", seed=1, height=240, like=True, frames=1).truth, 80, axis=0)
    errors = (confidence(truth, [4]) >= 128) ^ truth
    near, far = (np.mean([iou(errors[t], errors[t - d]) for t in range(20, 80)]) for d in (1, 20))
    assert near > 1.3 * far


def test_hard_masks_are_the_soft_ones_cut_at_half():
    clip = make("thin", seed=1, height=60, like=True, frames=3)
    assert len(np.unique(clip.masks)) > 20
    assert np.array_equal(hardened(clip).masks, np.where(clip.masks >= 128, 255, 0))


@pytest.mark.parametrize("scenario", SCENARIOS + FAILURES)
def test_every_scenario_shows_an_object_in_every_frame(scenario):
    clip = make(scenario, seed=1, height=60, like=True, frames=synthetic.FRAMES)
    shares = clip.truth.mean(axis=(1, 2))
    assert shares.min() > 0.003
    assert shares.max() < 0.3
    assert clip.cuts == ((14,) if scenario == "cut" else ())


def test_the_command_prints_its_tables_writes_them_and_draws_strips(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    page, strips = tmp_path / "quality.md", tmp_path / "strips"
    what = ["--data", "synthetic-like", "--sequences", "fast,cut", "--methods", "median:radius=1"]
    size = ["--frames", "8", "--height", "60", "--out", str(page), "--strips", str(strips)]
    assert main([*what, *size]) == 0
    printed = capsys.readouterr().out
    assert "| median:radius=1 |" in printed
    assert printed.strip() in page.read_text()
    assert cv2.imread(str(strips / "synthetic-like-cut.jpg")).shape[1] == 3 * 520


def test_the_command_says_what_there_is_when_a_name_is_wrong(capsys):
    assert main(["--data", "synthetic", "--sequences", "fats"]) == 2
    assert "no sequence fats; there are articulated" in capsys.readouterr().err
