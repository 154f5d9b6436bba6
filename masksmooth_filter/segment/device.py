"""Where a network runs and in which number format; decided without torch where it can be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from masksmooth_filter.cuda import cuda_trouble
from masksmooth_filter.errors import DeviceError, OptionError

if TYPE_CHECKING:
    import torch

BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})
"""What the kernel calls the CPU instructions that multiply bf16. Without them PyTorch emulates bf16:
ResNet-50 then takes longer than in fp32."""


def cpu_flags() -> frozenset[str]:
    """Return what the CPU can do, by the kernel's names; empty where the kernel does not tell."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return frozenset()
    found = re.search(r"^(?:flags|Features)\s*:(.*)$", text, re.M)
    return frozenset(found[1].split()) if found else frozenset()


def resolve_device(name: str) -> str:
    """Turn ``auto`` into ``cuda`` or ``cpu``, and check that a CUDA device asked for is there.

    Raises
    ------
    OptionError
        If the name is none of auto, cpu, cuda, cuda:N.
    DeviceError
        If CUDA was asked for and is not there; says why.
    """
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", name):
        raise OptionError(f"there is no device {name!r}; choose auto, cpu, cuda or cuda:N")
    if name == "cpu":
        return name
    trouble = cuda_trouble(int(name.partition(":")[2] or 0))
    if name == "auto":
        return "cpu" if trouble else "cuda"
    if trouble:
        raise DeviceError(f"{name} cannot be used: {trouble}; use --device cpu, or --segmenter selfie")
    return name


def resolve_precision(name: str, device: str) -> str:
    """Turn ``auto`` into the fastest number format of a device that keeps the labels.

    bf16 where the hardware multiplies it, else fp16 on CUDA and fp32 on a CPU.

    Parameters
    ----------
    name : {'auto', 'fp32', 'bf16', 'fp16'}
    device : str
        ``cpu``, ``cuda`` or ``cuda:N``.

    Raises
    ------
    OptionError
        If fp16 is asked for on a CPU, which has no fast way to compute it.
    """
    if device == "cpu":
        if name == "fp16":
            raise OptionError("--precision fp16 needs a CUDA device; use fp32 or bf16 on a CPU")
        return name if name != "auto" else "bf16" if BF16_FLAGS & cpu_flags() else "fp32"
    if name != "auto":
        return name
    import torch

    with torch.cuda.device(device):
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    return "bf16" if native else "fp16"


def dtype_of(precision: str) -> torch.dtype:
    """Return torch's name of a number format."""
    import torch

    names = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
    return names[precision]
