"""Render a saved run: ``make bench-report`` writes it into docs/benchmarks.md and README.md.

``python -m benchmarks.kernels.report [FILE]`` prints it; ``--write`` writes it, between the marks
``<!-- begin kernels -->`` and ``<!-- end kernels -->`` of both documents.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from benchmarks.kernels import tables
from benchmarks.kernels.plan import KINDS, SIZES
from benchmarks.kernels.results import SAVED, Results, of_copy, rate, short, slower

ROOT = Path(__file__).resolve().parents[2]
PAGE, README = ROOT / "docs" / "benchmarks.md", ROOT / "README.md"

READING = """Rates are GB/s of uint8 output a second of processor time, one thread, the median over the
rounds; the figure in brackets is the share of the speed of a memory copy that stores past the caches, which
had its turn in every round. A peer's cell is its rate, how many times as long as ours on the whole volume it
took and, for a peer that works frame by frame, how many times as long as ours frame by frame:
`0.20: 52x / 12x`. Every round gives ours, the copy and the peer a turn on the same bytes, and ratios are
taken within a round, per frame that was filtered (some leave the ends out). The bytes of peers are compared
with ours before they are timed ("differs by": the most any byte does). A peer
that is slow or a volume that is large is run on the middle rows of every frame, and so is ours beside it.

Volumes: {volumes}, all of distinct frames, which start in memory, not in a cache. Frame by frame a plane
goes in and one comes out, as in FFmpeg, zsmooth and every player; VapourSynth's peers get the same distinct
frames, a new node for each run because it keeps results, and, as for FFmpeg, a run without the filter is
taken off.
"""


ROOF = """A plane that comes in and one that goes out are a copy; a filter that keeps a ring of planes and
reads the whole window again for every output is held to the rate below by these figures alone (the ring of
a window up to 7 in the last cache, a wider one in memory). Beside it what frame by frame reaches: where it
is more, bounds of tiles have spared reading. A window of 1 has nothing to compute: it shows to what a whole
volume is held by the way through memory alone, four frames read and four written at a time.
"""

TWO = """By the clock: one thread's time over two threads', which have their turns in each round. Beside the
median of the rounds and its quartiles the least times of each are held against each other, as on a machine
that nobody else uses: where a core is two to the system, it is half as fast while somebody works on its
other half, which two threads meet twice as often. Two bare loops of vector additions, one on each core here,
now and then took twice as long, for seconds.
"""


def page(results: Results) -> str:
    """Return the kernels' part of docs/benchmarks.md."""
    volumes = ", ".join(f"{size.name} {size}" for size in SIZES.values())
    parts = [machine(results), READING.format(volumes=volumes), "### Goals\n", tables.goals(results)]
    parts += ["### What memory allows\n", tables.memory(results), ROOF, tables.roofline(results)]
    for function in KINDS:
        name = tables.NAMES[function]
        parts += [f"### {name[0].upper()}{name[1:]}\n", tables.rates(results, function)]
        parts += [tables.others(results, function)]
    parts += ["### Masks of other making\n", tables.noise(results)]
    parts += ["### Two threads\n", TWO, tables.threads(results)]
    parts += ["### One picture\n", tables.pictures(results)]
    parts += ["### How the peers differ\n", tables.differences(results)]
    return "\n".join(filter(None, parts))


def machine(results: Results) -> str:
    """Return where, when and with what the run was made."""
    m = results.machine
    versions = {**m["packages"], **m.get("vapoursynth", {})}
    listed = ", ".join(f"{name} {version}" for name, version in versions.items() if name != "Python")
    cpu, caches = m["target"], ", ".join(f"{name} {size}" for name, size in m["caches"].items())
    forced = ", set by NUMBA_CPU_NAME" if cpu["forced"] else ""
    return (
        f"Rendered by `make bench-report` from what `{command(results)}` saved on {results.when}, commit"
        f" {results.commit}.\n\n{m['processor']}, {m['cores']} cores, {', '.join(cpu['vectors'])}; compiled"
        f" for {cpu['cpu']}{forced}; caches {caches}; {m['memory_gb']} GB; load {m['load'][0]} at the start,"
        f" {m['load_after'][0]} at the end. {m['system']}, Python {m['python']}, {listed}.\n"
    )


def command(results: Results) -> str:
    """Return the command that saved the results."""
    return "make bench QUICK=1" if results.machine["quick"] else "make bench"


def readme(results: Results) -> str:
    """Return the README's table: 1080p, window 7, one thread, GB/s."""
    peers = ("FFmpeg", "zsmooth", "OpenCV", "SciPy", "NumPy", "PyTorch")
    rows = []
    for function in ("gaussian", "median", "vote 0/255", "vote labels"):
        ours = [results.row(function, name, 7) for name in ("ours", "ours, 1 in")]
        share = of_copy(ours[0])
        cells = [tables.NAMES[function], *(short(rate(row) or 0) if row else "" for row in ours)]
        cells.append(short(share[0]) if share else "")
        rows.append([*cells, *(best_of(results, function, library) for library in peers)])
    head = ["GB/s", "ours, whole volume", "ours, frame by frame", "share of a memory copy", *peers]
    m = results.machine
    note = (
        "\n1080p, window 7, one thread, masks made by recipe; in brackets how many times as long as ours it"
        " took (frame by frame for FFmpeg and zsmooth, which work so). Rendered by `make bench-report` from"
        f" what `{command(results)}` saved, {m['processor']}, load {m['load'][0]}.\n"
    )
    return tables.table(head, rows) + note


def best_of(results: Results, function: str, library: str) -> str:
    """Return the fastest of a library's contenders that does the same, or nothing."""
    names = [name for name in results.contenders(function) if name.startswith(library)]
    found = [row for name in names if (row := results.row(function, name, 7)) and row["off"] is not None]
    if not found:
        return ""
    row = max(found, key=lambda row: rate(row) or 0)
    times = slower(row, "ours, 1 in") or slower(row, "ours")
    gbs = rate(row) or 0.0
    return f"{gbs:.{2 if gbs >= 0.1 else 3}f} ({short(times[0])}x)" if times else ""


def put(path: Path, block: str) -> None:
    """Write a block between the marks of a document.

    Raises
    ------
    ValueError
        If the document has no marks.
    """
    text = path.read_text()
    begin, end = "<!-- begin kernels -->\n", "<!-- end kernels -->"
    if begin not in text or end not in text:
        raise ValueError(f"{path.name} has no {begin.strip()} .. {end}")
    path.write_text(re.sub(f"({begin}).*?({end})", lambda m: m[1] + block + m[2], text, flags=re.S))


def main() -> None:
    """Print the page, or write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=SAVED, help="what make bench saved")
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md and README.md")
    options = parser.parse_args()
    results = Results.load(options.file)
    if options.write:
        put(PAGE, page(results))
        put(README, readme(results))
    else:
        print(page(results))
        print(readme(results))


if __name__ == "__main__":
    main()
