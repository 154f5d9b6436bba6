"""docs/benchmarks_segment.md: a table a part, each with the machine that measured it."""

from __future__ import annotations

import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from masksmooth_filter.cores import usable_cores
from masksmooth_filter.doctor.machine import processor_name

PACKAGES = ("torch", "torchvision", "ai-edge-litert", "numpy")


def refresh(path: Path, part: str, table: str) -> None:
    """Replace the table of one part, and the line that says where it was measured."""
    text = path.read_text()
    pattern = rf"(<!-- begin {part} -->\n).*?(<!-- end {part} -->)"
    block = f"{table}\n\n{_measured(part)}\n"
    path.write_text(re.sub(pattern, lambda found: found[1] + block + found[2], text, flags=re.S))


def _measured(part: str) -> str:
    found = [f"Python {platform.python_version()}"]
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return f"Measured on {_device(part)}; {', '.join(found)}."


def _device(part: str) -> str:
    machine = f"{processor_name()}, {usable_cores()} cores"
    if part != "cuda":
        return machine
    import torch

    return f"{torch.cuda.get_device_name()}, CUDA {torch.version.cuda}; {machine}"
