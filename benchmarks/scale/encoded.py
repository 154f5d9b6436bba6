"""One film in one process, and in chunks that one and two workers also encode, in turns.

``python -m benchmarks.scale.encoded FILM`` prints a table: frames a second, core-milliseconds a frame of the
command and its workers, and bytes. The plain run encodes with a thread too, so that bytes compare.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.scale.__main__ import processor

RUN = """
import sys
import masksmooth_filter as mf
from masksmooth_filter.scale.workers import Workers
if __name__ == "__main__":
    film, out, jobs, least = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    options = {"segmenter": "selfie", "overwrite": True, "encoder_options": (("threads", "1"),)}
    if jobs:
        run = mf.encode_in_chunks(film, out, workers=Workers(jobs), chunk_frames=least, **options)
    else:
        run = mf.convert(film, out, **options)
    print(run.frames)
"""


def measured(film: Path, jobs: int, least: int) -> tuple[int, float, float, int]:
    """Return frames, seconds, core-seconds and bytes of one run; no jobs is a run in one process."""
    with tempfile.TemporaryDirectory() as folder:
        script, out = Path(folder, "run.py"), Path(folder, "out.mp4")
        script.write_text(RUN)
        command = [sys.executable, str(script), str(film), str(out), str(jobs), str(least)]
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        cores = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return int(done.stdout.split()[-1]), wall, cores, out.stat().st_size


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("film", type=Path)
    parser.add_argument("--least", type=int, default=150, help="frames of a chunk at least")
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    load = os.getloadavg()[0]
    print("| | frames/s | core-ms a frame | bytes |\n|---|--:|--:|--:|")
    for _ in range(given.rounds):
        for jobs, name in enumerate(("one process", "1 worker", "2 workers")):
            frames, wall, cores, size = measured(given.film, jobs, given.least)
            print(f"| {name} | {frames / wall:.1f} | {1000 * cores / frames:.0f} | {size} |", flush=True)
    print(f"\n{processor()}, {len(os.sched_getaffinity(0))} cores, load {load:.1f} at the start")


if __name__ == "__main__":
    main()
