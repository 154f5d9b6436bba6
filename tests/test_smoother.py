"""Smoothing streams and volumes of masks; the kernels themselves are tested in their own files."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from masksmooth_filter.errors import MaskShapeError, OptionError
from masksmooth_filter.frames import MaskedFrame
from masksmooth_filter.smoothing.smoother import MaskSmoother, Smoother, smooth
from tests.pictures import frame_at, masked_frames, random_mask

METHODS = ["gaussian", "median", "ema", "none"]


def stream(masks: np.ndarray, **settings: Any) -> list[tuple[int, np.ndarray]]:
    smoother: MaskSmoother[int] = MaskSmoother(**settings)
    return [pair for i, mask in enumerate(masks) for pair in smoother.push(i, mask)] + smoother.flush()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(11, 6, 5), (11, 3, 6, 5), (2, 1, 1), (1, 4, 4), (0, 4, 4)])
def test_arrays_and_streams_give_the_same_bits(method: Any, shape: tuple[int, ...]) -> None:
    masks = random_mask(shape)
    streamed = [mask for _, mask in stream(masks, method=method, radius=3)]
    np.testing.assert_array_equal(
        smooth(None, masks, method=method, radius=3), np.array(streamed, np.uint8).reshape(shape)
    )


@pytest.mark.parametrize("method", METHODS)
def test_a_mask_stays_with_the_frame_it_belongs_to(method: Any) -> None:
    masks = np.zeros((9, 2, 2), np.uint8)
    masks[4] = 255
    pairs = stream(masks, method=method, radius=2, **({"sigma": 0.5} if method == "gaussian" else {}))
    assert [token for token, _ in pairs] == list(range(9))
    if method != "median":
        assert max(pairs, key=lambda pair: int(pair[1].max()))[0] == 4


def test_a_centred_window_does_not_lag_and_an_ema_does() -> None:
    step = np.repeat(np.array([0, 255], np.uint8), 8).reshape(16, 1, 1)
    first = {m: next(t for t, mask in stream(step, method=m, radius=3) if mask[0, 0] >= 128) for m in METHODS}
    assert first == {"gaussian": 8, "median": 8, "none": 8, "ema": 10}


def test_the_look_ahead_is_the_radius_of_a_centred_window() -> None:
    latencies = {m: MaskSmoother(method=m, radius=5).latency for m in METHODS}  # type: ignore[arg-type, var-annotated]
    assert latencies == {"gaussian": 5, "median": 5, "ema": 0, "none": 0}


def test_a_mask_of_another_size_is_refused_until_the_stream_is_flushed() -> None:
    smoother: MaskSmoother[int] = MaskSmoother(method="gaussian")
    smoother.push(0, random_mask((4, 4)))
    with pytest.raises(MaskShapeError, match=r"mask is \(5, 4\), those before it \(4, 4\)"):
        smoother.push(1, random_mask((5, 4)))
    smoother.flush()
    smoother.push(1, random_mask((5, 4)))


def test_the_raw_mask_stays_beside_the_smoothed_one() -> None:
    items = masked_frames(6)
    smoother = Smoother(method="gaussian", radius=2)
    out = [o for item in items for o in smoother.push(item)] + smoother.flush()
    for before, after in zip(items, out, strict=True):
        assert after.frame is before.frame
        np.testing.assert_array_equal(after.raw, before.mask)
        assert not np.array_equal(after.mask, before.mask)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"method": "boxcar"},
            "no method 'boxcar'; supported values are motion, gaussian, median, ema, none",
        ),
        ({"radius": -1}, "radius is -1; give 0"),
        ({"radius": 16}, "radius is 16; give 0"),
        ({"sigma": 0.0}, "sigma is 0.0; give a standard deviation above 0"),
    ],
)
def test_wrong_settings_are_refused_at_once_saying_what_is_allowed(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(OptionError, match=message):
        MaskSmoother(**settings)


def test_masks_and_frames_must_be_equally_many() -> None:
    with pytest.raises(MaskShapeError, match="3 masks for 2 frames"):
        smooth(np.zeros((2, 4, 4, 3), np.uint8), random_mask((3, 4, 4)), method="gaussian")


def test_float_masks_are_refused() -> None:
    with pytest.raises(MaskShapeError, match="uint8"):
        smooth(None, np.zeros((3, 4, 4)))
    with pytest.raises(MaskShapeError, match="uint8"):
        MaskSmoother(method="gaussian").push(0, np.zeros((4, 4)))  # type: ignore[arg-type]


def test_a_masked_frame_says_what_it_holds() -> None:
    assert repr(MaskedFrame(frame_at(40), random_mask((3, 6, 8)))) == "<MaskedFrame pts=40 16x12 mask 3x6x8>"
