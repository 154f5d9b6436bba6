"""Calls reach workers that are free, and survive workers that die."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from masksmooth_filter.errors import InputError, OptionError
from masksmooth_filter.scale.crew import LOST, TRIES, Crew, Failure, Ticket
from masksmooth_filter.scale.local import local_crew
from tests.scale.processes import is_gone, kill, wait_until


def die_until(marks: Path, times: int) -> int:
    """End without a word so many times, then return how often it was called."""
    calls = len(list(marks.iterdir()))
    (marks / str(calls)).touch()
    if calls < times:
        os.kill(os.getpid(), signal.SIGKILL)
    return calls + 1


def refuse(_: int) -> None:
    raise InputError("it is no film")


def stumble(_: int) -> None:
    raise ZeroDivisionError("by nought")


def who(_: int) -> int:
    return os.getpid()


def outcomes(crew: Crew, *tickets: Ticket) -> list[Any]:
    while any(ticket.outcome is None for ticket in tickets):
        crew.pump(1)
    return [ticket.outcome for ticket in tickets]


def test_calls_outlive_their_workers_but_not_for_ever(tmp_path: Path) -> None:
    (tmp_path / "some").mkdir()
    (tmp_path / "ever").mkdir()
    crew = local_crew(1)
    try:
        some, ever = (
            crew.submit(die_until, tmp_path / "some", 1),
            crew.submit(die_until, tmp_path / "ever", 99),
        )
        then = crew.submit(who, 0)
        assert outcomes(crew, some, ever)[0] == 2
        assert isinstance(ever.outcome, Failure)
        assert (ever.outcome.exit_code, ever.tries) == (LOST, TRIES)
        assert "killed, or out of memory" in ever.outcome.message
        idle = outcomes(crew, then)[0]
        kill(idle)
        wait_until(lambda: is_gone(idle))
        assert outcomes(crew, crew.submit(who, 0))[0] not in (idle, os.getpid())
    finally:
        crew.close()


def test_a_worker_stays_from_call_to_call_and_errors_come_back_as_words() -> None:
    crew = local_crew(1)
    try:
        calls = [crew.submit(function, 0) for function in (who, refuse, stumble, who)]
        first, ours, other, last = outcomes(crew, *calls)
    finally:
        crew.close()
    assert first == last != os.getpid()
    assert ours == Failure("it is no film", InputError.exit_code)
    assert other == Failure("ZeroDivisionError: by nought", 1)
    assert is_gone(first)


@pytest.mark.parametrize(("asked", "found"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_threads_of_a_workers_network_sleep_while_they_wait_unless_asked_otherwise(
    asked: str | None, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if asked is None:
        monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    else:
        monkeypatch.setenv("OMP_WAIT_POLICY", asked)
    crew = local_crew(1)
    try:
        assert outcomes(crew, crew.submit(os.getenv, "OMP_WAIT_POLICY")) == [found]
    finally:
        crew.close()


def test_no_workers_are_refused() -> None:
    with pytest.raises(OptionError, match="--jobs is 0; give"):
        local_crew(0)
