"""Planes to pictures on the device, against swscale, the formula of H.273 and torchvision's preset."""

from __future__ import annotations

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from masksmooth_filter.segment.network_input import MEAN, STD, network_input, yuv_to_rgb
from masksmooth_filter.segment.pictures import rgb
from masksmooth_filter.segment.planes import layout_of, pack, planar
from tests.test_segmenter import FULL, LIMITED, MATRICES, formula_rgb, ramp

pytestmark = pytest.mark.deeplab


def seen(frame: av.VideoFrame, size: tuple[int, int], *, turns: int = 0) -> NDArray[np.float64]:
    """What the network sees, as RGB levels 0..255."""
    import torch

    picture = planar(frame)
    layout = layout_of(picture, turns)
    row = np.full(layout.nbytes, 99, np.uint8)
    pack(picture, layout, row)
    (x,) = network_input(torch.from_numpy(row)[None], layout, size).double().numpy()
    levels = x.transpose(1, 2, 0) * STD + MEAN
    return np.asarray(255 * levels, np.float64)


def waves(width: int, height: int) -> NDArray[np.uint8]:
    """(height, width, 3) smooth picture in all colours, several pixels a wave."""
    y, x = np.mgrid[0:height, 0:width]
    channels = [np.sin(x / (9 + 4 * c) + c) * np.cos(y / (11 - 2 * c)) for c in range(3)]
    return np.rint(127.5 + 100 * np.stack(channels, axis=-1)).astype(np.uint8)


@pytest.mark.parametrize("colorspace", sorted(MATRICES))
@pytest.mark.parametrize(
    ("pix_fmt", "color_range", "full"),
    [
        ("yuv420p", LIMITED, False),
        ("yuv420p", 0, False),
        ("yuvj420p", 0, True),
        ("yuv444p", FULL, True),
        ("yuv422p", LIMITED, False),
        ("yuv420p10le", LIMITED, False),
        ("yuv420p10le", FULL, True),
    ],
)
@pytest.mark.parametrize("size", [96, 48])
def test_colours_follow_the_frames_own_matrix_and_range_within_2_levels(
    pix_fmt: str, color_range: int, full: bool, colorspace: int, size: int
) -> None:
    frame = ramp(pix_fmt, colorspace=colorspace, color_range=color_range)
    shrink = 96 // size
    expected = formula_rgb(frame, full=full).reshape(size, shrink, size, shrink, 3).mean(axis=(1, 3))
    inner = np.s_[2:-2, 2:-2]  # at the edge, chroma has nothing to interpolate with
    assert np.abs(seen(frame, (size, size)) - expected)[inner].max() <= 2


@pytest.mark.parametrize(
    "pix_fmt",
    ["yuv420p", "yuv422p", "yuv444p", "nv12", "nv21", "p010le", "yuyv422", "yuv420p10le", "yuv444p16le",
     "yuv420p16be", "yuva420p", "rgb24", "bgra", "gbrp", "gbrp10le", "rgb48le", "gray", "gray10le"],
)  # fmt: skip
@pytest.mark.parametrize("colorspace", [1, 14])
def test_every_kind_of_pixels_looks_as_swscale_shows_it(pix_fmt: str, colorspace: int) -> None:
    frame = av.VideoFrame.from_ndarray(waves(192, 144), format="rgb24").reformat(
        format=pix_fmt, dst_colorspace=1, dst_color_range=1
    )
    frame.colorspace = colorspace  # 14 is ICtCp, which swscale cannot convert: read as BT.601
    difference = np.abs(seen(frame, (96, 72)) - rgb(frame, (96, 72)))
    assert difference.mean() < 1
    assert difference.max() <= 6  # area average against triangle, at the crests of the waves


def test_scaling_is_torchvisions_within_2_levels() -> None:
    import torch
    from torchvision.transforms._presets import SemanticSegmentation

    image = waves(213, 120)
    frame = av.VideoFrame.from_ndarray(image, format="rgb24")
    preset = SemanticSegmentation(resize_size=52)(torch.from_numpy(image).permute(2, 0, 1))
    height, width = preset.shape[1:]
    expected = 255 * (preset.permute(1, 2, 0).numpy() * STD + MEAN)
    assert np.abs(seen(frame, (width, height)) - expected).max() <= 2


def test_yuv_film_looks_as_torchvision_would_see_it_after_swscale() -> None:
    import torch
    from torchvision.transforms._presets import SemanticSegmentation

    frame = av.VideoFrame.from_ndarray(waves(213, 120), format="rgb24").reformat(
        format="yuv420p", dst_colorspace=1, dst_color_range=1
    )
    frame.colorspace, frame.color_range = 1, 1
    picture = torch.from_numpy(rgb(frame, (213, 120))).permute(2, 0, 1)
    preset = SemanticSegmentation(resize_size=52)(picture)
    height, width = preset.shape[1:]
    expected = 255 * (preset.permute(1, 2, 0).numpy() * STD + MEAN)
    difference = np.abs(seen(frame, (width, height)) - expected)
    assert difference.mean() < 0.7
    assert difference.max() <= 5  # swscale sharpens chroma as it doubles it


@pytest.mark.parametrize("size", [(95, 53), (96, 64), (2, 2), (97, 3)])
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le", "gbrp"])
def test_planes_are_packed_sample_for_sample_without_padding(size: tuple[int, int], pix_fmt: str) -> None:
    frame = av.VideoFrame(*size, pix_fmt)
    rng = np.random.default_rng(0)
    for plane in frame.planes:
        plane.update(rng.integers(0, 256, plane.buffer_size, np.uint8).tobytes())
    layout = layout_of(frame)
    row = np.zeros(layout.nbytes, np.uint8)
    pack(frame, layout, row)
    kind = np.uint16 if layout.sample_bytes == 2 else np.uint8
    order = (2, 0, 1) if pix_fmt == "gbrp" else (0, 1, 2)
    for (height, width), start, index in zip(layout.sizes, layout.offsets, order, strict=False):
        plane = frame.planes[index]
        stored = np.frombuffer(memoryview(plane), kind).reshape(plane.height, -1)[:, : plane.width]
        length = height * width * layout.sample_bytes
        assert np.array_equal(row[start : start + length].view(kind).reshape(height, width), stored)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_pictures_are_set_upright(turns: int) -> None:
    frame = av.VideoFrame.from_ndarray(waves(64, 48), format="rgb24")
    size = (48, 64) if turns % 2 else (64, 48)
    lying = seen(frame, (64, 48))
    assert np.abs(seen(frame, size, turns=turns) - np.rot90(lying, turns)).max() < 1e-4


def test_black_white_and_neutral_are_where_the_standard_puts_them() -> None:
    rows = np.array(yuv_to_rgb(0.2126, 0.0722, full=False))
    for samples, level in (((16, 128, 128), 0), ((235, 128, 128), 1)):
        assert rows @ (*samples, 1) == pytest.approx([level] * 3)
    wide = np.array(yuv_to_rgb(0.2126, 0.0722, full=True, bits=10))
    assert wide @ (1023, 512, 512, 1) == pytest.approx([1, 1, 1])
