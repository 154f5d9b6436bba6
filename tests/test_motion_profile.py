"""The profile of the motion smoother: its parts are all there are, and two cores are reckoned rightly."""

from __future__ import annotations

import time
from functools import partial

import pytest

from benchmarks.motion_profile import PARTS, Clock, at_rows, parts_of
from benchmarks.quality import sets
from masksmooth_filter.smoothing.team import Team


def busy(ms: float) -> None:
    end = time.thread_time() + ms / 1000
    while time.thread_time() < end:
        pass


def test_every_part_takes_time_and_all_is_put_back() -> None:
    run = Team.run
    clip = sets.load("synthetic-like", "slow", frames=7, height=96, seed=1)
    parts, share = parts_of(at_rows(clip, 192), 1)
    assert list(parts) == list(PARTS)
    assert all(ms > 0 for ms in parts.values())
    assert 0.5 <= share < 1
    assert Team.run is run


def test_parts_within_parts_count_once() -> None:
    clock = Clock()
    inner = clock.timed("inner", partial(busy, 20))
    clock.timed("outer", lambda: (inner(), busy(10)))()
    assert clock.calls["inner"][0] == pytest.approx(0.020, rel=0.5)
    assert clock.calls["outer"][0] == pytest.approx(0.010, rel=0.8)


def test_two_cores_save_what_the_less_busy_one_does() -> None:
    clock = Clock()
    assert clock.scheduled(Team(2), [partial(busy, ms) for ms in (30, 10, 10)]) == [None] * 3
    assert clock.saved == pytest.approx(0.020, rel=0.5)
