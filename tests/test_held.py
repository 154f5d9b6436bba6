"""What the motion smoother holds of frames: no more than frames that come may ask."""

from __future__ import annotations

import numpy as np
import pytest

from masksmooth_filter.smoothing.motion import MotionSmoother
from tests.test_motion import travelling_square


def pushed(count: int, **settings: object) -> tuple[MotionSmoother[int], np.ndarray]:
    """A smoother in the middle of a scene, and the masks it was given."""
    smoother: MotionSmoother[int] = MotionSmoother(**settings)
    frames, masks = travelling_square(count)
    for number, (frame, mask) in enumerate(zip(frames, masks, strict=True)):
        smoother.push(number, frame, mask)
    return smoother, masks


@pytest.mark.parametrize(("lookahead", "seen"), [(3, []), (1, [5, 6]), (0, [5, 6, 7])])
def test_frames_that_have_left_hold_only_what_later_ones_ask(lookahead: int, seen: list[int]) -> None:
    smoother, _ = pushed(8, radius=3, lookahead=lookahead)
    left = smoother._scene._left
    last = 7 - lookahead
    assert [held.token for held in left] == [last - 2, last - 1, last]
    assert [len(held.behind) > 0 for held in left] == [False, True, True]
    assert not any(len(held.ahead) or held.mask.size for held in left)
    near = [held.token for held in left if held.planes.size]
    assert near == seen
    assert near == [held.token for held in left if held.said and held.picture.luma.size]


@pytest.mark.parametrize("lasting", [False, True])
def test_masks_are_copied_unless_they_last(lasting: bool) -> None:
    smoother, masks = pushed(2, radius=3, lasting=lasting)
    assert [np.shares_memory(held.mask, masks) for held in smoother._scene._waiting] == [lasting] * 2
