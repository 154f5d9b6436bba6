"""What the window kernels' cores do with the tiles they are given: find them, and write to them.

These functions are compiled into the kernels that call them. They take addresses and no arrays: an array
handed from function to function is counted, which costs 0.3 us a tile. Importing this module imports numba.
"""

from __future__ import annotations

from typing import Any

from numba.extending import register_jitable

from masksmooth_kernels import _memory as memory
from masksmooth_kernels import _simd as simd
from masksmooth_kernels.job import CACHED, COMING, LISTED


@register_jitable
def offset(to: int, vector: int) -> int:
    """Return where the pixels of a vector begin in every frame; two vectors are a tile."""
    return int(memory.number(memory.number(to, LISTED), vector >> 1) + simd.WIDTH * (vector & 1))


@register_jitable
def ask(to: int, together: int, i: int) -> None:
    """Ask for what will be looked at next, as far on as this."""
    for j in range(together):
        memory.prefetch(memory.number(to, COMING + j) + i)


@register_jitable
def apart(to: int, together: int) -> int:
    """Return 0 if all outputs are to be written past the caches, and are aligned for it."""
    unlike = memory.number(to, CACHED)
    for j in range(together):
        unlike |= memory.number(to, j)
    return int(unlike & (simd.WIDTH - 1))


@register_jitable
def put(address: int, vector: Any, cached: int) -> None:
    """Write a vector, past the caches if the address allows it and ``cached`` is 0."""
    if (address | cached) & (simd.WIDTH - 1):
        simd.store(address, vector)
    else:
        simd.stream(address, vector)


@register_jitable
def put_four(to: tuple[int, int, int, int], i: int, four: tuple[Any, Any, Any, Any], cached: int) -> None:
    """Write a vector to each of four outputs, past the caches if the offset and `apart` allow it.

    Not where two threads do so and each takes long, for lines leave half written: two threads take 37 ms for
    a Gaussian that one does in 20; by way of the caches 18, and one 20 as before.
    """
    if (i | cached) & (simd.WIDTH - 1):
        simd.store(to[0] + i, four[0])
        simd.store(to[1] + i, four[1])
        simd.store(to[2] + i, four[2])
        simd.store(to[3] + i, four[3])
    else:
        simd.stream(to[0] + i, four[0])
        simd.stream(to[1] + i, four[1])
        simd.stream(to[2] + i, four[2])
        simd.stream(to[3] + i, four[3])
