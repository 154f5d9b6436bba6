"""The matte is the thresholded mask itself, full range, with the frame's time."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from masksmooth_filter.composite.edges import Edges
from masksmooth_filter.composite.matte import Matte
from masksmooth_filter.frames import MaskedFrame
from tests.pictures import random_frame, random_mask


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv444p", "gray"])
@pytest.mark.parametrize("size", [(38, 22), (37, 21)])
def test_luma_is_the_binary_mask_at_the_frames_size_and_chroma_is_neutral(
    pix_fmt: str, size: tuple[int, int]
) -> None:
    frame, mask = random_frame("yuv420p10le", *size), random_mask((9, 13))
    matte = Matte(edges=Edges(0.4, feather=0), pix_fmt=pix_fmt).push(MaskedFrame(frame, mask))[0]  # type: ignore[arg-type]
    expected = np.where(cv2.resize(mask, size, interpolation=cv2.INTER_LINEAR) >= 102, 255, 0)
    luma = np.frombuffer(memoryview(matte.planes[0]), np.uint8).reshape(-1, matte.planes[0].line_size)
    np.testing.assert_array_equal(luma[: size[1], : size[0]], expected)
    for plane in matte.planes[1:]:
        assert set(bytes(plane)) == {128}
    assert matte.color_range == 2


def test_time_and_duration_go_along() -> None:
    frame = random_frame("nv12")
    matte = Matte().push(MaskedFrame(frame, random_mask()))[0]
    assert (matte.pts, matte.time_base, matte.duration) == (frame.pts, frame.time_base, frame.duration)


def test_several_classes_are_one_foreground() -> None:
    mask = np.array([[[255, 0, 0]], [[0, 255, 0]]], np.uint8)
    matte = Matte(edges=Edges(feather=0), pix_fmt="gray").push(
        MaskedFrame(random_frame("gray", 3, 1), mask, classes=(15, 12))
    )[0]
    assert matte.to_ndarray().tolist() == [[255, 255, 0]]
