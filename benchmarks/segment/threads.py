"""How many threads torch's networks get on a CPU, alone and beside another worker, and how these wait.

``python -m benchmarks.segment.threads NETWORK THREADS`` runs one for some seconds and prints frames a second.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from benchmarks.segment.cpu import random_net
from masksmooth_filter.cores import usable_cores
from masksmooth_filter.segment.device import dtype_of, resolve_precision
from masksmooth_filter.segment.torchvision_nets import ARCHITECTURES, fast_scores

HEAD = "| network | processes | threads each | they wait | frames/s of all |\n|---|---|---|---|---|"
SECONDS, PICTURES = 6.0, (455, 256)
NETWORKS = ("deeplabv3_resnet50", "deeplabv3_mobilenet_v3_large")
WAITING = {"spinning": "ACTIVE", "asleep": "PASSIVE"}
"""OpenMP's names."""


def table() -> str:
    """Run every network with one thread and with one a core, as one process and as one a core."""
    lines, cores = [HEAD], usable_cores()
    for network in NETWORKS:
        for processes in sorted({1, cores}):
            for threads in sorted({1, cores}):
                for words, policy in WAITING.items():
                    if threads == 1 and policy == "ACTIVE":  # nobody to wait for
                        continue
                    speed = sum(_together(network, threads, policy, processes))
                    waits = "" if threads == 1 else words
                    lines.append(f"| {network} | {processes} | {threads} | {waits} | {speed:.1f} |")
                    print(lines[-1], flush=True)
    return "\n".join(lines)


def _together(network: str, threads: int, policy: str, processes: int) -> list[float]:
    """Return what each of some processes that run at once reaches."""
    command = [sys.executable, "-m", __name__, network, str(threads)]
    surroundings = os.environ | {"OMP_WAIT_POLICY": policy}
    running = [
        subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    return [float(one.communicate()[0]) for one in running]


def main() -> None:
    """Run a network for a while."""
    import torch

    name, threads = sys.argv[1], int(sys.argv[2])
    torch.set_num_threads(threads)
    net = random_net(ARCHITECTURES[name], aux=False)
    precision = dtype_of(resolve_precision("auto", "cpu"))
    scores = fast_scores(ARCHITECTURES[name], net, device="cpu", dtype=precision)
    pictures, done = torch.randn(1, 3, *PICTURES[::-1]), 0
    with torch.inference_mode():
        scores(pictures)
        start = time.perf_counter()
        while time.perf_counter() < start + SECONDS:
            scores(pictures)
            done += 1
    print(done / (time.perf_counter() - start))


if __name__ == "__main__":
    main()
