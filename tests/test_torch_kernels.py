"""The smoother's loops in torch are twins of numba's; on CUDA, and here on torch's CPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import masksmooth_filter as mf
from masksmooth_filter import cuda
from masksmooth_filter.cuda import cuda_trouble
from masksmooth_filter.errors import DeviceError, OptionError
from masksmooth_filter.options import Options
from masksmooth_filter.run.frame_filter import chosen_segmenter
from masksmooth_filter.smoothing import team
from masksmooth_filter.smoothing.kernels import Kernels, NumbaKernels, kernels_for, on_host
from masksmooth_filter.smoothing.torch_kernels import TorchKernels
from tests.test_layout import loaded_by
from tests.test_motion import run, travelling_square

pytestmark = pytest.mark.deeplab

SIZE = (37, 61)
WALKS = 900
SAME, APART = 0.999, 0.5
"""Share of pixels that must be on the same side of the threshold, and most mean difference in levels."""


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def twin(request: pytest.FixtureRequest) -> Kernels:
    """The loops in torch."""
    if request.param == "cuda":
        skip_without_cuda()
    return TorchKernels(request.param)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def skip_without_cuda() -> None:
    trouble = cuda_trouble(0)
    if trouble:
        pytest.skip(f"no CUDA device: {trouble}")


def flows(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A flow that leaves the picture here and there, and one back that mostly undoes it."""
    ahead = rng.normal(rng.normal(0, 4, 2), 0.3, (*SIZE, 2)).astype(np.float32)
    return ahead, -ahead + rng.normal(0, 0.5, ahead.shape).astype(np.float32)


def bytes_of(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 256, SIZE, np.uint8)


def walked(kernels: Kernels, seed: int) -> dict[str, np.ndarray]:
    """What is left of three frames' walks after three steps with votes."""
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(0, SIZE[0], WALKS), rng.integers(0, SIZE[1], WALKS)
    path = kernels.start_paths(bytes_of(rng), rows, columns)
    sums = kernels.own(np.zeros(WALKS, np.float32))
    votes = kernels.own(np.zeros((2, WALKS), np.float32))
    for _ in range(3):
        field = kernels.empty((*SIZE, 3))
        kernels.link(field, *flows(rng), 1.0)
        weight = kernels.step(path, field, kernels.corners_of(bytes_of(rng)), (0.7, 12.0))
        mask = kernels.corners_of(bytes_of(rng))
        kernels.gather(path, weight, mask, sums)
        trust = rng.random(((SIZE[0] + 1) // 2, (SIZE[1] + 1) // 2), np.float32)
        kernels.gather_trusted(path, weight, mask, trust, votes)
    found = {"field": field, "path": path, "weight": weight, "sums": sums, "votes": votes}
    return {name: on_host(array) for name, array in found.items()}


@pytest.mark.parametrize("seed", [0, 1])
def test_fields_walks_and_votes_are_numbas_but_for_rounding(twin: Kernels, seed: int) -> None:
    ours, theirs = walked(twin, seed), walked(NumbaKernels(), seed)
    assert 0.1 < (theirs["weight"] > 0).mean() < 0.9  # some walks have ended, some have not
    for name, array in theirs.items():
        np.testing.assert_allclose(ours[name], array, rtol=1e-4, atol=1e-2, err_msg=name)


def test_walks_of_several_frames_go_at_once_as_they_go_one_by_one(
    twin: Kernels, rng: np.random.Generator
) -> None:
    field, there = twin.empty((*SIZE, 3)), twin.corners_of(bytes_of(rng))
    twin.link(field, *flows(rng), 1.0)
    points = [(rng.integers(0, SIZE[0], WALKS), rng.integers(0, SIZE[1], WALKS)) for _ in range(3)]
    luma, times = bytes_of(rng), [0.9, 0.6, 0.3]
    alone = [
        twin.step(twin.start_paths(luma, *where), field, there, (time, 12.0))
        for where, time in zip(points, times, strict=True)
    ]
    path, time = twin.joined([twin.start_paths(luma, *where) for where in points], times)
    weight = on_host(twin.step(path, field, there, (time, 12.0)))
    np.testing.assert_allclose(weight, np.concatenate([on_host(w) for w in alone]), rtol=1e-6)


@pytest.mark.parametrize("as_bytes", [False, True])
def test_a_round_of_the_random_field_is_numbas_but_for_rounding(
    twin: Kernels, rng: np.random.Generator, as_bytes: bool
) -> None:
    colours, chance = rng.integers(0, 1 << 24, 4000, np.int32), rng.random(4000, np.float32)
    if as_bytes:
        chance = rng.integers(0, 256, 4000, np.uint8)
    pixels, offsets = np.arange(500, 3500, 7), rng.integers(-400, 400, 12)
    unary, shares = rng.normal(0, 2, pixels.size).astype(np.float32), rng.random(5, np.float32)
    found: list[tuple[Any, ...]] = []
    for kernels in (twin, NumbaKernels()):
        seen, here, samples = kernels.own(colours), kernels.own(pixels), kernels.own(offsets)
        alike = kernels.empty((12, pixels.size))
        total = kernels.likenesses(seen, here, samples, 60.0, alike)
        near = kernels.own(offsets[:5]), kernels.own(shares)
        out = kernels.mean_field(
            kernels.own(chance), kernels.own(unary), here, (samples, alike, 4 / total), near
        )
        found.append((total, alike, out))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(on_host(ours), theirs, rtol=2e-4, atol=1e-5)


def both(
    monkeypatch: pytest.MonkeyPatch, twin: Kernels, *clip: np.ndarray, **settings: Any
) -> list[np.ndarray]:
    """A clip's masks smoothed by numba's loops, and by the twin's."""
    by_numba = run(*clip, **settings)
    monkeypatch.setattr(team, "kernels_for", lambda device: twin)
    return [by_numba, run(*clip, **settings)]


def assert_alike(a: np.ndarray, b: np.ndarray) -> None:
    same, apart = ((a > 127) == (b > 127)).mean(), np.abs(a.astype(np.int16) - b)
    print(f"same {same:.6f}; levels apart: mean {apart.mean():.6f}, most {apart.max()}")
    assert same >= SAME
    assert apart.mean() < APART


@pytest.mark.parametrize(
    "settings",
    [{}, {"refine": False}, {"lookahead": 0}, {"radius": 3, "lookahead": 1, "threads": 3}],
    ids=lambda s: " ".join(s) or "as it is",
)
def test_a_clips_masks_are_numbas_within_the_tolerance(
    monkeypatch: pytest.MonkeyPatch, twin: Kernels, settings: dict[str, Any]
) -> None:
    frames, masks = travelling_square(9)
    masks[4], masks[6, 90:110, 110:140] = 0, 255
    raw = np.stack([masks, masks[::-1]], axis=1)
    by_numba, by_twin = both(monkeypatch, twin, frames, raw, **settings)
    assert (np.abs(by_numba.astype(int) - raw) > 127).mean() > 0.005  # there was something to steady
    assert_alike(by_numba, by_twin)


@pytest.mark.material
@pytest.mark.parametrize(("name", "frames", "every"), [("dog", 8, 2), ("parkour", 4, 1)])
def test_a_real_clips_masks_are_numbas_within_the_tolerance(
    monkeypatch: pytest.MonkeyPatch, twin: Kernels, material: Path, name: str, frames: int, every: int
) -> None:
    import cv2

    def read(folder: str, how: int) -> np.ndarray:
        paths = sorted((material / "davis" / folder / name).iterdir())[:frames]
        return np.stack([cv2.imread(str(path), how)[::every, ::every] for path in paths])

    pictures, raw = read("frames", cv2.IMREAD_COLOR)[..., ::-1], read("osvos", cv2.IMREAD_GRAYSCALE)
    raw = np.where(raw > 0, np.uint8(255), np.uint8(0))  # ids of objects
    by_numba, by_twin = both(monkeypatch, twin, pictures, raw)
    assert ((by_numba > 127) != (raw > 127)).mean() > 0.001  # there was something to steady
    assert_alike(by_numba, by_twin)


@pytest.mark.gpu
def test_masks_smoothed_on_cuda_are_the_cpus_within_the_tolerance() -> None:
    skip_without_cuda()
    frames, masks = travelling_square(9)
    masks[4] = 0
    assert_alike(mf.smooth(frames, masks), mf.smooth(frames, masks, device="cuda"))


def test_cuda_that_is_not_there_is_refused_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "has_nvidia_driver", lambda: False)
    why = "cannot be used: no NVIDIA driver .*; smooth on device cpu"
    for device in ("cuda", "cuda:1"):
        with pytest.raises(DeviceError, match=f"{device} {why}"):
            mf.MaskSmoother(device=device)
    with pytest.raises(OptionError, match="no device 'tpu' to smooth on; choose cpu, cuda or cuda:N"):
        kernels_for("tpu")


def test_a_network_that_runs_on_the_cpu_leaves_a_named_device_to_the_smoother(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level("INFO", "masksmooth_filter"):
        name, settings = chosen_segmenter(Options(segmenter="selfie", device="cuda:1"))
    assert (name, settings.device) == ("selfie", "cpu")
    assert "selfie runs on the CPU; --device cuda:1 is where its masks are smoothed" in caplog.text
    for other in ({"segmenter": "deeplabv3_resnet50"}, {"segmenter": "selfie", "method": "gaussian"}):
        assert chosen_segmenter(Options(device="cuda:1", **other))[1].device == "cuda:1"


def test_the_smoother_moves_to_cuda_only_where_cuda_is_named() -> None:
    named = {
        device: Options(device=device).smoothing().device for device in ("auto", "cpu", "cuda", "cuda:1")
    }
    assert named == {"auto": "cpu", "cpu": "cpu", "cuda": "cuda", "cuda:1": "cuda:1"}
    assert Options(device="cuda", masks_from="x").smoothing().device == "cuda"
    assert Options(device="cuda", method="gaussian").smoothing().device == "cpu"
    with pytest.raises(OptionError, match="--device has no effect with --masks-from"):
        Options(device="cuda", masks_from="x", method="gaussian")
    with pytest.raises(OptionError, match="--device has no effect with --method median"):
        mf.MaskSmoother(method="median", device="cuda")


def test_torch_is_not_loaded_to_smooth_on_the_cpu() -> None:
    code = (
        "import numpy as np, masksmooth_filter as mf\n"
        "mf.smooth(np.zeros((2, 48, 64, 3), np.uint8), np.zeros((2, 48, 64), np.uint8))"
    )
    assert "torch" not in loaded_by(code)
