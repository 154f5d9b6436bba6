"""The motion method as two filters of the chain: the bits of one."""

from __future__ import annotations

from typing import Any

import av
import numpy as np
import pytest

from masksmooth_filter.frames import MaskedFrame, RoughFrame
from masksmooth_filter.run.queues import size_of
from masksmooth_filter.settings import Smoothing
from masksmooth_filter.smoothing.smoother import Smoother
from masksmooth_filter.smoothing.two_steps import Finish, Settle
from tests.pictures import BASE
from tests.test_motion import texture, travelling_square


def film(shape: tuple[int, ...], frames: int = 7) -> list[MaskedFrame]:
    """A square that travels and is lost for a frame; a cut to another texture after five."""
    pictures, masks = travelling_square(frames)
    pictures, masks = (a.repeat(3, axis=1).repeat(3, axis=2) for a in (pictures, masks))
    masks[2] = 0
    pictures[5:] = texture(9, pictures.shape[1:3])
    down, across = (many // few for many, few in zip(masks.shape[1:], shape[-2:], strict=True))
    small = np.ascontiguousarray(masks[:, ::down, ::across])
    made = []
    for number, (picture, mask) in enumerate(zip(pictures, small, strict=True)):
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        frame.pts, frame.time_base = number, BASE
        planes = mask if len(shape) == 2 else np.stack([mask, mask[:, ::-1]])
        made.append(MaskedFrame(frame, planes))
    return made


@pytest.mark.parametrize("shape", [(120, 160), (360, 480), (2, 120, 160)])
@pytest.mark.parametrize(
    "settings", [{}, {"refine": False}, {"lookahead": 0}, {"threads": 3}, {"scene_cuts": False}]
)
def test_settling_and_finishing_give_the_smoothers_masks(shape: Any, settings: dict[str, Any]) -> None:
    items, smoothing = film(shape), Smoothing(method="motion", radius=2, **settings)
    smoother = Smoother(output_size="frame", method="motion", radius=2, **settings)
    settle, finish = Settle(smoothing, output_size="frame"), Finish(threads=smoothing.threads)
    whole = [out for item in items for out in smoother.push(item)] + smoother.flush()
    rough = [out for item in items for out in settle.push(item)] + settle.flush()
    steps = [out for item in rough for out in finish.push(item)] + finish.flush()
    assert settle.latency + finish.latency == smoother.latency
    for ours, theirs, item in zip(steps, whole, items, strict=True):
        assert ours.frame is item.frame
        assert ours.raw is item.mask
        np.testing.assert_array_equal(ours.mask, theirs.mask)
    for filter_ in (smoother, settle, finish):
        filter_.close()
        filter_.close()


def test_a_settled_frame_counts_its_picture_its_mask_and_what_the_rest_is_made_of() -> None:
    settle = Settle(Smoothing(method="motion", radius=0), output_size="frame")
    (rough,) = settle.push(film((120, 160), 6)[0])
    assert isinstance(rough, RoughFrame)
    picture, mask, small = 360 * 480 * 3, 120 * 160, 270 * 360
    assert size_of(rough) >= picture + mask + small * 4 + small
