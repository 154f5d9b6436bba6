"""What pytest-benchmark is told: the quick subset, our machine header, no name of the machine."""

from __future__ import annotations

import os
from typing import Any

import pytest

from benchmarks.kernels.machine import header
from benchmarks.kernels.peers import every_peer


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="window 7 at 1080p and a little more: 3 minutes")


LOAD = [round(value, 1) for value in os.getloadavg()]
"""Before the first benchmark; the machine's header is only made after the last."""


def pytest_benchmark_generate_machine_info(config: pytest.Config) -> dict[str, object]:
    from benchmarks.kernels.peers.vapoursynth import versions

    packages = header()
    packages["vapoursynth"] = versions()
    packages["absent"] = {peer.name: why for peer in every_peer() if (why := peer.absent())}
    packages["load"] = LOAD
    packages["quick"] = config.getoption("--quick", default=False)
    return packages


def pytest_benchmark_update_commit_info(config: pytest.Config, commit_info: dict[str, Any]) -> None:
    for key in set(commit_info) - {"id", "time", "dirty"}:
        del commit_info[key]


def pytest_benchmark_update_json(
    config: pytest.Config, benchmarks: list[Any], output_json: dict[str, Any]
) -> None:
    output_json["machine_info"]["load_after"] = [round(value, 1) for value in os.getloadavg()]
    for entry in output_json["benchmarks"]:
        for key in set(entry) - {"group", "name", "stats", "extra_info"}:
            del entry[key]
        kept = ("min", "median", "iqr", "rounds")
        entry["stats"] = {key: entry["stats"][key] for key in kept}


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    import cv2

    cv2.setNumThreads(1)
