"""The peak of memory of a command, by itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

_LAUNCH = """
import os, sys
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def peak_of(command: list[str], environment: Mapping[str, str] | None = None) -> float:
    """Run a command; return its peak resident memory in MB.

    A small process starts it: Linux counts what a process held before it became another program, so that no
    peak is less than what whoever starts it holds (753 MB after films of 2160p were made).
    """
    launch = [sys.executable, "-I", "-S", "-c", _LAUNCH, *command]
    done = subprocess.run(launch, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    return int(done.stdout.split()[-1]) / 1024


def own_peak() -> float:
    """Return the peak resident memory of this program in MB, without that of whoever started it."""
    with open("/proc/self/status") as status:
        held = next(line for line in status if line.startswith("VmHWM"))
    return int(held.split()[1]) / 1024
