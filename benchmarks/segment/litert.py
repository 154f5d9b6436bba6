"""LiteRT's networks with one thread and with two: wall time and CPU time a picture."""

from __future__ import annotations

import statistics
import time
from importlib.resources import files
from pathlib import Path

import numpy as np

from masksmooth_filter.segment.interpreter import Interpreter

HEAD = "| network | threads | wall ms | CPU ms |\n|---|---|---|---|"
SELFIE = ("selfie_segmentation_landscape", "selfie_segmentation")


def table(*, material: Path | None, rounds: int) -> str:
    """Time the embedded networks, and the material's DeepLabV3; thread counts take turns.

    Parameters
    ----------
    material : Path, optional
        The private test material, for a network with more work to share out.
    rounds : int
        Turns; of wall times the least counts (other work can only add), of CPU times the median.
    """
    embedded = files("masksmooth_filter").joinpath("models")
    networks = {name: embedded.joinpath(f"{name}.tflite").read_bytes() for name in SELFIE}
    if material is not None:
        path = material / "models" / "deeplabv3_257_mv_gpu.tflite"
        networks["DeepLabV3-MobileNetV2 257x257"] = path.read_bytes()
    lines = [HEAD]
    for name, model in networks.items():
        runs = {threads: Interpreter(model, name=name, threads=threads) for threads in (1, 2)}
        for threads, (wall, cpu) in _times(runs, rounds=rounds).items():
            lines.append(f"| {name} | {threads} | {1000 * wall:.1f} | {1000 * cpu:.1f} |")
    print("\n".join(lines), flush=True)
    return "\n".join(lines)


def _times(runs: dict[int, Interpreter], *, rounds: int) -> dict[int, tuple[float, float]]:
    shape = next(iter(runs.values())).input_shape[1:]
    picture = np.random.default_rng(0).random((1, *shape), np.float32)
    found: dict[int, list[tuple[float, float]]] = {threads: [] for threads in runs}
    for turn in range(rounds + 2):
        for threads, network in runs.items():
            wall, cpu = time.perf_counter(), time.process_time()
            network.run(picture)
            if turn > 1:
                found[threads].append((time.perf_counter() - wall, time.process_time() - cpu))
    return {
        threads: (min(wall for wall, _ in t), statistics.median(cpu for _, cpu in t))
        for threads, t in found.items()
    }
