"""Cutout, blur, replace and side-by-side draw on the film's own planes, at its own bit depth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from masksmooth_filter.composite.blur import BlurBackground
from masksmooth_filter.composite.colour import native_value
from masksmooth_filter.composite.cutout import RIM, Cutout, transparent
from masksmooth_filter.composite.drawing import Drawing
from masksmooth_filter.composite.edges import Edges
from masksmooth_filter.composite.overlay import Overlay
from masksmooth_filter.composite.planes import alpha_component, block_mean, components
from masksmooth_filter.composite.replace import ReplaceBackground
from masksmooth_filter.composite.side_by_side import SideBySide, doubled
from masksmooth_filter.errors import InputError, OptionError
from masksmooth_filter.frames import Mask, MaskedFrame
from tests.clips import make_clip
from tests.pictures import BASE, random_frame, random_mask

FORMATS = ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuvj420p", "nv12", "p010le", "gray", "gray10le",
           "rgb24", "bgra", "gbrp10le", "yuva420p", "yuv444p12le", "yuv420p12le", "yuv444p16le"]  # fmt: skip
every_format = pytest.mark.parametrize("pix_fmt", FORMATS)
odd_and_even = pytest.mark.parametrize("size", [(38, 22), (37, 21), (1, 1)])
HARD = Edges(feather=0)


def samples(frame: av.VideoFrame) -> dict[str, NDArray[np.uint16]]:
    return {p.name: p.view(frame).astype(np.uint16) >> p.shift for p in components(frame.format)}


def half(size: tuple[int, int] = (38, 22)) -> Mask:
    """The left half is foreground."""
    mask = np.zeros(size[::-1], np.uint8)
    mask[:, : size[0] // 2] = 255
    return mask


def draw(filter_: Drawing, frame: av.VideoFrame, mask: Mask) -> av.VideoFrame:
    before = [bytes(plane) for plane in frame.planes]
    (drawn,) = filter_.push(MaskedFrame(frame, mask))
    assert [bytes(plane) for plane in frame.planes] == before, "the decoded frame is never drawn on"
    assert (drawn.pts, drawn.time_base, drawn.duration) == (frame.pts, frame.time_base, frame.duration)
    return drawn


# Cutout.


@every_format
@odd_and_even
def test_a_cutout_has_the_foregrounds_samples_and_the_mask_as_alpha(
    pix_fmt: str, size: tuple[int, int]
) -> None:
    frame, mask = random_frame(pix_fmt, *size), random_mask((size[1], size[0]))
    mask[0, 0] = 255
    drawn = draw(Cutout(), frame, mask)
    assert drawn.format.name == transparent(pix_fmt)
    part, own = alpha_component(drawn.format), alpha_component(frame.format)
    assert part is not None
    top = (1 << part.bits) - 1
    opacity = Edges().foreground(mask[np.newaxis], size).astype(float) / 255
    source = 1.0 if own is None else own.view(frame) / top
    np.testing.assert_allclose(part.view(drawn), top * opacity * source, atol=0.51)
    before, after = samples(frame), samples(drawn)
    for name, now in after.items():
        was = before.get(name, before.get("y"))
        assert was is not None
        if part.bits == frame.format.components[0].bits:  # noise is foreground all over: nothing is forgotten
            np.testing.assert_array_equal(now, was)


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p10le", "gbrp", "gray", "nv12"])
def test_what_was_cut_out_is_not_in_the_file(pix_fmt: str) -> None:
    frame, mask = random_frame(pix_fmt, 96, 40), half((96, 40))
    drawn = draw(Cutout(edges=HARD), frame, mask)
    for part in components(drawn.format):
        seen = part.view(drawn)
        rim = (48 + RIM + 3) * part.width // 96 + 1
        assert set(np.unique(seen[:, rim:])) == {native_value(frame, part.name, part.bits, (0, 0, 0))}


def test_gray_becomes_rgb_with_white_kept_and_12_bits_become_16_by_a_shift() -> None:
    gray = av.VideoFrame.from_ndarray(np.full((4, 4), 255, np.uint8), format="gray")
    gray.pts, gray.time_base = 0, BASE
    assert (samples(draw(Cutout(), gray, np.full((4, 4), 255, np.uint8)))["g"] == 255).all()
    deep = random_frame("yuv420p12le", 8, 8)
    drawn = draw(Cutout(), deep, np.full((8, 8), 255, np.uint8))
    np.testing.assert_array_equal(samples(drawn)["y"], samples(deep)["y"] << 4)


def test_a_cutout_keeps_the_colour_tags() -> None:
    frame = random_frame("yuv420p10le")
    frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc = 9, 1, 9, 16
    drawn = draw(Cutout(), frame, half())
    for name in ("colorspace", "color_range", "color_primaries", "color_trc"):
        assert getattr(drawn, name) == getattr(frame, name), name


# Blur.


@every_format
@odd_and_even
def test_blur_keeps_the_foregrounds_samples(pix_fmt: str, size: tuple[int, int]) -> None:
    frame, mask = random_frame(pix_fmt, *size), np.full(size[::-1], 255, np.uint8)
    mask[:, size[0] // 2 :] = 0
    before, after = samples(frame), samples(draw(BlurBackground(edges=HARD), frame, mask))
    for name, now in after.items():
        kept = block_mean(mask, now.shape) == 255
        np.testing.assert_array_equal(now[kept], before[name][kept])


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le", "rgb24", "nv12"])
@pytest.mark.parametrize("strength", [1.0, 6.0, 20.0])
def test_nothing_of_the_foreground_bleeds_into_the_background(pix_fmt: str, strength: float) -> None:
    """A dark ground beside a bright foreground stays as dark as it was."""
    frame = random_frame(pix_fmt, 96, 64)
    for part in components(frame.format):
        view, unit = part.view(frame), 1 << (part.bits - 8 + part.shift)
        view[...] = 200 * unit
        view[:, part.width // 2 :] = 40 * unit
    drawn = draw(BlurBackground(edges=HARD, strength=strength), frame, half((96, 64)))
    for part in components(drawn.format):
        assert set(np.unique(part.view(drawn)[:, part.width // 2 :] >> part.shift)) == {40 << (part.bits - 8)}


@pytest.mark.parametrize("strength", [2.0, 5.0])
def test_blur_is_the_normalised_convolution_of_the_background(strength: float) -> None:
    """Against the whole Gaussian in floating point: shrinking before it costs 2 levels of 255 at most."""
    frame, mask = random_frame("gray", 240, 160), np.zeros((160, 240), np.uint8)
    mask[40:100, 60:130] = 255
    sigma, ground = strength / 100 * 160, (255 - mask) / 255
    picture = samples(frame)["y"].astype(float)
    blur = [cv2.GaussianBlur(p, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
            for p in (picture * ground, ground)]  # fmt: skip
    expected = (blur[0] / np.maximum(blur[1], 1e-9))[mask == 0]
    seen = samples(draw(BlurBackground(edges=HARD, strength=strength), frame, mask))["y"]
    assert np.abs(seen[mask == 0] - expected).max() < 4
    assert np.abs(seen[mask == 0] - expected).mean() < 1


def test_inverted_the_foreground_is_blurred_and_the_background_stays() -> None:
    frame, mask = random_frame("yuv444p", 96, 64), half((96, 64))
    before = samples(frame)
    after = samples(draw(BlurBackground(edges=Edges(feather=0, invert=True)), frame, mask))
    np.testing.assert_array_equal(after["y"][:, 48:], before["y"][:, 48:])
    assert after["y"][:, :48].std() < before["y"].std() / 4


@pytest.mark.parametrize("strength", [0, -1, 31, float("nan")])
def test_a_strength_that_is_none_is_refused(strength: float) -> None:
    with pytest.raises(OptionError, match=r"blur is .*; give a number above 0 to 30"):
        BlurBackground(strength=strength)


# Replace.


def image(path: Path, rgb: NDArray[np.uint8]) -> Path:
    assert cv2.imwrite(str(path), rgb[..., ::-1])
    return path


@every_format
@pytest.mark.parametrize("colour", [(229, 57, 53), (255, 255, 255), (0, 0, 0)])
@pytest.mark.parametrize("matrix", [1, 9, 5])
def test_an_image_of_one_colour_gives_the_samples_that_the_colour_itself_gives(
    pix_fmt: str, colour: tuple[int, int, int], matrix: int, tmp_path: Path
) -> None:
    """Two ways to the film's matrix, range and depth: swscale's, and the formulas of ITU-T H.273."""
    frame = random_frame(pix_fmt, 32, 24)
    frame.colorspace, frame.color_range = matrix, 2 if pix_fmt.startswith("yuvj") else 1
    mask = half((32, 24))
    path = image(tmp_path / "b.png", np.full((50, 40, 3), colour, np.uint8))
    by_image = draw(ReplaceBackground(path, edges=HARD), frame, mask)
    by_colour = draw(ReplaceBackground(colour, edges=HARD), frame, mask)
    for part in components(frame.format):
        one, two = (part.view(f).astype(int) >> part.shift for f in (by_image, by_colour))
        near = 1.01 * (1 << max(part.bits - 8, 0))
        assert np.abs(one - two).max() <= near
        kept = part.fitted(mask) == 255
        np.testing.assert_array_equal(one[kept], (part.view(frame).astype(int) >> part.shift)[kept])


def quarters() -> NDArray[np.uint8]:
    """A wide picture: red, green, blue, white columns."""
    rgb = np.zeros((40, 160, 3), np.uint8)
    for i, colour in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]):
        rgb[:, 40 * i : 40 * (i + 1)] = colour
    return rgb


def test_an_image_covers_the_picture_and_is_cut_evenly(tmp_path: Path) -> None:
    path = image(tmp_path / "b.png", quarters())
    frame = random_frame("rgb24", 60, 60)
    drawn = draw(ReplaceBackground(path), frame, np.zeros((60, 60), np.uint8)).to_ndarray()
    assert drawn[30, 5].tolist() == [0, 255, 0]
    assert drawn[30, 54].tolist() == [0, 0, 255]


def clip(path: Path, levels: list[int], *, step: int = 100) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "gray"
        stream.codec_context.time_base = BASE
        for i, level in enumerate(levels):
            frame = av.VideoFrame.from_ndarray(np.full((16, 16), level, np.uint8), format="gray")
            frame.pts, frame.time_base = 500 + i * step, BASE
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def test_a_video_keeps_its_own_times_from_its_start_and_begins_again_at_its_end(tmp_path: Path) -> None:
    behind = ReplaceBackground(clip(tmp_path / "b.mkv", [10, 90, 170]))
    seen = []
    for time in (4000, 4099, 4100, 4250, 4299, 4300, 4410, 4600):
        frame = random_frame("gray", 16, 16)
        frame.pts = time
        seen.append(int(draw(behind, frame, np.zeros((16, 16), np.uint8)).to_ndarray()[8, 8]))
    assert seen == [10, 10, 90, 170, 170, 10, 90, 10]


@pytest.mark.parametrize("content", [None, b"", b"no picture at all" * 10])
def test_a_background_that_is_none_is_refused_at_once(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "background.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"background\.png"):
        ReplaceBackground(path)


# Side by side.


@every_format
@odd_and_even
def test_side_by_side_is_the_raw_overlay_and_the_smoothed_one(pix_fmt: str, size: tuple[int, int]) -> None:
    frame, raw, smoothed = random_frame(pix_fmt, *size), half(size), 255 - half(size)
    item = MaskedFrame(frame, raw).smoothed(smoothed)
    drawn = SideBySide(Overlay()).push(item)[0]
    assert (drawn.width, drawn.height) == doubled(size, pix_fmt, 0)
    left, right = (Overlay().draw(MaskedFrame(frame, mask)) for mask in (raw, smoothed))
    seam = drawn.width // 2
    for part in components(drawn.format):
        there = next(p for p in components(frame.format) if p.name == part.name)
        middle, line = part.width // 2, -(-6 * part.width // drawn.width)
        for half_, start in ((left, 0), (right, middle)):
            ours = part.view(drawn)[:, start : start + there.width]
            near_seam = np.abs(np.arange(start, start + ours.shape[1]) - middle) <= line
            np.testing.assert_array_equal(ours[:, ~near_seam], there.view(half_)[:, ~near_seam])
    white = components(drawn.format)[0]
    if seam >= 4:
        value = native_value(drawn, white.name, white.bits, (255, 255, 255))
        assert (white.view(drawn)[:, max(seam - 2, 0) // 4 * 4] >> white.shift == value).all()


def test_a_film_that_is_shown_turned_is_stacked() -> None:
    assert doubled((1920, 1080), "yuv420p", 90) == (1920, 2160)
    assert doubled((1920, 1080), "yuv420p", -90) == (1920, 2160)
    assert doubled((1919, 1079), "yuv420p", 180) == (3840, 1079)


@pytest.mark.parametrize("rotation", [0, 90, 180, -90])
def test_a_turned_film_shows_raw_left_the_background_upright_and_the_legend_at_the_top_left(
    rotation: int, tmp_path: Path
) -> None:
    source = make_clip(tmp_path / "in.mp4", frames=1, size=(192, 128), rotation=rotation)
    with av.open(str(source)) as film:
        frame = next(film.decode(video=0))
    shown = 128 if rotation % 180 else 192, 192 if rotation % 180 else 128

    def upright(drawn: av.VideoFrame) -> NDArray[np.int16]:
        return np.rot90(drawn.to_ndarray(format="rgb24"), rotation // 90).astype(np.int16)

    item = MaskedFrame(frame, np.zeros((128, 192), np.uint8)).smoothed(np.full((128, 192), 255, np.uint8))
    both = upright(SideBySide(Overlay(alpha=1.0, colour=(255, 0, 0))).draw(item))
    assert both.shape[:2] == (shown[1], 2 * shown[0])
    assert (both[:, : shown[0] - 8, 0] - both[:, : shown[0] - 8, 1]).max() < 150
    assert (both[:, shown[0] + 8 :, 0] - both[:, shown[0] + 8 :, 1]).min() > 200

    path = image(tmp_path / "b.png", quarters())
    behind = upright(ReplaceBackground(path).draw(replace(item, mask=np.zeros((2, 2), np.uint8))))
    assert (np.abs(behind[:, 8] - [0, 255, 0]).max(axis=1) < 12).all()
    assert (np.abs(behind[:, -8] - [0, 0, 255]).max(axis=1) < 12).all()

    named = replace(item, mask=np.zeros((1, 128, 192), np.uint8), classes=(1,))
    legend = upright(Overlay(labels=("", "person"), colour=(255, 0, 0)).draw(named))
    plain = upright(Overlay().draw(named))
    rows, columns = np.nonzero(np.abs(legend - plain).max(axis=2) > 40)
    assert rows.max() < 40
    assert columns.max() < 90


def test_transparency_goes_along_side_by_side() -> None:
    frame = random_frame("yuva420p")
    drawn = SideBySide(Overlay()).push(MaskedFrame(frame, half()))[0]
    part, own = alpha_component(drawn.format), alpha_component(frame.format)
    assert part is not None
    assert own is not None
    np.testing.assert_array_equal(part.view(drawn), np.tile(own.view(frame), 2))


# What the overlay has beside its tint.


def test_a_contour_is_opaque_along_the_border_and_nowhere_else() -> None:
    frame = random_frame("gray", 60, 20)
    drawn = draw(Overlay(edges=HARD, alpha=0, contour=4, colour=(255, 255, 255)), frame, half((60, 20)))
    now, was = drawn.to_ndarray(), frame.to_ndarray()
    assert (now[:, 29:31] == 255).all()
    np.testing.assert_array_equal(now[:, :26], was[:, :26])
    np.testing.assert_array_equal(now[:, 34:], was[:, 34:])


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le", "rgb24", "nv12"])
@odd_and_even
def test_a_legend_has_a_patch_of_each_classs_colour(pix_fmt: str, size: tuple[int, int]) -> None:
    size = (size[0] * 8, size[1] * 8)
    frame, labels = random_frame(pix_fmt, *size), ("background", "person", "dog")
    mask = np.zeros((2, size[1], size[0]), np.uint8)
    drawn = Overlay(labels=labels).draw(MaskedFrame(frame, mask, classes=(1, 2)))
    if min(size) < 100:
        return
    rgb = drawn.reformat(format="rgb24").to_ndarray()[:40, :12].reshape(-1, 3).astype(int)
    for colour in ((128, 0, 0), (0, 128, 0)):
        assert (np.abs(rgb - colour).max(axis=1) < 12).sum() > 8
