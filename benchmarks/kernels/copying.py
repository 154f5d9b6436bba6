"""The memory copies that every kernel is held against, and a bare read.

``np.copyto`` is what people call a copy. The stricter one stores past the caches, 64 bytes at a time, as a
fast kernel does with results nobody reads at once: it saves reading every line that is about to be
overwritten. Its store is LLVM's own ``!nontemporal``, so it is the same source on every processor.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

LANES = 64

RINSE = 64 << 20
"""Bytes that are more than any last cache holds here."""


@intrinsic  # type: ignore[untyped-decorator]
def _move(typing: Any, source: Any, target: Any, at: Any) -> Any:
    """Copy 64 bytes from one address to another, both multiples of 64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = ir.VectorType(ir.IntType(8), LANES).as_pointer()
        here, there, offset = arguments
        loaded = builder.load(builder.inttoptr(builder.add(here, offset), vector), align=LANES)
        store = builder.store(loaded, builder.inttoptr(builder.add(there, offset), vector), align=LANES)
        store.set_metadata("nontemporal", builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)]))
        return context.get_dummy_value()

    return types.void(types.uintp, types.uintp, types.uintp), generate


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _copy(source: int, target: int, size: int) -> None:
    for at in range(0, size, LANES):
        _move(source, target, at)


def aligned(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return an empty uint8 array that starts at a multiple of 64 bytes."""
    size = int(np.prod(shape))
    raw = np.empty(size + LANES, np.uint8)
    first = -raw.ctypes.data % LANES
    return raw[first : first + size].reshape(shape)


def stream_copy(source: NDArray[np.uint8], target: NDArray[np.uint8]) -> None:
    """Copy one array made by `aligned` to another, past the caches; a rest of under 64 bytes is left out."""
    here, there = source.ctypes.data, target.ctypes.data
    if here % LANES or there % LANES or source.nbytes != target.nbytes:
        raise ValueError("give two arrays of one size, both made by aligned()")
    _copy(np.uintp(here), np.uintp(there), np.uintp(source.nbytes // LANES * LANES))


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _fold(words: NDArray[np.uint64]) -> np.uint64:
    folded = np.uint64(0)
    for i in range(words.size):
        folded ^= words[i]
    return folded


def read(source: NDArray[np.uint8]) -> int:
    """Read an array made by `aligned` once, 8 bytes of it folded into one; a rest of under 8 is left out."""
    flat = source.reshape(-1)
    return int(_fold(flat[: flat.size // 8 * 8].view(np.uint64)))


@functools.cache
def _others() -> NDArray[np.uint8]:
    others = aligned((RINSE,))
    others[:] = 1
    return others


def rinse() -> None:
    """Fill the caches with what nobody asks for.

    Whoever comes after ``np.copyto`` finds the last cache full of lines that are still to be written, and
    waits for that: 32 MB, a sixth of what a copy of 1080p moves.
    """
    read(_others())
