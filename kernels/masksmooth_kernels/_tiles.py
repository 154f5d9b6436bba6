"""What the window kernels do with a tile: write it, copy it, learn whether it is one constant.

These functions are compiled into the kernels that call them. They take addresses and no arrays: an array
handed from function to function is counted, which costs 0.3 us a tile. Importing this module imports numba.
"""

from __future__ import annotations

from typing import Any

from numba.extending import register_jitable

from masksmooth_kernels import _simd as simd


@register_jitable
def following(out: int, i: int, last: int) -> int:
    """Return where the vector after the one at ``i`` begins: aligned in the output, but for the last."""
    return min(i + simd.WIDTH - ((out + i) & (simd.WIDTH - 1)), last)


@register_jitable
def put(address: int, vector: Any, cached: int) -> None:
    """Write a vector, past the caches if the address allows it and ``cached`` is 0."""
    if (address | cached) & (simd.WIDTH - 1):
        simd.store(address, vector)
    else:
        simd.stream(address, vector)


@register_jitable
def put_four(to: tuple[int, int, int, int], i: int, four: tuple[Any, Any, Any, Any], cached: int) -> None:
    """Write a vector to each of four outputs, past the caches if all the addresses allow it.

    Not where ``cached`` is 1, for where each takes long, and two threads do so, lines leave half written: two
    threads take 37 ms for a Gaussian that one does in 20; by way of the caches 18, and one 20 as before.
    """
    if ((to[0] + i) | (to[1] + i) | (to[2] + i) | (to[3] + i) | cached) & (simd.WIDTH - 1):
        simd.store(to[0] + i, four[0])
        simd.store(to[1] + i, four[1])
        simd.store(to[2] + i, four[2])
        simd.store(to[3] + i, four[3])
    else:
        simd.stream(to[0] + i, four[0])
        simd.stream(to[1] + i, four[1])
        simd.stream(to[2] + i, four[2])
        simd.stream(to[3] + i, four[3])
