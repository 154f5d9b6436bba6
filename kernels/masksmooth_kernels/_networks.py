"""Medians by sorting networks, as vector code: the widest part of `_simd`, by itself.

K. E. Batcher's odd-even merge sort ("Sorting networks and their applications", AFIPS 1968), a minimum and a
maximum for each comparator. Only medians are asked for: LLVM leaves out what cannot reach one. Importing
this module imports numba.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from masksmooth_kernels._simd import Values, emitted, greater, lesser


def comparators(count: int) -> list[tuple[int, int]]:
    """Return K. E. Batcher's odd-even merge sort: pairs of places to put in order, one after the other."""
    pairs = []
    p = 1
    while p < count:
        k = p
        while k >= 1:
            for j in range(k % p, count - k, 2 * k):
                for i in range(min(k, count - j - k)):
                    if (i + j) // (2 * p) == (i + j + k) // (2 * p):
                        pairs.append((i + j, i + j + k))
            k //= 2
        p *= 2
    return pairs


@intrinsic
def medians_of(_context: Any, frames: Any, together: Any) -> Any:
    """Medians of vectors, for as many windows in turn as ``together`` is long; they share the frames."""
    count = len(together)

    def build(b: ir.IRBuilder, frames: Values, _together: Values) -> Values:
        return _medians(b, frames, len(frames) - count + 1)

    return emitted(types.UniTuple(frames.dtype, count), (frames, together), build)


def _sorted(b: ir.IRBuilder, values: Values) -> Values:
    """Sort by a network; minima and maxima that are not used later are left out by LLVM."""
    v = list(values)
    for low, high in comparators(len(v)):
        v[low], v[high] = lesser(b, v[low], v[high]), greater(b, v[low], v[high])
    return v


def _medians(b: ir.IRBuilder, frames: Values, window: int) -> Values:
    """Return the medians of the windows that begin at the first frames.

    Four windows share all but three frames each, and two of these in turn all but one. Of an even number of
    values in order, one more leaves the median between the middle two: it is the new value, cut to these.
    So of what four share only the middle four are needed, of what two share the middle two.
    """
    count = len(frames) - window + 1
    if count != 4 or window == 1:
        return [_sorted(b, frames[j : j + window])[window // 2] for j in range(count)]
    least, most = (ir.Constant(frames[0].type, [level] * frames[0].type.count) for level in (0, 255))
    shared = [least] * 2 + _sorted(b, frames[3:window]) + [most] * 2
    four = shared[len(shared) // 2 - 2 :][:4]
    medians = []
    for first, own in ((1, (0, window)), (window, (2, window + 2))):
        low, high = _middle_two(b, four, _sorted(b, frames[first : first + 2]))
        medians += [greater(b, low, lesser(b, high, frames[k])) for k in own]
    return medians


def _middle_two(b: ir.IRBuilder, four: Values, pair: Values) -> tuple[ir.Value, ir.Value]:
    """Return the middle two of four values and a pair, each in order.

    The value at place ``k`` of two rows in order is the least of the greater ones of any two of theirs that
    have ``k`` others before them.
    """

    def at(k: int) -> ir.Value:
        with_less, with_both = greater(b, four[k - 1], pair[0]), greater(b, four[k - 2], pair[1])
        return lesser(b, four[k], lesser(b, with_less, with_both))

    return at(2), at(3)
