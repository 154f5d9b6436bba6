"""Where a benchmark ran: processor, cores, memory, load, versions. Nothing that names the machine."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

FEATURES = ("avx2", "avx512f", "avx512bw", "avx512vbmi", "neon", "sve")
PACKAGES = (
    "numba",
    "llvmlite",
    "numpy",
    "scipy",
    "opencv-python-headless",
    "torch",
    "av",
    "pytest-benchmark",
)


def header() -> dict[str, object]:
    """Return what a saved table needs to be read elsewhere."""
    return {
        "processor": processor(),
        "architecture": platform.machine(),
        "target": target(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "caches": caches(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": platform.system(),
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := installed(name))} | libav(),
    }


def processor() -> str:
    """Return the processor's name and model number as the system gives them; two generations share names."""
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor() or platform.machine()
    lines = (line.split(":", 1) for line in info.read_text().splitlines() if ":" in line)
    fields = {key.strip(): value.strip() for key, value in lines}
    name = fields.get("model name", platform.machine())
    family = fields.get("cpu family")
    return f"{name} (family {family}, model {fields.get('model')})" if family else name


def target() -> dict[str, object]:
    """Return what numba compiles for, which NUMBA_CPU_NAME may set, and the vector extensions it has."""
    from llvmlite import binding

    has = binding.get_host_cpu_features()
    chosen = os.environ.get("NUMBA_CPU_NAME")
    return {
        "cpu": chosen or binding.get_host_cpu_name(),
        "forced": chosen is not None,
        "vectors": [name for name in FEATURES if has.get(name)],
    }


def caches() -> dict[str, str]:
    """Return the sizes of the first core's data caches."""
    found = {}
    for cache in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        if (cache / "type").read_text().strip() != "Instruction":
            found[f"L{(cache / 'level').read_text().strip()}"] = (cache / "size").read_text().strip()
    return found


def installed(name: str) -> str | None:
    """Return a package's version, or None if it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def libav() -> dict[str, str]:
    """Return the version of FFmpeg's filters that PyAV brings."""
    import av

    return {"libavfilter": ".".join(map(str, av.library_versions["libavfilter"]))}
