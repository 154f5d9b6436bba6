"""The contract every filter keeps (masksmooth_filter/filter.py), over all filters of the chain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from masksmooth_filter.composite.matte import Matte
from masksmooth_filter.composite.overlay import Overlay
from masksmooth_filter.filter import Filter, chain, through
from masksmooth_filter.frames import MaskedFrame
from masksmooth_filter.smoothing.smoother import Smoother
from tests.pictures import masked_frames

FILTERS: dict[str, Callable[[], Filter[Any, Any]]] = {
    "gaussian": lambda: Smoother(method="gaussian", radius=3),
    "median": lambda: Smoother(method="median", radius=2),
    "ema": lambda: Smoother(method="ema", radius=2),
    "none": lambda: Smoother(method="none"),
    "motion": lambda: Smoother(method="motion", radius=3),
    "motion, causal": lambda: Smoother(method="motion", radius=3, lookahead=0),
    "motion, unrefined, frame size": lambda: Smoother(radius=2, refine=False, output_size="frame"),
    "gaussian, reset at cuts": lambda: Smoother(method="gaussian", radius=2, scene_cuts=True),
    "median, gated": lambda: Smoother(method="median", radius=2, gate="entropy"),
    "overlay": lambda: Overlay(),
    "matte": lambda: Matte(),
    "smooth, then draw": lambda: chain(Smoother(method="gaussian", radius=1), Overlay()),
    "two smoothers": lambda: chain(
        Smoother(method="median", radius=1), Smoother(method="gaussian", radius=2)
    ),
}
every_filter = pytest.mark.parametrize("make", FILTERS.values(), ids=FILTERS.keys())
every_length = pytest.mark.parametrize("length", [0, 1, 2, 7, 30])


def times(items: list[Any]) -> list[int | None]:
    return [getattr(item, "frame", item).pts for item in items]


def pixels(item: Any) -> bytes:
    frame = getattr(item, "frame", item)
    mask = item.mask.tobytes() if isinstance(item, MaskedFrame) else b""
    return frame.to_ndarray().tobytes() + mask


@every_filter
@every_length
def test_hands_on_each_frame_once_in_order_with_its_time(make: Any, length: int) -> None:
    items = masked_frames(length)
    assert times(list(through(make(), items))) == times(items)


@every_filter
@every_length
def test_holds_back_at_most_its_latency(make: Any, length: int) -> None:
    filter_ = make()
    given = taken = 0
    for item in masked_frames(length):
        given, taken = given + 1, taken + len(filter_.push(item))
        assert given - taken <= filter_.latency
    assert taken + len(filter_.flush()) == length


@every_filter
def test_is_as_new_after_a_flush(make: Any) -> None:
    items = masked_frames(9)
    filter_ = make()
    runs = [
        [pixels(out) for item in items for out in filter_.push(item)] + [pixels(o) for o in filter_.flush()]
        for _ in range(2)
    ]
    assert runs[0] == runs[1]


@every_filter
def test_never_writes_to_what_it_is_given(make: Any) -> None:
    items = masked_frames(9)
    before = [pixels(item) for item in items]
    list(through(make(), items))
    assert [pixels(item) for item in items] == before


@every_filter
def test_can_be_closed_twice_and_in_the_middle(make: Any) -> None:
    filter_ = make()
    filter_.push(masked_frames(1)[0])
    filter_.close()
    filter_.close()


@every_filter
def test_gives_lists(make: Any) -> None:
    filter_ = make()
    assert isinstance(filter_.push(masked_frames(1)[0]), list)
    assert isinstance(filter_.flush(), list)


def test_through_closes_the_filter_when_the_caller_stops_early() -> None:
    class Spy(Smoother):
        closed = False

        def close(self) -> None:
            self.closed = True
            super().close()

    spy = Spy(method="none")
    outputs = through(spy, masked_frames(5))
    next(outputs)
    outputs.close()  # type: ignore[attr-defined]
    assert spy.closed


def test_a_chain_gives_what_its_filters_give_one_after_the_other() -> None:
    items = masked_frames(12)
    joined = list(through(chain(Smoother(method="median", radius=2), Smoother(method="ema")), items))
    apart = list(through(Smoother(method="ema"), through(Smoother(method="median", radius=2), items)))
    for a, b in zip(joined, apart, strict=True):
        np.testing.assert_array_equal(a.mask, b.mask)
