"""Whether CUDA can be used; decided without torch where it can be."""

from __future__ import annotations

import ctypes


def has_nvidia_driver() -> bool:
    """Tell whether there is an NVIDIA driver, without the seconds it takes to import torch."""
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


def cuda_trouble(index: int) -> str | None:
    """Say why CUDA device ``index`` cannot be used, or None if it can."""
    if not has_nvidia_driver():
        return "no NVIDIA driver is installed (libcuda.so.1 is missing)"
    try:
        import torch
    except ImportError:
        return "PyTorch is not installed (pip install 'masksmooth-filter[deeplab]')"
    if torch.version.cuda is None:
        return "this PyTorch was built without CUDA (install the CUDA build)"
    if not torch.cuda.is_available():
        return "there is a driver, but no CUDA device that this PyTorch can use (see nvidia-smi)"
    count = torch.cuda.device_count()
    return None if index < count else f"there are only {count} CUDA devices, counted from 0"
