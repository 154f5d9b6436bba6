"""masksmooth_kernels as a package: what its import loads, and what is compiled only once."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from masksmooth_kernels import _jit, lookup

KERNELS = Path(__file__).resolve().parent.parent / "kernels"

CALL_EVERY_KERNEL = """
import numpy as np, masksmooth_kernels as mk
volume = np.zeros((14, 4, 5), np.uint8)
frozen = volume.copy()
frozen.flags.writeable = False
for masks in (volume, frozen, volume + 1):
    mk.temporal_gaussian(masks, radius=1)
    mk.temporal_median(masks, radius=1)
    mk.temporal_vote(masks, radius=1)
    mk.temporal_ema(masks, alpha=0.5)
    mk.overlap_counts(masks[0], masks[1])
    mk.threshold(masks[0])
    mk.upsample(masks[0], (9, 9))
    mk.blend(masks[0], masks[1], 9)
    mk.blend(masks[0].astype(np.uint16), masks[1], 9)
    for kind, option in ((mk.GaussianStream, "radius"), (mk.MedianStream, "radius"), (mk.EmaStream, "alpha")):
        stream = kind((4, 5), **{option: 1})
        stream.push(masks[0])
        stream.flush()
"""


TWO_THREADS_BEGIN = """
import threading, time
import numpy as np
from numba.core import cpu
import masksmooth_kernels as mk
plain = cpu.CPUContext.__init__

def slow(self, *args):
    time.sleep(0.5)
    plain(self, *args)

cpu.CPUContext.__init__ = slow
masks = np.zeros((3, 4, 5), np.uint8)
work = lambda: mk.overlap_counts(masks[0], masks[1]), lambda: mk.temporal_gaussian(masks, radius=1)
threads = [threading.Thread(target=piece, daemon=True) for piece in work]
for thread in threads:
    thread.start()
    time.sleep(0.25)
for thread in threads:
    thread.join(60)
print(sum(thread.is_alive() for thread in threads))
"""


def run(code: str, **environment: str) -> str:
    variables = os.environ | {"PYTHONPATH": str(KERNELS)} | environment
    done = subprocess.run(
        [sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout


def test_import_loads_numpy_and_nothing_else_that_is_heavy() -> None:
    loaded = run("import sys, masksmooth_kernels; print(*sys.modules)").split()
    roots = {name.partition(".")[0] for name in loaded}
    assert "numpy" in roots
    assert not roots & {
        "av",
        "torch",
        "click",
        "cv2",
        "scipy",
        "numba",
        "masksmooth_filter",
        "masksmooth_cli",
    }


def test_a_second_process_finds_every_kernel_compiled(tmp_path: Path) -> None:
    def cached() -> dict[str, tuple[int, int]]:
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        return {path.name: (path.stat().st_mtime_ns, path.stat().st_size) for path in files}

    run(CALL_EVERY_KERNEL, NUMBA_CACHE_DIR=str(tmp_path))
    first = cached()
    kernels = {name.split("-")[0].rpartition(".")[2] for name in first}
    window = {"compute_all", "look_first", "known_outputs", "open_bounds"}
    window |= {"means", "whole_3", "one", "four", "medians_3", "votes"}
    window |= {"look_up"} if lookup.available() else set()
    assert kernels == window | {"_ema", "_overlap", "blend8", "_blend16", "_threshold", "upsample"}
    assert len([name for name in first if name.endswith(".nbc")]) == len(kernels), "one variant a kernel"

    run(CALL_EVERY_KERNEL, NUMBA_CACHE_DIR=str(tmp_path))
    assert cached() == first


def test_two_threads_that_begin_with_a_kernel_each_do_not_wait_for_each_other_for_ever() -> None:
    assert run(TWO_THREADS_BEGIN).strip() == "0"


def test_where_nothing_can_be_kept_on_disk_a_kernel_runs_and_says_so() -> None:
    namespace: dict[str, object] = {}
    exec(compile("def fill(out):\n    out[0] = 7\n", "/nowhere/fill.py", "exec"), namespace)
    fill = _jit.kernel(namespace["fill"])
    out = np.zeros(1, np.uint8)
    with pytest.warns(RuntimeWarning, match="Set NUMBA_CACHE_DIR"):
        fill(out)
    fill(out)
    assert out[0] == 7
