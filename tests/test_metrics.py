"""Figures of stability, against plain numpy and what the definitions say."""

import sys
import tracemalloc
from itertools import pairwise

import numpy as np
import pytest

from masksmooth_filter.errors import MaskShapeError
from masksmooth_filter.frames import Mask
from masksmooth_filter.report.metrics import Stability, frame_mask
from masksmooth_filter.report.series import RunFigures, Seen
from masksmooth_filter.report.sight import Sight


def masks_at_random(count: int, shape: tuple[int, int] = (23, 31)) -> list[Mask]:
    rng = np.random.default_rng(7)
    return [((rng.random(shape) < 0.4) * 255).astype(np.uint8) for _ in range(count)]


def still(shape: tuple[int, ...]) -> Sight:
    """A picture that has not moved."""
    return Sight((shape[1], shape[0]), 1.0, np.zeros((*shape, 2), np.float32), cut=False)


def stability_of(masks: list[Mask]) -> Stability:
    stability = Stability()
    for mask in masks:
        stability.add(mask)
    return stability


def bilinear(plane: Mask, width: int, height: int) -> np.ndarray:
    """Bilinear interpolation in float64, pixel centres at half integers, edges repeated."""

    def weights(new: int, old: int) -> np.ndarray:
        at = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
        return np.maximum(0, 1 - np.abs(at[:, np.newaxis] - np.arange(old)))

    return weights(height, plane.shape[0]) @ plane.astype(np.float64) @ weights(width, plane.shape[1]).T


def test_figures_are_those_of_numpy() -> None:
    masks = masks_at_random(6)
    stability = stability_of(masks)
    pairs = [(a > 0, b > 0) for a, b in pairwise(masks)]
    np.testing.assert_array_equal(stability.iou[1:], [(a & b).sum() / (a | b).sum() for a, b in pairs])
    np.testing.assert_array_equal(stability.changed[1:], [(a ^ b).sum() for a, b in pairs])
    assert stability.mean_iou == pytest.approx(np.mean(stability.iou[1:]))
    assert stability.mean_changed == pytest.approx(np.mean(stability.changed[1:]))


def test_two_empty_masks_are_the_same_mask() -> None:
    stability = stability_of([np.zeros((4, 4), np.uint8)] * 2)
    assert (stability.mean_iou, stability.mean_changed) == (1.0, 0.0)


def test_a_mask_that_vanishes_shares_nothing_with_the_one_before() -> None:
    stability = stability_of([np.full((4, 5), 255, np.uint8), np.zeros((4, 5), np.uint8)])
    assert (stability.mean_iou, stability.mean_changed) == (0.0, 20.0)


def test_a_frame_without_a_neighbour_has_no_figures() -> None:
    stability = stability_of([*masks_at_random(2), *masks_at_random(2, (9, 9))])
    stability.cut()
    assert stability.last_changed is not None
    stability.add(masks_at_random(1, (9, 9))[0])
    assert stability.last_changed is None
    assert np.isnan(stability.iou).tolist() == [True, False, True, False, True]
    assert np.isnan(stability.changed).tolist() == [True, False, True, False, True]


def test_one_frame_has_no_means() -> None:
    stability = stability_of(masks_at_random(1))
    assert (stability.frames, stability.mean_iou, stability.mean_changed) == (1, None, None)


def test_confidence_is_interpolated_before_it_is_cut() -> None:
    plane = np.random.default_rng(3).integers(0, 256, (9, 16), np.uint8)
    exact = bilinear(plane, 48, 30)
    mask = frame_mask(plane, (48, 30), threshold=0.7)
    # 0.7 of 255 is 178.5: 179 is in, 178 is not; OpenCV's own rounding is good to one level.
    assert (mask[exact > 180] == 255).all()
    assert (mask[exact < 177] == 0).all()
    assert 100 < np.count_nonzero(mask) < mask.size - 100


def test_several_classes_become_their_union() -> None:
    rng = np.random.default_rng(5)
    planes = rng.integers(0, 256, (4, 9, 16), np.uint8)
    planes[1] = 3  # nowhere near the threshold
    union = np.logical_or.reduce([frame_mask(plane, (40, 21)) > 0 for plane in planes])
    np.testing.assert_array_equal(frame_mask(planes, (40, 21)), union * np.uint8(255))
    assert not frame_mask(planes[1:2], (40, 21)).any()


def test_a_mask_at_the_frames_size_is_only_cut() -> None:
    plane = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(frame_mask(plane, (16, 16)), np.where(plane >= 128, 255, 0))


def test_what_is_no_mask_is_refused() -> None:
    with pytest.raises(MaskShapeError, match="uint8"):
        frame_mask(np.zeros((4, 4), np.float32), (8, 8))  # type: ignore[arg-type]


def test_memory_grows_by_a_few_bytes_a_frame() -> None:
    masks = masks_at_random(2)
    figures = RunFigures()
    seen = [Seen(still(masks[0].shape), i / 25, (masks[i % 2], masks[1 - i % 2])) for i in range(2)]
    figures.add(seen[0])  # the kernel is compiled now
    tracemalloc.start()
    try:
        for i in range(4000):
            figures.add(seen[i % 2])
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert grown < 4000 * 200, f"{grown / 4000:.0f} bytes a frame"
    assert sys.getsizeof(masks[0]) > 200  # one mask a frame would show
