"""Pictures brought down: each pixel the mean of what it covers."""

from __future__ import annotations

import numpy as np
import pytest

from masksmooth_kernels import area


def shrink(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A whole picture, its rows written in two goes."""
    out = np.full((*size, *image.shape[2:]), 77, np.uint8)
    for rows in (slice(size[0] // 2, size[0]), slice(0, size[0] // 2)):
        area.shrink(np.ascontiguousarray(image), out, rows)
    return out


def mean_of_area(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Slow twin: repeat every pixel so often that the sizes are multiples, and take means of blocks."""
    (rows, columns), (height, width) = image.shape[:2], size
    fine = image.astype(np.float64).repeat(height, axis=0).repeat(width, axis=1)
    return fine.reshape(height, rows, width, columns, *image.shape[2:]).mean(axis=(1, 3))


@pytest.mark.parametrize("shape", [(1, 1), (7, 5), (24, 42, 3), (13, 30, 2)])
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (6, 14), (5, 30), (13, 7)])
def test_pixels_are_means_of_the_area_they_cover(shape: tuple[int, ...], size: tuple[int, int]) -> None:
    size = min(size[0], shape[0]), min(size[1], shape[1])
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    found = shrink(image, size)
    assert found.shape == (*size, *shape[2:])
    assert np.abs(found - mean_of_area(image, size)).max() <= 0.5 + 1e-3


def test_agrees_with_opencv_within_one_level() -> None:
    import cv2

    image = np.random.default_rng(1).integers(0, 256, (100, 171, 3), np.uint8)[:, ::-1]
    expected = cv2.resize(image.copy(), (96, 57), interpolation=cv2.INTER_AREA)
    assert np.abs(shrink(image, (57, 96)).astype(int) - expected).max() <= 1


@pytest.mark.parametrize("value", [0, 255])
def test_one_value_stays_the_same(value: int) -> None:
    assert (shrink(np.full((1080, 1920), value, np.uint8), (270, 480)) == value).all()
