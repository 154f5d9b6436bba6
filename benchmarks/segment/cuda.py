"""Frames a second on a CUDA device: the network alone, and with everything that goes up and comes down."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.segment.cpu import random_net
from masksmooth_filter.segment.device import dtype_of
from masksmooth_filter.segment.network import Network, input_size
from masksmooth_filter.segment.network_input import PlaneLayout, yuv_to_rgb
from masksmooth_filter.segment.slots import CudaSlot, Streams
from masksmooth_filter.segment.torchvision_nets import ARCHITECTURES, Architecture, fast_scores

HEAD = (
    "| network | numbers | batch | alone | with planes and masks on the device | one slot | two slots | "
    "two slots / alone | of the arithmetic bound |\n|---|---|---|---|---|---|---|---|---|"
)
DEVICE = "cuda"
FILM = (1920, 1080)
LAYOUT = PlaneLayout(((1080, 1920), (540, 960), (540, 960)), 8, yuv_to_rgb(0.2126, 0.0722, full=False))
GEMM = 8192
"""Side of the square matrices whose product gives the arithmetic bound."""


def table(*, batch: int, batches: int, compiled: bool, short: int = 520) -> str:
    """Time every network in every number format, fed with 1080p yuv420p planes.

    Parameters
    ----------
    batch : int
        Pictures at a time.
    batches : int
        Batches a measurement.
    compiled : bool
        Whether the network is also timed compiled.
    short : int
        Short side the network sees.
    """
    import torch

    torch.backends.cudnn.benchmark = True
    lines = [HEAD]
    for architecture in ARCHITECTURES.values():
        flops = _flops(architecture, input_size(*FILM, short=short))
        for precision in ("fp32", "fp16", "bf16"):
            for graph in (False, True) if compiled else (False,):
                scores = _scores(architecture, precision, compiled=graph)
                speeds = _speeds(scores, precision, batch=batch, batches=batches, short=short)
                bound = _gemm_flops(dtype_of(precision)) / flops
                shown = " | ".join(f"{speed:.0f}" for speed in speeds)
                share = f"{speeds[-1] / speeds[0]:.2f} | {speeds[0] / bound:.2f} of {bound:.0f}"
                kind = f"{precision}{', compiled' if graph else ''}"
                lines.append(f"| {architecture.name} | {kind} | {batch} | {shown} | {share} |")
                print(lines[-1], flush=True)
    lines.append("\n" + _shipped(short=short, batch=batch, batches=batches))
    return "\n".join(lines)


def _speeds(scores: Any, precision: str, *, batch: int, batches: int, short: int) -> tuple[float, ...]:
    """Return frames a second: network alone, with both its ends, through one slot, through two."""
    import torch

    size = input_size(*FILM, short=short)
    network = Network(scores, classes=(15,), batch=batch)
    raw = torch.randint(0, 256, (batch, LAYOUT.nbytes), dtype=torch.uint8, device=DEVICE)
    seen = torch.randn(batch, 3, size[1], size[0], device=DEVICE, dtype=dtype_of(precision))
    seen = seen.contiguous(memory_format=torch.channels_last)
    frames = batch * batches

    def repeat(run: Callable[[], Any]) -> float:
        with torch.inference_mode():
            run()
            torch.cuda.synchronize()
            start = time.perf_counter()
            for _ in range(batches):
                run()
            torch.cuda.synchronize()
        return frames / (time.perf_counter() - start)

    device_only = repeat(lambda: scores(seen)), repeat(lambda: network(raw, LAYOUT, size))
    return *device_only, *(_through(network, size, slots=n, batches=batches, batch=batch) for n in (1, 2))


def _through(network: Network, size: tuple[int, int], *, slots: int, batches: int, batch: int) -> float:
    """Return frames a second from the host's planes to the host's masks, as the filter does it."""
    streams = Streams(DEVICE)
    ring = [CudaSlot(batch, LAYOUT.nbytes, streams) for _ in range(slots)]
    planes = np.random.default_rng(0).integers(0, 256, (batch, LAYOUT.nbytes), np.uint8)
    pending: list[CudaSlot] = []
    start = 0.0
    for number in range(batches + 2 * slots):
        if number == 2 * slots:
            start = time.perf_counter()
        if len(pending) == slots:
            pending.pop(0).masks()
        slot = ring[number % slots]
        np.copyto(slot.rows, planes)
        slot.launch(lambda raw: network(raw, LAYOUT, size), batch)
        pending.append(slot)
    for slot in pending:
        slot.masks()
    return batch * batches / (time.perf_counter() - start)


def _scores(architecture: Architecture, precision: str, *, compiled: bool) -> Any:
    net = random_net(architecture, aux=False)
    return fast_scores(architecture, net, device=DEVICE, dtype=dtype_of(precision), compiled=compiled)


def _shipped(*, short: int, batch: int, batches: int) -> str:
    """Say what torchvision does as shipped: fp32, a picture's 21 planes, the preset on the device."""
    import torch
    from torchvision.models import get_model_weights

    net = random_net(ARCHITECTURES["deeplabv3_resnet50"], aux=True).to(DEVICE)
    preset = get_model_weights("deeplabv3_resnet50").DEFAULT.transforms(resize_size=short)
    pictures = torch.randint(0, 256, (batch, 3, *FILM[::-1]), dtype=torch.uint8)
    with torch.inference_mode():
        for number in range(batches + 1):
            if number == 1:
                start = time.perf_counter()
            net(preset(pictures.to(DEVICE)))["out"].argmax(1).to(torch.uint8).cpu()
    speed = batch * batches / (time.perf_counter() - start)
    return f"deeplabv3_resnet50 as torchvision documents it, from RGB frames: {speed:.0f} frames/s."


def _flops(architecture: Architecture, size: tuple[int, int]) -> float:
    """Return the floating-point operations of one picture, twice its multiplications."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    net = random_net(architecture, aux=False).to("meta")
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        net(torch.empty(1, 3, size[1], size[0], device="meta"))
    return float(counter.get_total_flops())


def _gemm_flops(dtype: Any) -> float:
    """Return the operations a second of a large matrix product: what the device can do at best."""
    import torch

    a, b = (torch.randn(GEMM, GEMM, device=DEVICE, dtype=dtype) for _ in range(2))
    for turn in range(13):
        if turn == 3:
            torch.cuda.synchronize()
            start = time.perf_counter()
        a @ b
    torch.cuda.synchronize()
    return 2 * GEMM**3 * 10 / (time.perf_counter() - start)
