"""The kernels for one picture and their peers: each is checked against ours, then timed in turns with it."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.kernels.interleave import Contender, race
from benchmarks.kernels.pictures import FRAMES, Entry, tasks


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    pairs = [(task, name) for task in tasks() for name in entries(task)]
    metafunc.parametrize(("task", "name"), pairs, ids=[f"{task}|{name}" for task, name in pairs])


@functools.lru_cache(maxsize=1)
def entries(task: str) -> dict[str, Entry]:
    return tasks()[task]()


def test_picture(benchmark: BenchmarkFixture, task: str, name: str) -> None:
    entry, ours = entries(task)[name], entries(task)["ours"]
    found = entry.result()
    off = None
    if found is not None:
        off = int(np.abs(np.asarray(found).astype(np.int64) - ours.result()).max())
        assert off <= entry.tolerance
    benchmark.group = f"{task}|1080x1920|-"
    benchmark.extra_info |= {
        "function": task, "source": "recipe", "size": "1080p", "shape": [FRAMES, 1080, 1920], "window": None,
        "contender": name, "off": off, "differs": entry.differs, "frames": FRAMES,
    }  # fmt: skip
    against: dict[str, Contender] = {} if name == "ours" else {"ours": ours.call}
    size = FRAMES * 1080 * 1920
    race(benchmark, entry.call, against, output_bytes=size, reference_bytes=size)
