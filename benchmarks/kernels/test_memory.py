"""What memory allows: copies, reads of what fits the last cache and of what does not, and our way alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import masksmooth_kernels as mk
from benchmarks.kernels.copying import aligned, read, stream_copy
from benchmarks.kernels.interleave import Call, race
from benchmarks.kernels.masks import Bytes, volume
from benchmarks.kernels.plan import RING, SIZES


def actions(masks: Bytes) -> dict[str, tuple[Callable[[], object], int]]:
    """Return what is done with a 1080p volume, and how many bytes it is about."""
    target, ring = aligned(masks.shape), aligned((RING, *masks.shape[1:]))
    np.copyto(ring, masks[:RING])
    return {
        "copy past the caches": (lambda: stream_copy(masks, target), masks.nbytes),
        "np.copyto": (lambda: np.copyto(target, masks), masks.nbytes),
        "read of a volume": (lambda: read(masks), masks.nbytes),
        "read of seven planes": (lambda: read(ring), ring.nbytes),
        "ours, window 1": (lambda: mk.temporal_median(masks, radius=0, out=target), masks.nbytes),
    }


@pytest.mark.parametrize(
    "name",
    ["copy past the caches", "np.copyto", "read of a volume", "read of seven planes", "ours, window 1"],
)
def test_memory(benchmark: BenchmarkFixture, name: str) -> None:
    size = SIZES["1080p"]
    call, count = actions(volume("soft", "recipe", size.shape))[name]
    call()
    benchmark.group = f"memory|{size}|-"
    benchmark.extra_info |= {
        "function": "memory", "source": "recipe", "size": "1080p", "shape": list(size.shape), "window": None,
        "contender": name,
    }  # fmt: skip
    race(benchmark, Call(call), {}, output_bytes=count, reference_bytes=count)
