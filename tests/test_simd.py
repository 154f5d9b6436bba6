"""masksmooth_kernels._simd: vector code means what it says, whatever processor it is compiled for."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from masksmooth_kernels import _networks

ROOT = Path(__file__).resolve().parent.parent

RESULTS = """
import hashlib, numpy as np, masksmooth_kernels as mk
rng = np.random.default_rng(0)
soft = rng.integers(0, 256, (19, 37, 23), np.uint8)
hard = np.repeat(rng.integers(0, 3, (19, 4, 300), np.uint8), 2, axis=2)
for volume in (soft, hard, hard[:3]):
    at = np.cumsum(rng.uniform(0.01, 0.2, len(volume))).tolist()
    for out in (
        mk.temporal_gaussian(volume, radius=3),
        mk.temporal_gaussian(volume, radius=2, times=at),
        mk.temporal_median(volume, radius=3),
        mk.temporal_vote(volume, radius=3),
        mk.blend(volume[0], volume[1], 77),
        mk.upsample(volume[0], (61, 90)),
    ):
        print(hashlib.sha256(out.tobytes()).hexdigest())
"""

FOR_NEON = """
import llvmlite.binding as llvm
from numba import njit, types
from masksmooth_kernels import _frames, _means, _networks, _simd as simd, _tiles
def core(at, i, out):
    totals = _means.weighed(_means.halves((i,)), at, i, at)
    _tiles.put(out, _means.means_of(totals, (i,))[0], 0)
    simd.store(out + 64, _networks.medians_of(_frames.vectors(_frames.addresses(at, (0, 0, 0)), i), (0,))[0])
compiled = njit((types.int64,) * 3)(core)
text = next(iter(compiled.inspect_llvm().values()))
llvm.initialize_all_targets()
llvm.initialize_all_asmprinters()
module = llvm.parse_assembly(text)
module.triple = "aarch64-unknown-linux-gnu"
target = llvm.Target.from_triple(module.triple).create_target_machine(features="+neon", opt=3)
module.data_layout = str(target.target_data)
print(target.emit_assembly(module))
"""


def run(code: str, **environment: str) -> str:
    variables = os.environ | {"PYTHONPATH": str(ROOT / "kernels")} | environment
    done = subprocess.run(
        [sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=True, timeout=300
    )
    return done.stdout


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="names x86 processors")
@pytest.mark.parametrize("processor", ["generic", "haswell"])
def test_the_portable_code_gives_the_same_bits(processor: str, tmp_path: Path) -> None:
    features = {"generic": "+sse2,-avx,-avx2", "haswell": "+avx2"}[processor]
    named = {"NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": features, "NUMBA_CACHE_DIR": str(tmp_path)}
    assert run(RESULTS, **named) == run(RESULTS)


def test_becomes_vector_code_for_arm_too() -> None:
    plain = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "+sse2"}
    code = run(FOR_NEON, **plain)
    for operation in ("umin", "umax", "smlal"):
        assert any(line.split()[:1] == [operation] and "v" in line for line in code.splitlines()), operation


@pytest.mark.parametrize("count", range(1, 32))
def test_networks_sort_every_sequence_of_zeros_and_ones_that_is_tried(count: int) -> None:
    """A network that sorts all zeros and ones sorts everything (Knuth, volume 3, 5.3.4)."""
    rng = np.random.default_rng(count)
    every = np.arange(1 << min(count, 12))[:, np.newaxis] >> np.arange(count) & 1
    tried: NDArray[np.int64] = np.concatenate(
        [every, rng.integers(0, 2, (2000, count)), rng.permuted(np.tile(np.arange(count), (200, 1)), axis=1)]
    )
    values = list(tried.T.copy())
    for low, high in _networks.comparators(count):
        values[low], values[high] = (
            np.minimum(values[low], values[high]),
            np.maximum(values[low], values[high]),
        )
    assert np.array_equal(np.array(values).T, np.sort(tried, axis=1))
