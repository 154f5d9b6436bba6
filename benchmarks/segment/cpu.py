"""CPU time of one thread: torchvision as its documentation shows it, and the filter's network."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

from masksmooth_filter.segment.device import BF16_FLAGS, cpu_flags, dtype_of
from masksmooth_filter.segment.network_output import confidence
from masksmooth_filter.segment.torchvision_nets import ARCHITECTURES, Architecture, fast_scores

HEAD = "| network | pictures | variant | CPU s a frame | x |\n|---|---|---|---|---|"
SHIPPED = "torchvision as shipped, argmax of 21 planes"


def table(sizes: list[tuple[int, int]], *, rounds: int, emulate: bool) -> str:
    """Time every network at every size; the variants of one take turns.

    Parameters
    ----------
    sizes : list of (int, int)
        Width and height of the pictures.
    rounds : int
        Turns; the median counts.
    emulate : bool
        Whether bf16 is timed on a CPU that has to emulate it.
    """
    import torch

    torch.set_num_threads(1)
    lines = [HEAD]
    for architecture in ARCHITECTURES.values():
        for width, height in sizes:
            pictures = torch.randn(1, 3, height, width)
            times = interleaved(_variants(architecture, emulate=emulate), pictures, rounds=rounds)
            for name, seconds in times.items():
                gain = times[SHIPPED] / seconds
                where = f"{architecture.name} | {width}x{height}"
                lines.append(f"| {where} | {name} | {seconds:.3f} | {gain:.2f} |")
                print(lines[-1], flush=True)
    return "\n".join(lines)


def interleaved(variants: Mapping[str, Callable[[Any], Any]], given: Any, *, rounds: int) -> dict[str, float]:
    """Return each variant's median CPU seconds; they take turns, and a first turn is not counted."""
    import torch

    times: dict[str, list[float]] = {name: [] for name in variants}
    for turn in range(rounds + 1):
        for name, run in variants.items():
            start = time.process_time()
            with torch.inference_mode():
                run(given)
            if turn:
                times[name].append(time.process_time() - start)
    return {name: statistics.median(found) for name, found in times.items()}


def random_net(architecture: Architecture, *, aux: bool) -> Any:
    """Return torchvision's network with random weights; ``aux`` as torchvision loads the published ones."""
    import torch
    from torchvision.models import get_model

    torch.manual_seed(0)
    extra = {} if architecture.low_level else {"aux_loss": aux}
    net = get_model(architecture.name, weights=None, weights_backbone=None, num_classes=21, **extra)
    return net.eval().requires_grad_(False)


def _variants(architecture: Architecture, *, emulate: bool) -> dict[str, Callable[[Any], Any]]:
    shipped = random_net(architecture, aux=True)
    found = {SHIPPED: lambda x: shipped(x)["out"].argmax(1)}
    for precision in ("fp32", "bf16") if emulate or BF16_FLAGS & cpu_flags() else ("fp32",):
        found[f"this filter, {precision}"] = _ours(architecture, precision)
    return found


def _ours(architecture: Architecture, precision: str) -> Callable[[Any], Any]:
    scores = fast_scores(
        architecture, random_net(architecture, aux=False), device="cpu", dtype=dtype_of(precision)
    )
    return lambda x: confidence(scores(x), (15,), (x.shape[3], x.shape[2]))
