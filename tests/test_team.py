"""Independent pieces of work, side by side."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from masksmooth_filter.smoothing.team import Team


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_the_order_of_the_work(threads: int) -> None:
    team = Team(threads)
    assert team.run([partial(pow, n, 2) for n in range(50)]) == [n * n for n in range(50)]
    team.close()


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_pieces_may_have_pieces_of_their_own(threads: int) -> None:
    team = Team(threads)

    def sums(n: int) -> int:
        return sum(team.run([partial(pow, n, k) for k in range(3)]))

    assert team.run([partial(sums, n) for n in range(9)]) == [1 + n + n * n for n in range(9)]
    team.close()


def test_two_threads_work_at_the_same_time() -> None:
    team, met = Team(2), threading.Barrier(2, timeout=30)
    assert sorted(team.run([met.wait, met.wait])) == [0, 1]
    team.close()


@pytest.mark.parametrize("threads", [1, 2])
def test_what_goes_wrong_in_a_piece_is_raised(threads: int) -> None:
    team = Team(threads)
    with pytest.raises(ZeroDivisionError):
        team.run([partial(divmod, 1, n) for n in (1, 0, 2)])
    assert team.run([int, int]) == [0, 0]
    team.close()


def test_scratch_is_a_threads_own() -> None:
    team, met = Team(2), threading.Barrier(2, timeout=30)

    def filled(value: int) -> bool:
        numbers = team.scratch(1000)
        numbers[:] = value
        met.wait()
        return bool((numbers == value).all())

    assert team.run([partial(filled, 1), partial(filled, 2)]) == [True, True]
    team.close()
