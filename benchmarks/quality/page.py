"""docs/quality.md: the tables with how they were made and how to read them."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path

from benchmarks.quality import davis, metrics, sets
from benchmarks.quality.table import BELOW, Result, mean_table, sequence_table, summaries

_TUNE, _TEST = ", ".join(davis.TUNE), ", ".join(davis.TEST)

INTRODUCTION = f"""\
# Quality against ground truth

Written by `make bench-quality`; nothing here is edited by hand.

**How to read it.** J says whether the masks are right, WFE whether what is wrong flickers; a method is
good where J and F are at least raw's *and* WFE is cut. Neighbour IoU (nIoU) is printed because the
founding study used it, beside J and never alone: it rises with any blur in time, and the row `frozen`
(the middle frame's mask on every frame) has a perfect 1.000 with a ruined J. `truth` shows what the
figures are for masks without error: TC and nIoU are below 1 there, since things move and get hidden.

`below raw` counts the sequences that lose more than {BELOW} J; `worst dJ` names the worst of all. `WFE
cut` is that of the mean WFE. `lag` is the mean over the sequences in which something moves, `largest
lag` the one farthest from 0. `ms` is CPU time a frame of one thread, the whole smoother, compiling left
out.

**The data.** `osvos` and `deeplab` are DAVIS-2016 sequences with the masks of two real networks (OSVOS;
DeepLabV3-MobileNetV2, any class), frame 0 left out because OSVOS was given its truth. `synthetic` has
exact truth by construction and an error model of its own (`benchmarks/quality/mistakes.py`); in
`synthetic-like`, object and ground are patchworks of the same colours, so that a colour model knows
nothing; `failures` has three scenes of the same kind that are known to be hard, with ordinary colours
and with like ones; `-hard` cuts the masks at half before the smoother sees them.

**The split.** Constants are fixed on the synthetic clips and on {_TUNE};
{_TEST} are for reporting, with synthetic clips of another seed
(seed + {sets.TEST_SEED}). They are no clean hold-out for `motion`: see docs/method_motion.md, section 7.

**The check of the figures.** At 240 rows and 40 frames the raw masks have J .8301, F .8066 (OSVOS) and
J .6267, F .4861 (DeepLab), as an earlier, separate implementation had found. The synthetic truth is
compared with closed forms, and the figures with cases done by hand, in `tests/test_synthetic.py` and
`tests/test_quality_metrics.py`.
"""


def write_page(path: Path, results: Sequence[Result], *, settings: str) -> None:
    """Write the tables of all data sets, and the definitions of their figures.

    Parameters
    ----------
    path : Path
        A Markdown file; replaced if it is there.
    results : list of Result
        All that was measured.
    settings : str
        One sentence on how.
    """
    parts = [INTRODUCTION, f"**This run.** {settings} {_versions()}\n"]
    parts += [data_section(results, data) for data in dict.fromkeys(one.data for one in results)]
    parts += ["## The figures\n", "```text\n" + (metrics.__doc__ or "") + "```\n"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts), encoding="utf-8")


def data_section(results: Sequence[Result], data: str) -> str:
    """Return the tables of one data set in Markdown; where both halves of DAVIS are there, also of each."""
    rows = summaries(results, data)
    parts = [f"## {data}\n", mean_table(rows)]
    found = {one.sequence for one in rows[0].raw}
    for title, names in (("test", davis.TEST), ("tuning", davis.TUNE)):
        part = [name for name in names if name in found]
        if part and len(part) < len(found):
            parts += [
                f"The {title} half ({', '.join(part)}):\n",
                mean_table(summaries(results, data, of=part)),
            ]
    return "\n".join([*parts, "Each sequence:\n", sequence_table(rows)])


def _versions() -> str:
    from importlib.metadata import version

    names = ("opencv-python-headless", "numba", "numpy")
    used = ", ".join(f"{name} {version(name)}" for name in names)
    return f"Python {platform.python_version()} on {platform.machine()}, {used}."
