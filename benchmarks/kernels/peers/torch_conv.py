"""PyTorch on the processor: a convolution along time, one thread."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np

from benchmarks.kernels.peers import Bytes, Peer, Prepared, weights_for
from benchmarks.kernels.peers.calls import ArrayCall


def absent() -> str | None:
    """Return why PyTorch cannot be run, or None."""
    return None if find_spec("torch") else "torch is not installed (pip install '.[bench]')"


def convolution(volume: Bytes, radius: int) -> Prepared:
    """``conv1d`` with frames as channels and the weights as a band, float32, rounded to uint8.

    PyTorch is nine times slower when it is asked for a convolution along an axis of one channel (0.03 GB/s
    at a window of 7, one core of an AVX2 EPYC), as one would write it first.
    """
    import torch

    torch.set_num_threads(1)
    length, weights = len(volume) - 2 * radius, weights_for(radius)
    band = np.zeros((length, len(volume), 1), np.float32)
    for t in range(length):
        band[t, t : t + 2 * radius + 1, 0] = weights
    kernel = torch.from_numpy(band)
    rows = torch.from_numpy(volume.copy()).reshape(1, len(volume), -1)

    def run() -> Bytes:
        with torch.inference_mode():
            smooth = torch.nn.functional.conv1d(rows.float(), kernel).round_().to(torch.uint8)
        found: Bytes = smooth.numpy().reshape(-1, *volume.shape[1:])
        return found

    return ArrayCall(run, 0)


PEERS = [
    Peer(
        name="PyTorch conv1d",
        functions=("gaussian",),
        prepare=convolution,
        rate=0.2,
        tolerance=1,
        differs="only the frames whose whole window is there; float32",
        ends=False,
        absent=absent,
    )
]
