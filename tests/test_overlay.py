"""The overlay is drawn on the frame's own planes, at its own bit depth, and nowhere else."""

from __future__ import annotations

import av
import numpy as np
import pytest

from masksmooth_filter.composite.colour import native_value, palette_colour, parse_colour
from masksmooth_filter.composite.edges import Edges
from masksmooth_filter.composite.overlay import Overlay
from masksmooth_filter.composite.planes import FrameCopier, components, drawable, rows
from masksmooth_filter.composite.upsample import frame_confidence
from masksmooth_filter.errors import InputError, MaskShapeError, OptionError
from masksmooth_filter.frames import MaskedFrame
from tests.pictures import random_frame, random_mask

FORMATS = ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuvj420p", "nv12", "gray", "rgb24",
           "nv21", "p010le", "yuv422p10le", "yuv444p12le", "gray10le", "bgr24", "bgra", "0rgb", "gbrp",
           "gbrp10le", "yuva420p"]  # fmt: skip
every_format = pytest.mark.parametrize("pix_fmt", FORMATS)
odd_and_even = pytest.mark.parametrize("size", [(38, 22), (37, 21), (1, 1)])


def samples(frame: av.VideoFrame) -> list[np.ndarray]:
    return [part.view(frame).copy() for part in components(frame.format)]


def draw(frame: av.VideoFrame, mask: np.ndarray, **settings: object) -> av.VideoFrame:
    hard = Edges(float(settings.pop("threshold", 0.5)), feather=0)  # type: ignore[arg-type]
    return Overlay(edges=hard, **settings).push(MaskedFrame(frame, mask))[0]  # type: ignore[arg-type]


def blocks(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Largest mask value under each sample of a subsampled component (slow, plain numpy)."""
    down, across = -(-mask.shape[0] // shape[0]), -(-mask.shape[1] // shape[1])
    return np.array([[mask[y * down : (y + 1) * down, x * across : (x + 1) * across].max()
                      for x in range(shape[1])] for y in range(shape[0])])  # fmt: skip


@every_format
@odd_and_even
def test_where_the_mask_is_0_the_encoder_gets_the_decoded_samples(
    pix_fmt: str, size: tuple[int, int]
) -> None:
    frame = random_frame(pix_fmt, *size)
    mask = np.where(random_mask((size[1], size[0]), seed=3) > 170, 255, 0).astype(np.uint8)
    before, after = samples(frame), samples(draw(frame, mask, alpha=0.6))
    for old, new in zip(before, after, strict=True):
        untouched = blocks(mask, old.shape) == 0
        np.testing.assert_array_equal(new[untouched], old[untouched])


@every_format
def test_an_empty_mask_leaves_every_byte_of_the_picture(pix_fmt: str) -> None:
    frame = random_frame(pix_fmt)
    drawn = draw(frame, np.zeros((22, 38), np.uint8))
    for old, new in zip(samples(frame), samples(drawn), strict=True):
        np.testing.assert_array_equal(new, old)


def test_the_alpha_plane_of_the_picture_is_kept() -> None:
    frame = random_frame("yuva420p")
    drawn = draw(frame, np.full((22, 38), 255, np.uint8))
    np.testing.assert_array_equal(rows(drawn.planes[3])[:22, :38], rows(frame.planes[3])[:22, :38])


@every_format
def test_at_full_strength_the_foreground_has_exactly_the_colour(pix_fmt: str) -> None:
    drawn = draw(random_frame(pix_fmt), np.full((22, 38), 255, np.uint8), alpha=1.0, colour=(229, 57, 53))
    for part in components(drawn.format):
        value = native_value(drawn, part.name, part.bits, (229, 57, 53))
        assert set(np.unique(part.view(drawn) >> part.shift)) == {value}


@every_format
def test_a_tint_is_the_blend_that_float_arithmetic_gives(pix_fmt: str) -> None:
    frame, alpha = random_frame(pix_fmt), round(0.4 * 255) / 255
    drawn = draw(frame, np.full((22, 38), 255, np.uint8), alpha=0.4, colour=(0, 90, 255))
    for part in components(frame.format):
        old = (part.view(frame) >> part.shift).astype(float)
        value = native_value(frame, part.name, part.bits, (0, 90, 255))
        step = 1 if part.bits == 8 else 2 ** (part.bits - 8)
        np.testing.assert_allclose(
            part.view(drawn) >> part.shift, old + alpha * (value - old), atol=0.6 + step / 255
        )


@every_format
def test_the_decoded_frame_is_never_drawn_on(pix_fmt: str) -> None:
    frame = random_frame(pix_fmt)
    before = [bytes(plane) for plane in frame.planes]
    draw(frame, np.full((22, 38), 255, np.uint8))
    assert [bytes(plane) for plane in frame.planes] == before


def test_time_duration_and_colour_tags_go_along() -> None:
    frame = random_frame("yuv420p")
    frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc = 9, 2, 9, 16
    drawn = draw(frame, random_mask((5, 7)))
    for name in ("pts", "time_base", "duration", "colorspace", "color_range", "color_primaries", "color_trc"):
        assert getattr(drawn, name) == getattr(frame, name), name


def test_confidence_at_the_threshold_is_foreground_and_below_it_is_not() -> None:
    frame = random_frame("gray", 3, 1)
    drawn = draw(
        frame, np.array([[127, 128, 129]], np.uint8), threshold=0.5, alpha=1.0, colour=(255, 255, 255)
    )
    np.testing.assert_array_equal(drawn.to_ndarray()[0, 1:], [255, 255])
    assert drawn.to_ndarray()[0, 0] == frame.to_ndarray()[0, 0]


def test_a_small_mask_is_brought_to_the_frames_size_before_the_threshold() -> None:
    frame = random_frame("gray", 8, 1)
    drawn = draw(frame, np.array([[0, 255]], np.uint8), alpha=1.0, colour=(255, 255, 255)).to_ndarray()[0]
    np.testing.assert_array_equal(drawn[4:], 255)
    np.testing.assert_array_equal(drawn[:4], frame.to_ndarray()[0, :4])


def test_several_classes_have_the_voc_palettes_colours_and_the_surer_one_wins() -> None:
    frame = random_frame("rgb24", 2, 1)
    mask = np.array([[[200, 10]], [[180, 250]]], np.uint8)
    drawn = (
        Overlay(edges=Edges(feather=0), alpha=1.0)
        .push(MaskedFrame(frame, mask, classes=(15, 12)))[0]
        .to_ndarray()
    )
    assert drawn[0].tolist() == [list(palette_colour(15)), list(palette_colour(12))]


@pytest.mark.parametrize(("class_id", "rgb"), [(0, (0, 0, 0)), (1, (128, 0, 0)), (12, (64, 0, 128)),
                                               (15, (192, 128, 128)), (20, (0, 64, 128))])  # fmt: skip
def test_the_palette_is_that_of_pascal_voc(class_id: int, rgb: tuple[int, int, int]) -> None:
    assert palette_colour(class_id) == rgb


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuvj420p", "yuv422p10le"])
@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 200, 83), (12, 34, 250), (255, 255, 255)])
def test_native_colours_are_those_swscale_converts_to_rgb(pix_fmt: str, colour: tuple[int, int, int]) -> None:
    drawn = draw(random_frame(pix_fmt, 16, 16), np.full((16, 16), 255, np.uint8), alpha=1.0, colour=colour)
    rgb = drawn.reformat(format="rgb24").to_ndarray()[8, 8]
    np.testing.assert_allclose(rgb, colour, atol=3)


CANVASES = {
    "yuyv422": "yuv422p",
    "pal8": "rgb24",
    "monow": "gray",
    "yuv420p10be": "yuv420p10le",
    "rgb48le": "gbrp16le",
}


@pytest.mark.parametrize(("pix_fmt", "canvas"), CANVASES.items())
def test_formats_that_cannot_be_drawn_on_have_one_that_holds_the_same(pix_fmt: str, canvas: str) -> None:
    assert drawable(pix_fmt) == canvas


def test_a_packed_picture_is_unpacked_without_loss_and_drawn_on() -> None:
    frame = random_frame("yuyv422", 8, 4)
    drawn = draw(frame, np.zeros((4, 8), np.uint8))
    assert drawn.format.name == "yuv422p"
    np.testing.assert_array_equal(drawn.reformat(format="yuyv422").to_ndarray(), frame.to_ndarray())


def test_pixels_that_cannot_be_drawn_on_are_refused_with_a_remedy() -> None:
    with pytest.raises(InputError, match="cannot draw masks on ya8 pixels; convert the video to yuv420p"):
        drawable("ya8")


def test_a_copy_has_memory_of_its_own() -> None:
    frame = random_frame("yuv420p")
    copy = FrameCopier().copy(frame)
    np.frombuffer(memoryview(copy.planes[0]), np.uint8)[:] ^= 255
    assert bytes(frame.planes[0]) != bytes(copy.planes[0])


def test_confidence_of_the_frames_size_is_handed_on_uncopied() -> None:
    mask = random_mask((22, 38))
    assert frame_confidence(mask, (38, 22)) is mask


@pytest.mark.parametrize(
    "mask", [np.zeros((2, 2)), np.zeros((2, 2, 2, 2), np.uint8), np.zeros((0, 3), np.uint8)]
)
def test_what_is_no_mask_is_refused(mask: np.ndarray) -> None:
    with pytest.raises(MaskShapeError):
        MaskedFrame(random_frame("gray"), mask)


def test_planes_and_classes_must_agree() -> None:
    with pytest.raises(MaskShapeError, match="2 mask planes for 1 classes"):
        MaskedFrame(random_frame("gray"), random_mask((2, 3, 3)), classes=(15,))


def test_colours_are_names_or_hex_and_anything_else_lists_the_names() -> None:
    assert parse_colour("#ff8000") == (255, 128, 0)
    assert parse_colour("White") == (255, 255, 255)
    with pytest.raises(OptionError, match=r"no colour 'grue'; give #rrggbb or one of green, red"):
        parse_colour("grue")
