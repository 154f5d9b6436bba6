"""What the window kernels do with a tile: write it, copy it, learn whether it is one constant.

These functions are compiled into the kernels that call them. They take addresses and no arrays: an array
handed from function to function is counted, which costs 0.3 us a tile. Importing this module imports numba.
"""

from __future__ import annotations

from typing import Any

from numba.extending import register_jitable

from masksmooth_kernels import _memory as memory
from masksmooth_kernels import _simd as simd
from masksmooth_kernels.job import ONE, TILE, Job

Place = tuple[int, int]
"""A tile's pixels, and how many of them come before the first cache line of the output."""


@register_jitable
def extent(tile: int, tiles: int, pixels: int, phase: int) -> tuple[int, int, int]:
    """Return where a tile begins, its pixels, and how many come before a cache line begins in the output."""
    start = tile * TILE + phase if tile else 0
    size = (pixels if tile == tiles - 1 else (tile + 1) * TILE + phase) - start
    return start, size, (0 if tile else phase)


@register_jitable
def put(address: int, vector: Any) -> None:
    """Write a vector, past the caches if the address allows it."""
    if address & (simd.WIDTH - 1):
        simd.store(address, vector)
    else:
        simd.stream(address, vector)


@register_jitable
def put_pair(out: int, i: int, j: int, size: int, vector: Any, other: Any) -> None:
    """Write two vectors that follow each other, so that a cache line leaves in one piece."""
    put(out + i, vector)
    if j < size:
        put(out + j, other)


@register_jitable
def following(i: int, size: int, head: int) -> int:
    """Return where the vector after the one at ``i`` begins; the last one may overlap the one before it."""
    if i >= size - simd.WIDTH:
        return size
    return min(min(i + simd.WIDTH, head) if i < head else i + simd.WIDTH, size - simd.WIDTH)


@register_jitable
def look(address: int, size: int) -> int:
    """Return the state of a tile by itself: 0, or if all its bytes are the same, `ONE` plus that."""
    first = simd.load(address)
    level = simd.bytes_of(simd.first_byte(first))
    unlike = simd.differing(first, level)
    for i in range(simd.WIDTH, size - simd.WIDTH + 1, simd.WIDTH):
        unlike = simd.either(unlike, simd.differing(simd.load(address + i), level))
    unlike = simd.either(unlike, simd.differing(simd.load(address + size - simd.WIDTH), level))
    return 0 if simd.any_bit(unlike) else ONE + simd.first_byte(first)


@register_jitable
def fill(out: int, size: int, head: int, value: int) -> None:
    """Write a constant tile."""
    level = simd.bytes_of(value)
    i = 0
    while i < size:
        put(out + i, level)
        i = following(i, size, head)


@register_jitable
def copy(source: int, target: int, size: int) -> None:
    """Copy a tile."""
    for i in range(0, size - simd.WIDTH + 1, simd.WIDTH):
        simd.store(target + i, simd.load(source + i))
    simd.store(target + size - simd.WIDTH, simd.load(source + size - simd.WIDTH))


@register_jitable
def hold(job: Job, first: int, end: int) -> None:
    """Copy the tiles of the fresh frames that later windows need to where the stream holds them."""
    for k in range(job.keeping):
        row, slot = memory.number(job.keep, 2 * k), memory.number(job.keep, 2 * k + 1)
        source, target = memory.number(job.rows, row), memory.number(job.rows, slot)
        for tile in range(first, end):
            run = memory.state(job.states, row * job.tiles + tile)
            memory.set_state(job.states, slot * job.tiles + tile, run)
            if run == 0:
                start, size, _ = extent(tile, job.tiles, job.pixels, job.phase)
                copy(source + start, target + start, size)
