"""Have memory given back that nobody uses: settings of the process, and so the command's."""

from __future__ import annotations

import ctypes
import mmap
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""glibc's malloc.h."""

LARGE = 4 << 20
"""Bytes from which a block has pages of its own, which go back when it is freed: pictures from 1080p on. Each
page is cleared when it is touched, and all threads wait while it goes. With 256 kB as the limit the system
took 4.9 of 16.4 s of processor time for 50 frames of 1080p by motion (in 10.6 s), so 1.4 (in 8.5 s)."""

SPARE = 1 << 20
"""Bytes at the heap's end that may be free."""

MAPPINGS = Path("/proc/self/smaps")
"""Linux's list of what the process has mapped."""

_LIBRARY = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r-[-x]p \S+ \S+ \d+ +/.*\.so(\.\S+)?$")
"""Of a line of that list: a library's memory that may not be written."""


def give_memory_back() -> None:
    """Set up glibc's malloc for a few threads that pass large blocks on; elsewhere do nothing.

    By itself it raises its limit with the first frames that are freed, to 32 MB, and then keeps a heap a
    thread: a 1080p run by motion peaked at 540 MB instead of 496, and held 406 instead of 296 at its end,
    when plots are drawn. One heap for all threads is no slower: they seldom ask.
    """
    mallopt = _of_libc("mallopt")  # musl has none
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE)
        mallopt(M_TRIM_THRESHOLD, SPARE)
        mallopt(M_ARENA_MAX, 1)


def forget_start_up() -> None:
    """Give back what only the start of a run needed; on Linux alone, elsewhere do nothing.

    That is the heap's free end, and the pages of libraries that are as in their files: numba goes through
    50 MB of LLVM at every start, though kernels come from its cache, and asks for none of it again. Pages
    that are still wanted come back from the system's cache.
    """
    trim, advise = _of_libc("malloc_trim"), _of_libc("madvise")
    if trim is not None:
        trim(ctypes.c_size_t(0))
    if advise is None or not MAPPINGS.exists():
        return
    for start, end in unchanged(MAPPINGS.read_text().splitlines()):
        advise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), mmap.MADV_DONTNEED)


def unchanged(lines: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Return where libraries begin and end in memory that is as in their files.

    Parameters
    ----------
    lines : iterable of str
        Of `MAPPINGS`. What the loader has written to once, to relocate it, is anonymous or swapped out, and
        would be lost.
    """
    where: tuple[int, int] | None = None
    for line in lines:
        if re.match(r"[0-9a-f]+-", line):
            found = _LIBRARY.match(line)
            where = (int(found[1], 16), int(found[2], 16)) if found else None
        elif line.startswith(("Anonymous:", "Swap:")) and int(line.split()[1]):
            where = None
        elif line.startswith("VmFlags:") and where:
            yield where


def _of_libc(name: str) -> Any:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform.startswith("linux") else None
