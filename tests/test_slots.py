"""Slots keep batches apart, on the host and on CUDA; no PyAV is needed, so any GPU machine can run it."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from masksmooth_filter.segment.device import dtype_of, resolve_device
from masksmooth_filter.segment.network import Network
from masksmooth_filter.segment.network_input import PlaneLayout, network_input, yuv_to_rgb
from masksmooth_filter.segment.slots import CudaSlot, HostSlot, Slot, Streams
from masksmooth_filter.segment.torchvision_nets import ARCHITECTURES, fast_scores
from tests.torchvision_files import random_net

pytestmark = pytest.mark.deeplab

BATCH, NBYTES = 3, 64
SMALL = "lraspp_mobilenet_v3_large"


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest) -> str:
    if request.param == "cuda" and resolve_device("auto") != "cuda":
        pytest.skip("no CUDA device")
    return str(request.param)


@pytest.fixture
def cuda() -> str:
    if resolve_device("auto") != "cuda":
        pytest.skip("no CUDA device")
    return "cuda"


def ring(device: str, count: int) -> list[Slot]:
    if device == "cpu":
        return [HostSlot(BATCH, NBYTES) for _ in range(count)]
    streams = Streams(device)
    return [CudaSlot(BATCH, NBYTES, streams) for _ in range(count)]


def slow_negative(raw: Any) -> Any:
    """A network whose masks are its bytes turned over; on CUDA so slow that haste is seen."""
    import torch

    if raw.is_cuda:
        torch.cuda._sleep(20_000_000)
    return (255 - raw).reshape(-1, 1, 8, 8)


def rows(number: int, count: int = BATCH) -> NDArray[np.uint8]:
    return np.random.default_rng(number).integers(0, 256, (count, NBYTES), np.uint8)


@pytest.mark.parametrize("slots", [1, 2])
def test_every_batch_gets_its_own_masks_while_the_next_is_under_way(device: str, slots: int) -> None:
    pending: list[tuple[int, Slot]] = []
    found = {}
    places = ring(device, slots)
    for number in range(9):
        if len(pending) == slots:
            done, slot = pending.pop(0)
            found[done] = slot.masks()
        slot = places[number % slots]
        slot.rows[:] = rows(number)
        slot.launch(slow_negative, BATCH)
        pending.append((number, slot))
    found |= {done: slot.masks() for done, slot in pending}
    for number, masks in found.items():
        assert np.array_equal(masks.reshape(BATCH, -1), 255 - rows(number)), number


def test_a_part_of_a_batch_gives_as_many_masks(device: str) -> None:
    (slot,) = ring(device, 1)
    for count in (3, 1, 2):
        slot.rows[:count] = rows(count, count)
        slot.launch(slow_negative, count)
        assert np.array_equal(slot.masks().reshape(count, -1), 255 - rows(count, count))


def test_masks_are_the_callers_own(device: str) -> None:
    (slot,) = ring(device, 1)
    slot.rows[:] = rows(0)
    slot.launch(slow_negative, BATCH)
    first = slot.masks()
    kept = first.copy()
    slot.rows[:] = rows(1)
    slot.launch(slow_negative, BATCH)
    slot.masks()
    assert np.array_equal(first, kept)


@pytest.mark.gpu
def test_launching_does_not_wait_for_the_device(cuda: str) -> None:
    first, second = ring(cuda, 2)
    for slot in (first, second):  # memory and streams come into being
        slot.launch(slow_negative, BATCH)
        slot.masks()
    start = time.perf_counter()
    first.launch(slow_negative, BATCH)
    second.launch(slow_negative, BATCH)
    launched = time.perf_counter() - start
    first.masks()
    second.masks()
    assert launched < 0.5 * (time.perf_counter() - start)


@pytest.mark.gpu
@pytest.mark.parametrize("bits", [8, 10, 16])
@pytest.mark.parametrize("turns", [0, 1])
def test_cuda_sees_the_pictures_the_cpu_sees(cuda: str, bits: int, turns: int) -> None:
    import torch

    layout = PlaneLayout(
        ((54, 96), (27, 48), (27, 48)), bits, yuv_to_rgb(0.2126, 0.0722, full=False, bits=bits), turns
    )
    raw = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, layout.nbytes), np.uint8))
    size = (30, 52) if turns else (52, 30)
    here, there = (network_input(raw.to(name), layout, size).cpu() for name in ("cpu", cuda))
    assert float((here - there).abs().max()) < 1e-3


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["fp32", "fp16", "bf16"])
def test_cuda_gives_the_masks_the_cpu_gives(cuda: str, precision: str) -> None:
    import torch

    layout = PlaneLayout(((104, 136),) * 3, 8, ((1 / 255, 0, 0, 0), (0, 1 / 255, 0, 0), (0, 0, 1 / 255, 0)))
    small = np.random.default_rng(0).integers(0, 256, (2, 3, 13, 17), np.uint8)
    raw = torch.from_numpy(small.repeat(8, axis=2).repeat(8, axis=3).reshape(2, -1))
    assert raw.shape[1] == layout.nbytes
    masks = []
    for name, kind in (("cpu", "fp32"), (cuda, precision)):
        net = random_net(SMALL)
        scores = fast_scores(ARCHITECTURES[SMALL], net, device=name, dtype=dtype_of(kind))
        masks.append(Network(scores, classes=(), batch=2)(raw.to(name), layout, (136, 104)).cpu())
    differing = ((masks[0] >= 128) != (masks[1] >= 128)).float().mean()
    assert float(differing) < (0.005 if precision == "fp32" else 0.05)
