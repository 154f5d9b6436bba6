"""A colour blended into 8-bit rows: what `masksmooth_kernels.blend` computes, in vectors.

Scalar meaning, for each pixel ``x`` of a row, in 16 bits::

    t = colour * weight[x] + plane[x] * (255 - weight[x]) + 128
    out[x] = (t + (t >> 8)) >> 8

Where 32 weights are 0, as most of a real mask is, nothing is computed, and in place nothing is even read.
Importing this module imports numba.
"""

from __future__ import annotations

from typing import Any

from masksmooth_kernels import _memory as memory
from masksmooth_kernels import _shorts as shorts
from masksmooth_kernels import _simd as simd
from masksmooth_kernels._jit import kernel
from masksmooth_kernels._part import part

AHEAD = 1024
"""Bytes: how far ahead a plane is asked for; without it, each border of a mask waits for memory."""


@part
def _blended(plane: Any, weight: Any, rest: Any, colour: Any, half: Any) -> Any:
    total = simd.add(simd.add(shorts.multiply(colour, weight), shorts.multiply(plane, rest)), half)
    return simd.add(total, shorts.upper(total))


@kernel
def blend8(
    rows: tuple[int, int, int], steps: tuple[int, int, int], size: tuple[int, int], level: int
) -> None:
    """Blend ``level`` into the rows of a plane.

    Parameters
    ----------
    rows : (int, int, int)
        Where the result, the plane (perhaps the same) and the weights begin.
    steps : (int, int, int)
        Bytes from one row of them to the next.
    size : (int, int)
        Height and width.
    """
    height, width = size
    colour, half, all_bits = shorts.shorts_of(level), shorts.shorts_of(128), simd.bytes_of(255)
    for y in range(height):
        out, plane, weights = rows[0] + y * steps[0], rows[1] + y * steps[1], rows[2] + y * steps[2]
        whole = width - width % simd.WIDTH
        for x in range(0, whole, simd.WIDTH):
            w = simd.load(weights + x)
            memory.prefetch(plane + x + AHEAD)
            if simd.any_bit(w):
                p, rest = simd.load(plane + x), simd.differing(w, all_bits)
                even = _blended(simd.even(p), simd.even(w), simd.even(rest), colour, half)
                odd = _blended(simd.odd(p), simd.odd(w), simd.odd(rest), colour, half)
                simd.store(out + x, shorts.in_turn(even, odd))
            elif out != plane:
                simd.store(out + x, simd.load(plane + x))
        for x in range(whole, width):
            weight = memory.byte(weights + x)
            total = level * weight + memory.byte(plane + x) * (255 - weight) + 128
            memory.set_byte(out + x, (total + (total >> 8)) >> 8)
