"""What the kernels set out to reach, and whether a run says they did.

One thread, 1080p, processor time. Each goal is looked up for the recipe's masks and, where the run had
them, for a network's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from benchmarks.kernels.results import Results, of_copy, rate, slower

Measure = Literal["GB/s", "of a copy", "times"]


@dataclass(frozen=True, slots=True)
class Goal:
    """At least ``bound``: GB/s, a share of a copy's speed, or times a peer's speed."""

    function: str
    contender: str
    window: int
    measure: Measure
    bound: float
    peer: str = ""

    def words(self) -> str:
        """Say it."""
        against = {"GB/s": "GB/s", "of a copy": "of a copy", "times": f"times {self.peer}"}[self.measure]
        return f"{self.bound:g} {against}"

    def found(self, results: Results, source: str) -> list[float] | None:
        """Return the median and quartiles of a run, or None if it was not run."""
        if self.measure == "times":
            row = results.row(self.function, self.peer, self.window, source=source)
            return slower(row, self.contender)
        row = results.row(self.function, self.contender, self.window, source=source)
        if self.measure == "of a copy":
            return of_copy(row)
        return list(row["cpu"]["gbs"]) if row and rate(row) else None


WHOLE, FRAME = "ours", "ours, 1 in"
GOALS = [
    Goal("gaussian", WHOLE, 7, "times", 50, "FFmpeg tmix"),
    Goal("gaussian", WHOLE, 7, "times", 4, "OpenCV GaussianBlur"),
    Goal("gaussian", WHOLE, 7, "of a copy", 0.6),
    Goal("gaussian", WHOLE, 15, "of a copy", 0.5),
    Goal("gaussian", FRAME, 7, "GB/s", 3.5),
    Goal("gaussian", FRAME, 7, "times", 1, "FFmpeg tmix"),
    Goal("gaussian", FRAME, 7, "times", 1, "zsmooth TemporalSoften"),
    Goal("median", WHOLE, 7, "times", 240, "FFmpeg tmedian"),
    Goal("median", WHOLE, 7, "of a copy", 0.65),
    Goal("median", WHOLE, 15, "of a copy", 0.55),
    Goal("median", FRAME, 7, "GB/s", 3.5),
    Goal("median", FRAME, 7, "times", 1, "zsmooth TemporalMedian"),
    Goal("vote 0/255", WHOLE, 7, "of a copy", 0.9),
    Goal("vote 0/255", FRAME, 7, "GB/s", 6),
    Goal("vote labels", WHOLE, 7, "GB/s", 7),
    Goal("vote labels", FRAME, 7, "GB/s", 2),
]
