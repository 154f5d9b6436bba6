"""The saved JSON of a run, looked up by what was run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

SAVED = Path(__file__).resolve().parent.parent / "results" / "kernels.json"

Clock = Literal["cpu", "wall"]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Results:
    """A run: where, when, and a row for each contender of each group."""

    machine: dict[str, Any]
    when: str
    commit: str
    rows: dict[tuple[str, str, str, int | None, str], Row]

    @classmethod
    def load(cls, path: Path = SAVED) -> Results:
        """Read what pytest-benchmark saved; contenders that failed have no figures and are left out."""
        saved = json.loads(path.read_text())
        rows = {}
        for entry in saved["benchmarks"]:
            row = entry["extra_info"]
            if "cpu" in row:
                key = ("function", "source", "size", "window", "contender")
                rows[tuple(row[name] for name in key)] = row
        commit = saved["commit_info"].get("id", "")[:10]
        return cls(saved["machine_info"], saved["datetime"][:10], commit, rows)

    def row(
        self,
        function: str,
        contender: str,
        window: int | None,
        *,
        size: str = "1080p",
        source: str = "recipe",
    ) -> Row | None:
        """Return a contender's row, or None if it was not run."""
        return self.rows.get((function, source, size, window, contender))

    def contenders(self, function: str) -> list[str]:
        """Return who was run for a function, in the order of the run."""
        return list(dict.fromkeys(key[4] for key in self.rows if key[0] == function))


def rate(row: Row | None, clock: Clock = "cpu") -> float | None:
    """Return GB/s of output, the median over the rounds."""
    return float(row[clock]["gbs"][0]) if row else None


def slower(row: Row | None, than: str, clock: Clock = "cpu") -> list[float] | None:
    """Return how many times as long as a reference a contender took: median, lower and upper quartile."""
    found: list[float] | None = row["against"].get(than, {}).get(clock) if row else None
    return found


def of_copy(row: Row | None, clock: Clock = "cpu", copy: str = "copy") -> list[float] | None:
    """Return what share of a memory copy's speed a contender has: median, lower and upper quartile."""
    found = slower(row, copy, clock)
    return [1 / found[0], 1 / found[2], 1 / found[1]] if found else None


def short(value: float) -> str:
    """Return a figure with two or three digits, as much as it is worth."""
    if value >= 99.5:
        return f"{value:.0f}"
    if value >= 9.95:
        return f"{value:.0f}"
    return f"{value:.2f}" if value < 0.995 else f"{value:.1f}"
