"""masksmooth_kernels.blend: one colour blended into an image plane by a mask."""

import numpy as np
import pytest
from numpy.typing import NDArray

import masksmooth_kernels as mk
from tests import oracle

LEVELS = np.arange(256, dtype=np.uint8)


def noise(shape: tuple[int, ...], top: int = 255, dtype: type = np.uint8) -> NDArray[np.integer]:
    return np.random.default_rng(11).integers(0, top + 1, shape, dtype=dtype)


def test_of_8_bits_is_the_exact_blend_rounded_for_every_input_there_is() -> None:
    plane, weight = np.meshgrid(LEVELS, LEVELS)
    for colour in range(256):
        exact = oracle.blend(plane, weight, colour)
        assert np.array_equal(mk.blend(plane, weight, colour), np.rint(exact))


@pytest.mark.parametrize("bits", [9, 10, 12, 16])
def test_of_more_bits_is_the_exact_blend_rounded(bits: int) -> None:
    top = (1 << bits) - 1
    plane = noise((256, 300), top, np.uint16)
    plane[:, 0], plane[:, 1] = 0, top
    weight = np.repeat(LEVELS[:, np.newaxis], plane.shape[1], axis=1)
    for colour in (0, 1, top // 3, top - 1, top):
        exact = oracle.blend(plane, weight, colour)
        out = mk.blend(plane, weight, colour)
        assert out.dtype == np.uint16
        assert np.abs(out - exact).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_weight_0_keeps_the_plane_and_weight_255_gives_the_colour(dtype: type) -> None:
    top = np.iinfo(dtype).max
    plane = noise((50, 70), top, dtype)
    weight = noise((50, 70)) // 128 * 255
    out = mk.blend(plane, weight, 77)
    assert np.array_equal(out[weight == 0], plane[weight == 0])
    assert (out[weight == 255] == 77).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (0, 4), (4, 0), (37, 53)])
def test_takes_planes_with_padded_lines_and_leaves_the_padding_alone(
    dtype: type, shape: tuple[int, int]
) -> None:
    height, width = shape
    padded = noise((height, width + 11), 255, dtype)
    weight = noise((height, width + 5))[:, 3 : 3 + width]
    target = np.full((height, width + 7), 123, dtype)
    expected = np.rint(oracle.blend(padded[:, :width], weight, 200))
    out = target[:, :width]
    assert mk.blend(padded[:, :width], weight, 200, out) is out
    assert np.array_equal(out, expected)
    assert (target[:, width:] == 123).all()
    assert np.array_equal(mk.blend(padded[:, :width], weight, 200), expected)


def test_takes_inputs_in_any_order_in_memory() -> None:
    plane, weight = noise((20, 30)), noise((30, 20)).T
    expected = np.rint(oracle.blend(plane, weight, 9))
    assert np.array_equal(mk.blend(np.asfortranarray(plane), weight, 9), expected)
    flipped = mk.blend(plane[::-1, ::-1], weight[::-1, ::-1], 9)
    assert np.array_equal(flipped[::-1, ::-1], expected)


def test_takes_one_weight_for_all_pixels_as_a_broadcast_view() -> None:
    plane, half = noise((5, 6)), np.broadcast_to(np.uint8(128), (5, 6))
    assert np.array_equal(mk.blend(plane, half, 9), np.rint(oracle.blend(plane, half, 9)))


def test_blends_in_place_when_out_is_the_plane() -> None:
    plane, weight = noise((20, 30)), noise((20, 30))[::-1]
    expected = np.rint(oracle.blend(plane, weight, 200))
    assert mk.blend(plane, weight, 200, out=plane) is plane
    assert np.array_equal(plane, expected)


def test_never_writes_to_its_inputs() -> None:
    plane, weight = noise((20, 30)), noise((20, 30))[::-1].copy()
    before = plane.copy(), weight.copy()
    plane.flags.writeable = weight.flags.writeable = False
    mk.blend(plane, weight, 200)
    mk.blend(plane, weight, 200, np.empty_like(before[0]))
    assert np.array_equal(plane, before[0])
    assert np.array_equal(weight, before[1])


def test_refuses_arrays_that_do_not_fit() -> None:
    plane, weight = noise((4, 6)), noise((4, 6))
    frozen = np.empty((4, 6), np.uint8)
    frozen.flags.writeable = False
    calls = {
        "plane is float64 with shape": (plane / 2, weight, 1, None),
        "plane is list": ([[1]], weight, 1, None),
        r"with shape \(24,\)": (plane.ravel(), weight, 1, None),
        r"weight has shape \(6, 4\); give \(4, 6\)": (plane, weight.T, 1, None),
        "weight is uint16; give a uint8": (plane, weight.astype(np.uint16), 1, None),
        r"out is uint16 of shape \(4, 6\); give uint8": (plane, weight, 1, np.empty((4, 6), np.uint16)),
        r"out is uint8 of shape \(4, 5\)": (plane, weight, 1, np.empty((4, 5), np.uint8)),
        "side by side": (plane, weight, 1, np.empty((4, 12), np.uint8)[:, ::2]),
        "not writable": (plane, weight, 1, frozen),
        "shares memory with the weights": (plane, weight, 1, weight),
    }
    for message, arguments in calls.items():
        with pytest.raises(ValueError, match=message):
            mk.blend(*arguments)


@pytest.mark.parametrize(("dtype", "top"), [(np.uint8, 255), (np.uint16, 65535)])
def test_refuses_a_colour_the_plane_cannot_hold(dtype: type, top: int) -> None:
    plane, weight = np.zeros((2, 2), dtype), np.zeros((2, 2), np.uint8)
    mk.blend(plane, weight, top)
    for colour in (-1, top + 1, 1.5):
        with pytest.raises(ValueError, match=f"from 0 to {top}"):
            mk.blend(plane, weight, colour)
