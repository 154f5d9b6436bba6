"""The machine: Python, processor, memory, packages, CUDA devices; torch is not imported for it."""

from __future__ import annotations

import ctypes
import os
import platform
import re
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from masksmooth_filter.cores import usable_cores
from masksmooth_filter.cuda import has_nvidia_driver
from masksmooth_filter.doctor.finding import Finding, looked
from masksmooth_filter.segment.device import BF16_FLAGS, cpu_flags

NEEDED = {"numpy": "numpy", "av": "av", "numba": "numba", "click": "click",
          "opencv-python-headless": "cv2", "ai-edge-litert": "ai_edge_litert"}  # fmt: skip
"""Packages the default command needs, and the names they are imported by."""

OPTIONAL = {"torch": "deeplab", "torchvision": "deeplab", "matplotlib": "report", "jinja2": "report",
            "onnxruntime": "onnx"}  # fmt: skip
"""Packages of extras, and the extra that brings each."""

VARIABLES = ("MASKSMOOTH_WEIGHTS", "TORCH_HOME", "XDG_CACHE_HOME", "NUMBA_CACHE_DIR", "NUMBA_DISABLE_JIT",
             "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS")  # fmt: skip
"""Environment variables that change what a run does; no other is shown."""

SIMD = ("sse4_2", "avx2", "avx512f", "avx512_bf16", "amx_bf16", "asimd", "bf16")
"""CPU instructions that matter to kernels and networks, by the kernel's names."""


def machine() -> list[Finding]:
    """Return what there is to say about the machine and the interpreter."""
    python = f"{platform.python_version()} ({platform.python_implementation()})"
    return [
        Finding("system", f"{platform.platform()}, Python {python}"),
        looked("processor", _processor, otherwise="note"),
        looked("memory", _memory, otherwise="note"),
        looked("CUDA", _cuda, otherwise="note"),
        Finding("environment", _environment()),
    ]


def packages() -> list[Finding]:
    """Return the versions of the packages a run may use; the needed ones are imported."""
    needed = [looked(name, partial(_needed, name, module)) for name, module in NEEDED.items()]
    return needed + [_optional(name, extra) for name, extra in OPTIONAL.items()]


def processor_name() -> str:
    """Return the processor's name as the system gives it."""
    try:
        found = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def cuda_devices() -> list[str]:
    """Return the CUDA devices' names and memory, asked of the driver itself.

    Raises
    ------
    OSError
        If there is no driver.
    RuntimeError
        If the driver answers with an error.
    """
    driver = ctypes.CDLL("libcuda.so.1")
    count, handle = ctypes.c_int(), ctypes.c_int()
    name, total = ctypes.create_string_buffer(256), ctypes.c_size_t()

    def call(function: str, *arguments: object) -> None:
        if status := getattr(driver, function)(*arguments):
            raise RuntimeError(f"{function} answers {status}")

    call("cuInit", 0)
    call("cuDeviceGetCount", ctypes.byref(count))
    found = []
    for index in range(count.value):
        call("cuDeviceGet", ctypes.byref(handle), index)
        call("cuDeviceGetName", name, len(name), handle)
        call("cuDeviceTotalMem_v2", ctypes.byref(total), handle)
        found.append(f"cuda:{index} {name.value.decode(errors='replace')}, {total.value / 1e9:.0f} GB")
    return found


def _processor() -> Finding:
    flags = cpu_flags()
    found = " ".join(name for name in SIMD if name in flags) or "instructions unknown"
    precision = "bf16" if BF16_FLAGS & flags else "fp32"
    text = (
        f"{processor_name()}, {usable_cores()} to use; {found}; torch networks on it compute in {precision}"
    )
    return Finding("processor", text)


def _memory() -> Finding:
    found = dict(re.findall(r"^(\w+):\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.M))
    total, free = int(found["MemTotal"]), int(found["MemAvailable"])
    return Finding("memory", f"{total / 1e6:.1f} GB, {free / 1e6:.1f} GB of it free")


def _cuda() -> Finding:
    if not has_nvidia_driver():
        return Finding("CUDA", "no NVIDIA driver (libcuda.so.1)", "note")
    devices = cuda_devices()
    return Finding("CUDA", "; ".join(devices) or "a driver, but no device", "ok" if devices else "note")


def _environment() -> str:
    return " ".join(f"{name}={os.environ[name]}" for name in VARIABLES if name in os.environ) or "nothing set"


def _needed(name: str, module: str) -> Finding:
    __import__(module)
    return Finding(name, version(name))


def _optional(name: str, extra: str) -> Finding:
    """Read an extra's version without importing it: torch takes seconds."""
    try:
        found = version(name)
    except PackageNotFoundError:
        return Finding(name, f"not installed; pip install 'masksmooth-filter[{extra}]'", "note")
    return Finding(name, found + (_torch_cuda() if name == "torch" else ""))


def _torch_cuda() -> str:
    """Say which CUDA torch was built for, as its version.py does."""
    spec = find_spec("torch")
    path = Path(spec.origin).with_name("version.py") if spec and spec.origin else None
    text = path.read_text() if path and path.is_file() else ""
    found = re.search(r"^cuda\b[^=]*=\s*(?:'([\d.]+)'|None)", text, re.M)
    return "" if found is None else f" (CUDA {found[1]})" if found[1] else " (without CUDA)"
