"""Have the C library give freed memory back: a setting of the process, and so the command's."""

from __future__ import annotations

import ctypes
import sys

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
"""glibc's malloc.h."""

LARGE = 1 << 18
"""Bytes from which a block has pages of its own, which go back when it is freed."""


def give_memory_back() -> None:
    """Set up glibc's malloc for a few threads that pass large blocks on; elsewhere do nothing.

    By itself it raises its limit with the first frames that are freed, to 32 MB, and then keeps a heap a
    thread: a 1080p run peaked at 541 MB instead of 523, and held 330 instead of 222 at its end, when plots
    are drawn.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE)
        mallopt(M_ARENA_MAX, 2)
