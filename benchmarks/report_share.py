"""What the report costs: its filter's share of a run's CPU time, and what writing it takes at the end.

``python -m benchmarks.report_share CLIP [METHOD ...]``; each method in a process of its own, in turns.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import masksmooth_filter as mf
from masksmooth_filter.report.tap import ReportTap
from masksmooth_filter.run import pipeline

METHODS = ("gaussian", "motion")


def measure(clip: str, method: str) -> str:
    """Run the command's chain once with a report; return a line of a table."""
    watching, writing = Clock(time.thread_time), Clock(time.process_time)
    ReportTap.push = watching.around(ReportTap.push)  # type: ignore[method-assign]
    pipeline.keep = writing.around(pipeline.keep)
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        report = mf.convert(
            clip, Path(folder) / "out.mp4", method=method, segmenter="selfie", report=Path(folder) / "r"
        )
        total = time.process_time() - start - writing.spent
    each, share = (1000 * spent / report.frames for spent in (total, watching.spent))
    return f"| {method} | {each:.0f} | {share:.1f} | {share / each:.1%} | {writing.spent:.1f} |"


class Clock:
    """Adds up the CPU time that a function takes."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now, self.spent = now, 0.0

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the same function, timed."""

        def timed(*arguments: Any) -> Any:
            start = self._now()
            try:
                return function(*arguments)
            finally:
                self.spent += self._now() - start

        return timed


def main() -> None:
    """Print the table."""
    clip, *methods = sys.argv[1:]
    if len(methods) == 2 and methods[0] == "--one":
        print(measure(clip, methods[1]))
        return
    print("| method | CPU ms a frame, all | of it the report | share | CPU s to write it |")
    print("|---|---|---|---|---|")
    for method in methods or METHODS:
        command = [sys.executable, "-m", "benchmarks.report_share", clip, "--one", method]
        print(subprocess.run(command, check=True, capture_output=True, text=True).stdout, end="")


if __name__ == "__main__":
    main()
