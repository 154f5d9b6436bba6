"""Compile a loop with numba on its first call, and keep the machine code on disk.

``import numba`` costs 0.4 s and 90 MB, so it waits until a kernel is called: importing this package loads
numpy only. A kernel's first call ever takes 0.1 to 0.7 s, the window kernels' 1.3 to 1.5 s, and 1.2 s more
where bounds are looked at, in streams and with wide windows (CPU); later processes load it.
Rules; all but the third keep the disk cache hitting, and broken, it misses without a word:

* A kernel is a function at module level. A closure gets a new cache entry in every process
  (measured: 4 runs, 0 hits).
* A kernel calls another by its address only (`native`) and asks for no ``parallel=True``; processes that
  fill the cache together were seen to crash where both were done
  (https://github.com/numba/numba/issues/4807).
* No loop asks whether it divides by 0 (``error_model="numpy"``): the question keeps vector instructions out
  of every loop that divides.
* numba knows a kept kernel by the date and size of its own file, not of those it compiles in: who changes
  `_simd`, `_shorts`, `_sums`, `_memory`, `_frames`, `_means`, `_networks`, `_bounds`, `_tiles`, `_known`,
  `_held`, `_vote_lanes`, `_vote_polls`, `recipes` or `job` deletes ``__pycache__/*.nb?``. An installation
  brings new dates.
* Inputs come as read-only views (`masksmooth_kernels.volume`), so that there is one compiled variant,
  not one for each mixture of writable and read-only arrays.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import os
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, ParamSpec

P = ParamSpec("P")


class Kernel(Generic[P]):
    """A loop that numba compiles when it is first called.

    It releases the interpreter lock while it runs.

    Parameters
    ----------
    body : function
        At module level; loops that write into their output argument, without checks or allocation.
    """

    def __init__(self, body: Callable[P, None]) -> None:
        functools.update_wrapper(self, body)
        self._body = body
        self._compiled: Callable[P, None] | None = None
        self._lock = threading.Lock()

    @property
    def stats(self) -> Any:
        """Numba's count of what it found and kept on disk, and where; None before the first call."""
        return None if self._compiled is None else getattr(self._compiled, "stats", None)

    @property
    def is_missing(self) -> bool:
        """Whether no machine code as new as its source is on disk, though there is a folder for it."""
        usual = Path(self._body.__code__.co_filename).parent / "__pycache__"
        if not os.environ.get("NUMBA_CACHE_DIR") and self._is_in(usual):
            return False  # numba need not be imported to be asked
        if self._compiled is None:
            self._compile()
        folder = getattr(self.stats, "cache_path", None)
        return folder is not None and not self._is_in(Path(folder))

    def _is_in(self, folder: Path) -> bool:
        """Tell whether numba's index of it is in a folder, as new as its source."""
        source = Path(self._body.__code__.co_filename)
        python = f"py{sys.version_info[0]}{sys.version_info[1]}"
        found = folder.glob(f"{source.stem}.{self._body.__qualname__}-*.{python}.nbi")
        return any(index.stat().st_mtime >= source.stat().st_mtime for index in found)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Run the compiled body, compiling it or loading it from disk first if need be."""
        compiled = self._compiled or self._compile()
        compiled(*args, **kwargs)

    def _compile(self) -> Callable[P, None]:
        from numba import njit

        _wake()
        with self._lock:
            if self._compiled is None:
                try:
                    self._compiled = njit(cache=True, nogil=True, error_model="numpy")(self._body)
                except RuntimeError as error:  # numba found no folder to write to
                    _warn(error)
                    self._compiled = njit(nogil=True, error_model="numpy")(self._body)
            return self._compiled


def kernel(body: Callable[P, None]) -> Kernel[P]:
    """Mark a module-level function as a `Kernel`."""
    return Kernel(body)


@functools.cache
def native(module: str, name: str) -> int:
    """Return the address of a function of 64-bit integers, compiled or loaded from disk.

    Parameters
    ----------
    module : str
        A module of this package; it is imported now, and may import numba.
    name : str
        The function, at module level.
    """
    from numba import cfunc, types

    _wake()
    body = getattr(importlib.import_module(f"masksmooth_kernels.{module}"), name)
    signature = types.void(*(types.int64,) * body.__code__.co_argcount)
    with _COMPILING:
        try:
            compiled = cfunc(signature, cache=True)(body)
        except RuntimeError as error:
            _warn(error)
            compiled = cfunc(signature)(body)
    _NATIVE.append(compiled)
    return int(compiled.address)


@functools.cache
def function(address: int, arguments: int) -> Callable[..., None]:
    """Return a native function as one to be called from here; it releases the interpreter lock."""
    return ctypes.CFUNCTYPE(None, *(ctypes.c_int64,) * arguments)(address)


_COMPILING = threading.Lock()
_NATIVE: list[object] = []
"""Compiled functions, which live as long as their addresses are in use: for ever."""


def _wake() -> None:
    """Have numba ready before anything is compiled.

    It makes its target on first use. ``njit`` asks for it and then for the compiler's lock, ``cfunc`` the
    other way round: two threads that begin with one each wait for each other for ever.
    """
    from numba.core.registry import cpu_target

    _ = cpu_target.target_context


def _warn(error: RuntimeError) -> None:
    """Say that numba found no folder to write to."""
    warnings.warn(
        f"compiled code is not kept on disk ({error}); every start compiles it anew."
        " Set NUMBA_CACHE_DIR to a folder that can be written",
        RuntimeWarning,
        stacklevel=4,
    )
