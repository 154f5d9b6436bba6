"""Write into README.md what commands print: ``make readme``.

A block ``<!-- begin NAME -->`` .. ``<!-- end NAME -->`` is replaced by what its function here gives.
"""

from __future__ import annotations

import itertools
import json
import platform
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMAND = Path(sys.executable).with_name("masksmooth-filter")

SHOWN = {
    "raw": "raw",
    "gaussian": "Gaussian",
    "median": "median",
    "ema": "EMA",
    "motion": "**motion**",
    "motion:lookahead=0": "**motion**, causal",
}
"""Methods in the README's table of accuracy, by their name in docs/quality.md."""


def main() -> None:
    """Run the demo and refresh every block."""
    subprocess.run([sys.executable, "examples/demo.py"], cwd=ROOT, check=True)
    readme = ROOT / "README.md"
    text = readme.read_text()
    for name, block in {"help": help_block(), "demo": demo_block(), "quality": quality_block()}.items():
        text = re.sub(
            rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)",
            lambda m, b=block: m[1] + b + m[2],
            text,
            flags=re.S,
        )
    readme.write_text(text)


def help_block() -> str:
    """Return the command's help as a code block, 80 columns wide."""
    shown = subprocess.run([COMMAND, "--help"], capture_output=True, text=True, check=True).stdout
    return f"```text\n{shown}```\n"


def demo_block() -> str:
    """Return the demo's figures with the machine and versions they were printed on."""
    report = json.loads((ROOT / "demo" / "carphone_report" / "report.json").read_text())
    raw, smoothed = report["figures"]["series"]
    packages = ", ".join(f"{name} {version(name)}" for name in ("av", "numba", "numpy", "ai-edge-litert"))
    return (
        "| carphone, 176x144, 120 frames | raw | smoothed |\n|---|---|---|\n"
        f"| neighbour IoU | {raw['mean_iou']:.3f} | {smoothed['mean_iou']:.3f} |\n"
        f"| changed pixels a frame | {raw['mean_changed']:.0f} | {smoothed['mean_changed']:.0f} |\n\n"
        f"Printed by `make readme` from the demo's report; {machine()}, Python {platform.python_version()}, "
        f"{packages}.\n"
    )


def quality_block() -> str:
    """Return the main methods' rows of docs/quality.md, all sequences, for both networks."""
    lines = (ROOT / "docs" / "quality.md").read_text().splitlines()
    out = ["| masks of | method | J | F | flicker cut | neighbour IoU |", "|---|---|---|---|---|---|"]
    for data, network in (("osvos", "OSVOS"), ("deeplab", "DeepLabV3-MobileNetV2")):
        start = lines.index(f"## {data}") + 2
        head = [cell.strip() for cell in lines[start].split("|")]
        for line in itertools.takewhile(lambda text: text.startswith("|"), lines[start + 2 :]):
            row = dict(zip(head, (cell.strip() for cell in line.split("|")), strict=True))
            if row["method"] in SHOWN:
                cut = f"{row['WFE cut %']} %" if row["WFE cut %"] else ""
                cells = network, SHOWN[row["method"]], row["J"], row["F"], cut, row["nIoU"]
                out.append(f"| {' | '.join(cells)} |")
    return "\n".join(out) + "\n"


def machine() -> str:
    """Return the processor's name as the system gives it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


if __name__ == "__main__":
    main()
