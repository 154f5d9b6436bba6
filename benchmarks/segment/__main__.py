"""Segmentation's speed and labels: ``python -m benchmarks.segment``; PyAV is not needed.

Each machine refreshes the tables it can measure: CPU and LiteRT everywhere, CUDA where there is a device,
labels where the private test material is. What cannot be measured is said, and its older table kept.
"""

from __future__ import annotations

import argparse
import os
from importlib.util import find_spec
from pathlib import Path

from benchmarks.segment import page
from masksmooth_filter.segment.device import resolve_device

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("cpu", "threads", "litert", "labels", "cuda")


def main() -> None:
    """Measure what can be measured here, print it, and write it into the page."""
    arguments = _arguments()
    material = Path(os.environ.get("MASKSMOOTH_MATERIAL") or ROOT.parent / "shared" / "material")
    for part in arguments.only.split(","):
        if reason := _missing(part, material):
            print(f"{part}: not measured, {reason}", flush=True)
            continue
        text = _measure(part, arguments, material if material.is_dir() else None)
        if arguments.out:
            page.refresh(arguments.out, part, text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts, comma separated: {', '.join(PARTS)}")
    parser.add_argument("--out", type=Path, help="page to refresh, docs/benchmarks_segment.md")
    parser.add_argument("--sizes", default="455x256,924x520", help="pictures on a CPU, comma separated")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--step", type=int, default=12, help="every so many-th frame for the labels")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--batches", type=int, default=60)
    parser.add_argument("--compile", action="store_true", help="compiled networks too: minutes each")
    parser.add_argument("--emulate", action="store_true", help="bf16 also on a CPU without its instructions")
    return parser.parse_args()


def _missing(part: str, material: Path) -> str | None:
    """Say what a part lacks here, or None."""
    torch = ["torch", "torchvision"]
    needed = {"cpu": torch, "threads": torch, "cuda": torch, "litert": ["ai_edge_litert"],
              "labels": ["torch", "ai_edge_litert", "cv2"]}[part]  # fmt: skip
    gone = [package for package in needed if find_spec(package) is None]
    if gone:
        return f"{' and '.join(gone)} not installed"
    if part == "labels" and not material.is_dir():
        return f"no private test material at {material}"
    return "no CUDA device" if part == "cuda" and resolve_device("auto") != "cuda" else None


def _measure(part: str, arguments: argparse.Namespace, material: Path | None) -> str:
    if part == "cpu":
        from benchmarks.segment import cpu

        sizes = [(int(w), int(h)) for w, h in (size.split("x") for size in arguments.sizes.split(","))]
        return cpu.table(sizes, rounds=arguments.rounds, emulate=arguments.emulate)
    if part == "threads":
        from benchmarks.segment import threads

        return threads.table()
    if part == "litert":
        from benchmarks.segment import litert

        return litert.table(material=material, rounds=10 * arguments.rounds)
    if part == "labels":
        from benchmarks.segment import labels

        assert material is not None
        return labels.table(material, step=arguments.step)
    from benchmarks.segment import cuda

    return cuda.table(batch=arguments.batch, batches=arguments.batches, compiled=arguments.compile)


if __name__ == "__main__":
    main()
