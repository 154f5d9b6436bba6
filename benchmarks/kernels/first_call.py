"""``python -m benchmarks.kernels.first_call``: what the first call of a process takes, cold and warm.

Each is a process of its own: cold with an empty folder for compiled code, warm with what that left there.
The clock begins after `masksmooth_kernels` is imported, and before numba is.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

CALLS = {
    "Gaussian": ("mk.temporal_gaussian(volume, radius=3)", "mk.GaussianStream(shape, radius=3)"),
    "median": ("mk.temporal_median(volume, radius=3)", "mk.MedianStream(shape, radius=3)"),
    "vote": ("mk.temporal_vote(volume, radius=3)", "mk.VoteStream(shape, radius=3)"),
}

PROGRAM = """
import time
import numpy as np, masksmooth_kernels as mk
volume = np.random.default_rng(0).integers(0, 256, (16, 270, 480), np.uint8)
shape = volume.shape[1:]
start = time.perf_counter()
made = {call}
for plane in volume if hasattr(made, "push") else ():
    made.push(plane)
print(time.perf_counter() - start)
"""


def seconds(call: str, folder: str) -> float:
    """Run a call in a new process that keeps compiled code in a folder."""
    command = [sys.executable, "-c", PROGRAM.format(call=call)]
    done = subprocess.run(
        command, env=os.environ | {"NUMBA_CACHE_DIR": folder}, stdout=subprocess.PIPE, text=True, check=True
    )
    return float(done.stdout)


def main() -> None:
    """Print a table, in seconds by the clock."""
    print("| window 7 | volume, cold | warm | stream, cold | warm |\n| --- | --: | --: | --: | --: |")
    for name, calls in CALLS.items():
        cells = []
        for call in calls:
            with tempfile.TemporaryDirectory() as folder:
                cells += [f"{seconds(call, folder):.2f}" for _ in ("cold", "warm")]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
