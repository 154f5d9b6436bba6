"""Scores as Markdown: a table of means a data set, and one a sequence."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.quality.metrics import Scores

BELOW = 0.005
"""A method is worse than raw on a sequence from this loss of J on: less is the luck of the sequence."""


@dataclass(frozen=True, slots=True)
class Result:
    """One method on one sequence; ``ms`` is CPU time a frame."""

    data: str
    sequence: str
    method: str
    scores: Scores
    ms: float

    @property
    def j(self) -> float:
        """Mean J of the sequence."""
        return float(self.scores.j.mean())

    @property
    def f(self) -> float:
        """Mean F of the sequence."""
        return float(self.scores.f.mean())


@dataclass(frozen=True, slots=True)
class Summary:
    """One method on one data set, beside raw, sequences in the same order."""

    method: str
    results: list[Result]
    raw: list[Result]

    @property
    def gains(self) -> list[float]:
        """J over raw's, of each sequence."""
        return [one.j - base.j for one, base in zip(self.results, self.raw, strict=True)]

    @property
    def worst(self) -> tuple[float, str]:
        """The least gain, and where."""
        return min(zip(self.gains, (one.sequence for one in self.results), strict=True))

    @property
    def below(self) -> int:
        """How many sequences lose more than `BELOW`."""
        return sum(gain < -BELOW for gain in self.gains)

    @property
    def flicker_cut(self) -> float:
        """How much smaller the mean WFE is than raw's, in percent."""
        before, now = (
            _mean([one.scores.wfe for one in results]) for results in (self.raw, self.results)
        )  # fmt: skip
        return 100 * (1 - now / before) if before else math.nan

    @property
    def largest_lag(self) -> float:
        """The lag that is farthest from 0."""
        lags = [one.scores.lag for one in self.results if not math.isnan(one.scores.lag)]
        return max(lags, key=abs, default=math.nan)

    def mean(self, name: str) -> float:
        """Mean of a figure of `Result` or `Scores` over the sequences where it has a meaning."""
        values = [getattr(one if hasattr(one, name) else one.scores, name) for one in self.results]
        return _mean(values)


def _shown(name: str, form: str) -> Callable[[Summary], str]:
    return lambda row: _figure(row.mean(name), form)


COLUMNS: dict[str, Callable[[Summary], str]] = {
    "method": lambda row: row.method,
    "J": _shown("j", ".4f"),
    "dJ": lambda row: "" if row.method == "raw" else f"{np.mean(row.gains):+.4f}",
    "worst dJ": lambda row: "" if row.method == "raw" else "{:+.3f} {}".format(*row.worst),
    "below raw": lambda row: "" if row.method == "raw" else f"{row.below}/{len(row.gains)}",
    "F": _shown("f", ".4f"),
    "Jmin5": _shown("jmin5", ".3f"),
    "WFE": _shown("wfe", ".3f"),
    "WFE cut %": lambda row: "" if row.method == "raw" else _figure(row.flicker_cut, ".0f"),
    "TC": _shown("tc", ".3f"),
    "VC8": _shown("vc8", ".3f"),
    "VC16": _shown("vc16", ".3f"),
    "lag": _shown("lag", "+.2f"),
    "largest lag": lambda row: _figure(row.largest_lag, "+.2f"),
    "nIoU": _shown("niou", ".3f"),
    "ms": _shown("ms", ".1f"),
}


def summaries(results: Sequence[Result], data: str, *, of: Sequence[str] | None = None) -> list[Summary]:
    """Group the results of one data set by method, in the order they came; ``of`` some sequences or all."""
    mine = [one for one in results if one.data == data and (of is None or one.sequence in of)]
    methods = list(dict.fromkeys(one.method for one in mine))
    groups = {m: [one for one in mine if one.method == m] for m in methods}
    return [Summary(m, group, groups["raw"]) for m, group in groups.items()]


def mean_table(rows: Sequence[Summary]) -> str:
    """Return a Markdown table with one row a method, means over the sequences."""
    return _markdown(list(COLUMNS), [[show(row) for show in COLUMNS.values()] for row in rows])


def sequence_table(rows: Sequence[Summary]) -> str:
    """Return a Markdown table with one row a sequence: J / F / WFE of each method."""
    lines = [[base.sequence] for base in rows[0].raw]
    for row in rows:
        for line, one in zip(lines, row.results, strict=True):
            line.append(f"{one.j:.4f} / {one.f:.3f} / {one.scores.wfe:.3f}")
    return _markdown(["J / F / WFE", *(row.method for row in rows)], lines)


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return float(np.mean(known)) if known else math.nan


def _figure(value: float, form: str) -> str:
    return "-" if math.isnan(value) else format(value, form)


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
