"""What the window kernels' cores do with the tiles they are given: find them, and write to them.

These functions are compiled into the kernels that call them. They take addresses and no arrays: an array
handed from function to function is counted, which costs 0.3 us a tile. Importing this module imports numba.
"""

from __future__ import annotations

from typing import Any

from masksmooth_kernels import _memory as memory
from masksmooth_kernels import _simd as simd
from masksmooth_kernels._part import part
from masksmooth_kernels.job import CACHED, COMING, KEPT, LINES, LISTED, TILE


@part
def offset(to: int, vector: int) -> int:
    """Return where the pixels of a vector begin in every frame; two vectors are a tile."""
    place: int = memory.number(memory.number(to, LISTED), vector >> 1) + simd.WIDTH * (vector & 1)
    return place


@part
def ask(to: int, together: int, i: int) -> None:
    """Ask for what will be looked at next, as far on as this."""
    for j in range(together):
        memory.prefetch(memory.number(to, COMING + j) + i)


@part
def apart(to: int, together: int) -> int:
    """Return 0 if all outputs are to be written past the caches, and are aligned for it."""
    unlike: int = memory.number(to, CACHED)
    for j in range(together):
        unlike |= memory.number(to, j)
    return unlike & (simd.WIDTH - 1)


@part
def put(address: int, vector: Any, cached: int) -> None:
    """Write a vector, past the caches if the address allows it and ``cached`` is 0."""
    if (address | cached) & (simd.WIDTH - 1):
        simd.store(address, vector)
    else:
        simd.stream(address, vector)


@part
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


@part
def put_tile(
    to: int,
    outs: tuple[int, int, int, int],
    place: tuple[int, int],
    four: tuple[Any, Any, Any, Any],
    cached: int,
) -> None:
    """Write one of the two vectors of a tile to each of four outputs; where lines are written whole, keep it.

    Of halves that come one after the other past the caches, with long to compute between them, many go to
    memory as halves where two threads write: a Gaussian of window 15 took 1.4 times as long with two threads
    as with one. Kept, it takes two thirds, and a median of window 7 reaches a copy's speed; one thread by
    itself takes a twentieth longer so.
    """
    vector, i = place
    if not memory.number(to, LINES):
        put_four(outs, i, four, cached)
        return
    kept = to + 8 * KEPT
    put_four((kept, kept + TILE, kept + 2 * TILE, kept + 3 * TILE), simd.WIDTH * (vector & 1), four, 1)
    if vector & 1:
        for j in range(4):
            out = memory.number(to, j) + i - simd.WIDTH
            put(out, simd.load(kept + TILE * j), cached)
            put(out + simd.WIDTH, simd.load(kept + TILE * j + simd.WIDTH), cached)
