"""``python -m tests.fuzz --cases 2000 --jobs 2 --seed 1 [--keep DIR]``."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.conftest import ROOT
from tests.fuzz.campaign import Case, campaign, count
from tests.fuzz.seeds import revision


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a campaign, print every failure and the counts; return 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=2000, help="damaged films (2000)")
    parser.add_argument("--jobs", type=int, default=1, help="processes at the same time (1)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other damage (1)")
    parser.add_argument("--keep", type=Path, help="folder for the films that made it fail")
    options = parser.parse_args(arguments)
    start = time.monotonic()

    def share(job: int) -> list[Case]:
        cases = campaign(options.cases, options.seed, share=(job, options.jobs), keep=options.keep)
        return [_told(case) for case in cases]

    with ThreadPoolExecutor(options.jobs) as pool:
        cases = [case for done in pool.map(share, range(options.jobs)) for case in done]
    failures = sum(case.failed for case in cases)
    print(f"\n{len(cases)} cases, seed {options.seed}, revision {revision(ROOT)}, ", end="")
    print(f"{time.monotonic() - start:.0f} s: {failures} failures\n\n{count(cases)}")
    return 1 if failures else 0


def _told(case: Case) -> Case:
    """Print a failure at once, and where the campaign stands now and then."""
    if case.failed:
        print(
            f"case {case.number}: {case.outcome}: {case.seed} {case.damage} -> {case.output}\n{case.detail}"
        )
    if case.number % 100 == 99:
        print(f"{case.number + 1} cases", file=sys.stderr, flush=True)
    sys.stdout.flush()
    return case


if __name__ == "__main__":
    sys.exit(main())
