"""A mask brought to another size: what `masksmooth_kernels.upsample` computes, in vectors.

Scalar meaning, of the two rows and columns nearest to an output pixel, in integers::

    top = (a * (65536 - fx) + b * fx + 128) >> 8      # 256ths of a level
    bottom = (c * (65536 - fx) + d * fx + 128) >> 8
    out = (((top * (65535 - fy)) >> 16) + ((bottom * fy) >> 16) + 129) >> 8

Rows are widened first, each once and pixel by pixel, for that takes a table; but where the pixels that 32
of the output lie between are all the same, as in most of a real mask, these are that. The far greater number
of pixels between rows comes from 16-bit lanes. In a widened row the pixels are in the order of `order`.

Importing this module imports numba.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels import _memory as memory
from masksmooth_kernels import _shorts as shorts
from masksmooth_kernels import _simd as simd
from masksmooth_kernels._jit import kernel
from masksmooth_kernels._part import part

Axis = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint32]]
"""For every output place the one at or before it in the mask, the next, and how far between, 0 .. 65535."""


def order(width: int) -> NDArray[np.int64]:
    """Return the columns of a row as they are computed: of every vector the even ones, then the odd.

    Columns beyond the width repeat the last.
    """
    vectors = np.arange(-(-width // simd.WIDTH) * simd.WIDTH).reshape(-1, simd.WIDTH // 2, 2)
    return np.minimum(vectors.swapaxes(1, 2).reshape(-1), width - 1)


@part
def _widen(row: int, columns: Axis, span: int, out: int) -> None:
    """Write a row at the output's width, in 256ths, to the address ``out``.

    ``row`` is the address of the mask's, with a vector of any pixels after it; ``span`` that of a vector of
    255 and one of 0, which tell the pixels that a vector of the output needs from those it does not.
    """
    left, right, between = columns
    for start in range(0, left.size, simd.WIDTH):
        first, end = left[start], right[start + simd.WIDTH - 1] + 1
        found = simd.load(row + first)
        value, needed = simd.first_byte(found), memory.lesser(end - first, simd.WIDTH)
        unlike = simd.differing(found, simd.bytes_of(value))
        unlike = simd.both(unlike, simd.load(span + simd.WIDTH - needed))
        if end - first <= simd.WIDTH and not simd.any_bit(unlike):
            shorts.store_shorts(out + 2 * start, shorts.shorts_of(value << 8))
            shorts.store_shorts(out + 2 * start + simd.WIDTH, shorts.shorts_of(value << 8))
            continue
        for x in range(start, start + simd.WIDTH):
            share = np.int64(between[x])
            total = memory.byte(row + left[x]) * (65536 - share) + memory.byte(row + right[x]) * share
            memory.set_short(out + 2 * x, (total + 128) >> 8)


@part
def _between(above: int, below: int, share: int, at: int, count: int, limit: tuple[int, int]) -> None:
    """Write ``count`` vectors between two widened rows."""
    rest, part, half = shorts.shorts_of(65535 - share), shorts.shorts_of(share), shorts.shorts_of(129)
    level, value = simd.bytes_of(limit[0]), simd.bytes_of(limit[1])
    for i in range(count):
        a, b = above + 2 * simd.WIDTH * i, below + 2 * simd.WIDTH * i
        even = simd.add(
            shorts.multiply_high(shorts.load_shorts(a), rest),
            shorts.multiply_high(shorts.load_shorts(b), part),
        )
        a, b = a + simd.WIDTH, b + simd.WIDTH
        odd = simd.add(
            shorts.multiply_high(shorts.load_shorts(a), rest),
            shorts.multiply_high(shorts.load_shorts(b), part),
        )
        mixed = shorts.in_turn(simd.add(even, half), simd.add(odd, half))
        if limit[0] >= 0:
            mixed = simd.both(simd.equal(simd.maximum(mixed, level), mixed), value)
        simd.store(at + simd.WIDTH * i, mixed)


@kernel
def upsample(
    rows: Axis,
    columns: Axis,
    places: tuple[int, int, int, int],
    limit: tuple[int, int],
    steps: tuple[int, int],
) -> None:
    """Write a mask at another size.

    Parameters
    ----------
    rows, columns : Axis
        The columns in `order`, ``N`` of them, a multiple of a vector.
    places : (int, int, int, int)
        Addresses of the mask, of a vector of 255 and one of 0, of ``2 * N`` 16-bit numbers, and of the
        output. A row is written to the end of its last vector; what that spoils is the next row, written
        after it.
    limit : (int, int)
        From this level on a pixel gets this value, others 0 (a negative level: as they are).
    steps : (int, int)
        Pixels of a row of the mask, and of the output.
    """
    tops, bottoms, shares = rows
    mask, span, wide, out = places
    size = 2 * columns[0].size
    held = np.int64(-1), np.int64(-1)
    for y in range(tops.size):
        for row in (tops[y], bottoms[y]):
            if row & 1 == 0 and held[0] != row:
                _widen(mask + row * steps[0], columns, span, wide)
                held = row, held[1]
            elif row & 1 == 1 and held[1] != row:
                _widen(mask + row * steps[0], columns, span, wide + size)
                held = held[0], row
        above, below = wide + size * (tops[y] & 1), wide + size * (bottoms[y] & 1)
        _between(above, below, np.int64(shares[y]), out + y * steps[1], size // 2 // simd.WIDTH, limit)
