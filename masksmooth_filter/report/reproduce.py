"""What it takes to run the same again: the command, the versions, the machine."""

from __future__ import annotations

import os
import platform
import shlex
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from masksmooth_filter.cores import usable_cores

PACKAGES = ("av", "numpy", "numba", "opencv-python-headless")
"""Packages of every run."""

NETWORKS = {"torch": ("torch", "torchvision"), "onnxruntime": ("onnxruntime",),
            "ai_edge_litert": ("ai-edge-litert",)}  # fmt: skip
"""Packages that are named if the run has loaded them, by their module."""

SPELLED = {"compiled": "--compile", "encoder_options": "--encoder-option"}
"""Options that the command spells otherwise."""


def command(input: str, output: str, changed: Mapping[str, Any]) -> str:
    """Return the command line of a run.

    Parameters
    ----------
    input, output : str
        As they were given.
    changed : mapping of str to object
        The options that are not at their default, by their names in `masksmooth_filter.options.Options`.

    Returns
    -------
    str
        Quoted for a POSIX shell.
    """
    parts = [
        "masksmooth-filter",
        *(f"./{p}" if p.startswith("-") and p != "-" else p for p in (input, output)),
    ]
    for name, value in changed.items():
        parts += _option(name, value)
    return shlex.join(parts)


def _option(name: str, value: Any) -> list[str]:
    flag = SPELLED.get(name, f"--{name.replace('_', '-')}")
    if value is True:
        return [flag]
    if value is False:
        return [f"--no-{flag.removeprefix('--')}"]
    if name == "encoder_options":
        return [part for key, text in value for part in (flag, f"{key}={text}")]
    text = os.fspath(value) if isinstance(value, os.PathLike) else str(value)
    return [f"{flag}={text}"] if text.startswith("-") else [flag, text]


def versions() -> dict[str, str]:
    """Return the versions of this program, Python, and the packages the run has used."""
    from masksmooth_filter import __version__

    found = {"masksmooth-filter": __version__, "Python": platform.python_version()}
    loaded = [name for module, names in NETWORKS.items() if module in sys.modules for name in names]
    for package in (*PACKAGES, *loaded):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue  # OpenCV comes under several names
    return found | _libav()


def machine() -> str:
    """Return the system, the processor and how many of it this process may use."""
    return f"{platform.system()} {platform.machine()}, {_processor()}, {usable_cores()} threads"


def _libav() -> dict[str, str]:
    import av

    return {
        name: ".".join(map(str, parts)) for name, parts in av.library_versions.items() if name == "libavcodec"
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or "unknown processor")
