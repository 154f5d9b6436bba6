"""What the window kernels' cores do with the tiles they are given: find them, and write to them.

These functions are compiled into the kernels that call them. They take addresses and no arrays: an array
handed from function to function is counted, which costs 0.3 us a tile. Importing this module imports numba.
"""

from __future__ import annotations

from typing import Any

from masksmooth_kernels import _memory as memory
from masksmooth_kernels import _simd as simd
from masksmooth_kernels._part import part
from masksmooth_kernels.job import CACHED, COMING, LISTED


@part
def offset(to: int, tile: int) -> int:
    """Return where the pixels of a tile, which are two vectors, begin in every frame."""
    place: int = memory.number(memory.number(to, LISTED), tile)
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
def put_line(address: int, lower: Any, upper: Any, unlike: int) -> None:
    """Write the two vectors of a tile, past the caches if the offset and `apart`, here in one, allow it.

    One right after the other: of halves that come past the caches with long to compute between them, many go
    to memory as halves where two threads write. A Gaussian of window 15 took 1.4 times as long with two
    threads as with one, so.
    """
    if unlike & (simd.WIDTH - 1):
        simd.store(address, lower)
        simd.store(address + simd.WIDTH, upper)
    else:
        simd.stream(address, lower)
        simd.stream(address + simd.WIDTH, upper)


@part
def put_lines(
    outs: tuple[int, int, int, int],
    i: int,
    lower: tuple[Any, Any, Any, Any],
    upper: tuple[Any, Any, Any, Any],
    cached: int,
) -> None:
    """Write a tile to each of four outputs."""
    put_line(outs[0] + i, lower[0], upper[0], i | cached)
    put_line(outs[1] + i, lower[1], upper[1], i | cached)
    put_line(outs[2] + i, lower[2], upper[2], i | cached)
    put_line(outs[3] + i, lower[3], upper[3], i | cached)


@part
def put_tiles(outs: tuple[int, int, int, int], i: int, four: tuple[Any, Any, Any, Any], cached: int) -> None:
    """Write a tile that is one vector to each of four outputs, past the caches if all are aligned for it."""
    if (outs[0] | outs[1] | outs[2] | outs[3] | i | cached) & (2 * simd.WIDTH - 1):
        simd.store_line(outs[0] + i, four[0])
        simd.store_line(outs[1] + i, four[1])
        simd.store_line(outs[2] + i, four[2])
        simd.store_line(outs[3] + i, four[3])
    else:
        simd.stream_line(outs[0] + i, four[0])
        simd.stream_line(outs[1] + i, four[1])
        simd.stream_line(outs[2] + i, four[2])
        simd.stream_line(outs[3] + i, four[3])
