"""Folders a run keeps things in, and whether numba's compiled kernels are found again."""

from __future__ import annotations

import os
import tempfile
import warnings
from pathlib import Path

import numpy as np

from masksmooth_filter.doctor.finding import Finding, looked
from masksmooth_filter.segment.weights import cache_folder


def folders() -> list[Finding]:
    """Return where things are kept, and whether they can be."""
    return [
        looked("temporary files", _temporary),
        _writable("weights", cache_folder()),
        looked("compiled kernels", _kernels),
    ]


def trouble_with(folder: Path) -> str | None:
    """Say why nothing could be written into a folder that may not exist yet, or None if it could."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir():
        return f"{there} is not a folder"
    return None if os.access(there, os.W_OK | os.X_OK) else f"{there} may not be written to"


def _temporary() -> Finding:
    with tempfile.TemporaryFile():
        return Finding("temporary files", tempfile.gettempdir())


def _writable(name: str, folder: Path) -> Finding:
    trouble = trouble_with(folder)
    return Finding(name, f"{folder}: {trouble}" if trouble else str(folder), "note" if trouble else "ok")


def _kernels() -> Finding:
    """Run a kernel that every overlay uses, and see whether its machine code came from the disk."""
    from masksmooth_kernels import blend
    from masksmooth_kernels._blend_core import blend8

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        plane = np.zeros((2, 2), np.uint8)
        blend(plane, plane, 0)
    if said:
        return Finding("compiled kernels", str(said[0].message), "note")
    stats = blend8.stats
    hits = sum(stats.cache_hits.values())
    kept = len(list(Path(stats.cache_path).glob("*.nbi")))
    text = "found again" if hits else "kept just now; the next start finds it"
    return Finding("compiled kernels", f"{stats.cache_path}, {kept} kept; the one tried was {text}")
