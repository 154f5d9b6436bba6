"""Time contenders in turns, so that what disturbs the machine disturbs them alike.

Processor time of the whole process decides: on a machine that others use too, wall time counts their work.
Caches and memory are shared all the same, so a ratio is taken within each round, between neighbours in
time, and the median over the rounds is given with its quartiles.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from pytest_benchmark.fixture import BenchmarkFixture

SECONDS = 1.0
"""Processor time that one contender's rounds may take in all, unless three rounds take longer."""

MIN_ROUNDS, MAX_ROUNDS = 3, 15


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds a call took: of the processor, by the clock."""

    cpu: float
    wall: float

    def __sub__(self, other: Timing) -> Timing:
        """Return what is left without the other; at least a microsecond, for a null run can be slower."""
        return Timing(max(self.cpu - other.cpu, 1e-6), max(self.wall - other.wall, 1e-6))


class Contender(Protocol):
    """Something that can be run and timed."""

    def measure(self) -> Timing:
        """Run once; return what it took, without what is only needed to feed it."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """A contender in this process; ``null`` is the same feeding without the work, timed and taken off."""

    run: Callable[[], object]
    null: Callable[[], object] | None = None

    def measure(self) -> Timing:
        """Run once, and the null run before it."""
        spared = clocked(self.null) if self.null else Timing(0.0, 0.0)
        return clocked(self.run) - spared


def clocked(call: Callable[[], object]) -> Timing:
    """Return what a call took."""
    cpu, wall = time.process_time(), time.perf_counter()
    call()
    return Timing(time.process_time() - cpu, time.perf_counter() - wall)


@dataclass(slots=True)
class Race:
    """Rounds in which a contender and what it is held against each had a turn.

    Attributes
    ----------
    timings : dict
        By name, one `Timing` a round; the contender itself under ``""``.
    between : callable
        What comes before every turn, and is not timed.
    """

    timings: dict[str, list[Timing]] = field(default_factory=dict)
    between: Callable[[], object] = lambda: None

    def add(self, name: str, contender: Contender) -> None:
        """Give a contender its turn."""
        self.between()
        self.timings.setdefault(name, []).append(contender.measure())

    def summary(self, output_bytes: int, reference_bytes: int) -> dict[str, object]:
        """Return rates in GB/s and the ratios to each reference, all rounded to what they are worth.

        Parameters
        ----------
        output_bytes, reference_bytes : int
            What the contender and what each reference gives; ratios are of the time for a byte, round by
            round and (``least``) of the least times by the clock.
        """
        found: dict[str, object] = {"rounds": len(self.timings[""]), "output_bytes": output_bytes}
        per_byte = reference_bytes / output_bytes
        for clock in ("cpu", "wall"):
            mine = self.seconds("", clock)
            rates = output_bytes / mine / 1e9
            found[clock] = {"ms": figures(mine * 1e3), "gbs": figures(rates), "best_gbs": short(rates.max())}
        found["against"] = {
            name: {
                clock: figures(per_byte * self.seconds("", clock) / self.seconds(name, clock))
                for clock in ("cpu", "wall")
            }
            | {"least": short(per_byte * self.seconds("", "wall").min() / self.seconds(name, "wall").min())}
            for name in self.timings
            if name
        }
        return found

    def seconds(self, name: str, clock: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Return one figure a round."""
        return np.array([getattr(timing, clock) for timing in self.timings[name]])


def figures(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[float]:
    """Return median, lower and upper quartile."""
    return [short(value) for value in np.quantile(values, (0.5, 0.25, 0.75))]


def short(value: float) -> float:
    """Return a figure with the four digits that are worth saving."""
    return float(f"{value:.4g}")


def race(
    benchmark: BenchmarkFixture,
    contender: Contender,
    against: Mapping[str, Contender],
    *,
    output_bytes: int,
    reference_bytes: int,
    between: Callable[[], object] = lambda: None,
    more: int = 1,
) -> None:
    """Run a contender under pytest-benchmark, each reference having its turn before every round.

    What `Race.summary` says is put into the benchmark's ``extra_info``. The contender has run once before,
    for its result to be checked. ``between`` is run before every turn; there are ``more`` times as many
    rounds as usual.
    """
    held, once = Race(between=between), 0.0
    for other in against.values():
        once += other.measure().cpu  # and warms up

    def others() -> None:
        for name, other in against.items():
            held.add(name, other)

    others()
    held.add("", contender)
    once += held.timings[""][0].cpu
    rounds = more * int(min(max(SECONDS / once, MIN_ROUNDS), MAX_ROUNDS))
    run: Callable[..., object] = benchmark.pedantic
    run(lambda: held.add("", contender), setup=others, rounds=rounds - 1)
    benchmark.extra_info |= held.summary(output_bytes, reference_bytes)
