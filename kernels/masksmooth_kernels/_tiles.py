"""What the window kernels' cores do with the tiles they are given: find them, and write to them.

These functions are compiled into the kernels that call them. They take addresses and no arrays: an array
handed from function to function is counted, which costs 0.3 us a tile. Importing this module imports numba.
"""

from __future__ import annotations

from typing import Any

from numba.extending import register_jitable

from masksmooth_kernels import _memory as memory
from masksmooth_kernels import _simd as simd
from masksmooth_kernels.job import CACHED, COMING, KEPT, LISTED, TILE


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
def keep(to: int, vector: int, four: tuple[Any, Any, Any, Any]) -> None:
    """Keep one of the two vectors of a tile of each of four outputs, until `write` writes them."""
    at = to + 8 * KEPT + simd.WIDTH * (vector & 1)
    simd.store(at, four[0])
    simd.store(at + TILE, four[1])
    simd.store(at + 2 * TILE, four[2])
    simd.store(at + 3 * TILE, four[3])


@register_jitable
def write(to: int, outs: tuple[int, int, int, int], i: int, cached: int) -> None:
    """Write a tile of each of four outputs, past the caches if the offset and `apart` allow it.

    Whole lines at once: of halves that come one after the other past the caches, with long to compute between
    them, many go to memory as halves where two threads write. A Gaussian of window 15 took 1.4 times as long
    with two threads as with one; so two thirds, and a median of window 7 reaches a copy's speed.
    """
    for j in range(4):
        at, out = to + 8 * KEPT + TILE * j, memory.number(to, j) + i
        if (i | cached) & (simd.WIDTH - 1):
            simd.store(out, simd.load(at))
            simd.store(out + simd.WIDTH, simd.load(at + simd.WIDTH))
        else:
            simd.stream(out, simd.load(at))
            simd.stream(out + simd.WIDTH, simd.load(at + simd.WIDTH))


@register_jitable
def put(address: int, vector: Any, cached: int) -> None:
    """Write a vector, past the caches if the address allows it and ``cached`` is 0."""
    if (address | cached) & (simd.WIDTH - 1):
        simd.store(address, vector)
    else:
        simd.stream(address, vector)


@register_jitable
def put_four(to: tuple[int, int, int, int], i: int, four: tuple[Any, Any, Any, Any], cached: int) -> None:
    """Write a vector to each of four outputs, past the caches if the offset and `apart` allow it."""
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
