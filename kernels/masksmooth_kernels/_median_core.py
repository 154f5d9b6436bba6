"""A tile of medians: what `masksmooth_kernels.median` computes, in vectors.

Scalar meaning, for each pixel ``i``: ``out[i] = sorted(frame[i] for frame in window)[(count - 1) // 2]``.

All of a window's values are sorted by a network of minima and maxima, 32 pixels side by side and without a
branch: K. E. Batcher's odd-even merge sort ("Sorting networks and their applications", AFIPS 1968). Only the
middle value is asked for, so the compiler leaves out every minimum and maximum that cannot reach it. A
window cut at the end of a clip is filled up with constants 0 and 255, so that its median stays in the middle.

Each window has its own network, and so its own function for numba to keep on disk. Importing this module
imports numba.
"""

from __future__ import annotations

from numba.extending import register_jitable

from masksmooth_kernels import _memory as memory
from masksmooth_kernels._frames import addresses, alike, vectors
from masksmooth_kernels._networks import medians_of
from masksmooth_kernels._simd import WIDTH
from masksmooth_kernels._tiles import following, put, put_four


@register_jitable
def one(window: tuple[int, ...], at: int, to: int, size: int) -> None:
    """Write a range of one output."""
    frames, out, last = addresses(at, window), memory.number(to, 0), size - WIDTH
    i = 0
    while True:
        seen = vectors(frames, i)
        middle = seen[0]
        if not alike(seen):
            middle = medians_of(seen, (0,))[0]
        put(out + i, middle)
        if i == last:
            return
        i = following(out, i, last)


@register_jitable
def four(window: tuple[int, ...], at: int, to: int, size: int) -> None:
    """Write a range of four outputs in turn."""
    frames, outs, last = addresses(at, window + (0, 0, 0)), addresses(to, (0, 0, 0, 0)), size - WIDTH
    i = 0
    while True:
        seen = vectors(frames, i)
        middles = (seen[0], seen[0], seen[0], seen[0])
        if not alike(seen):
            middles = medians_of(seen, (0, 0, 0, 0))
        put_four(outs, i, middles)
        if i == last:
            return
        i = following(outs[0], i, last)


@register_jitable
def medians(
    window: tuple[int, ...], recipe: int, which: tuple[int, int], at: int, to: int, size: int
) -> None:
    """Write a range of one output, or of four in turn; ``at`` has the addresses of their windows' frames.

    ``recipe`` is where the addresses of zeros and of 255 are, which fill up a window that is cut.
    """
    together, count = which
    least = len(window) // 2 - (count - 1) // 2
    for k in range(len(window) - count):
        memory.set_number(at, count + k, memory.number(recipe, 0 if k < least else 1))
    if together == 1:
        one(window, at, to, size)
    else:
        four(window, at, to, size)


_1, _3, _5, _7, _9, _11, _13, _15 = ((0,) * window for window in range(1, 16, 2))
_17, _19, _21, _23, _25, _27, _29, _31 = ((0,) * window for window in range(17, 32, 2))


def medians_1(recipe: int, _output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    medians(_1, recipe, (together, count), at, to, size)


def medians_3(recipe: int, _output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    medians(_3, recipe, (together, count), at, to, size)


def medians_5(recipe: int, _output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    medians(_5, recipe, (together, count), at, to, size)


def medians_7(recipe: int, _output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    medians(_7, recipe, (together, count), at, to, size)


def medians_9(recipe: int, _output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    medians(_9, recipe, (together, count), at, to, size)


def medians_11(recipe: int, _output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    medians(_11, recipe, (together, count), at, to, size)


def medians_13(recipe: int, _output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    medians(_13, recipe, (together, count), at, to, size)


def medians_15(recipe: int, _output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    medians(_15, recipe, (together, count), at, to, size)


def medians_17(recipe: int, _output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    medians(_17, recipe, (together, count), at, to, size)


def medians_19(recipe: int, _output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    medians(_19, recipe, (together, count), at, to, size)


def medians_21(recipe: int, _output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    medians(_21, recipe, (together, count), at, to, size)


def medians_23(recipe: int, _output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    medians(_23, recipe, (together, count), at, to, size)


def medians_25(recipe: int, _output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    medians(_25, recipe, (together, count), at, to, size)


def medians_27(recipe: int, _output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    medians(_27, recipe, (together, count), at, to, size)


def medians_29(recipe: int, _output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    medians(_29, recipe, (together, count), at, to, size)


def medians_31(recipe: int, _output: int, together: int, count: int, at: int, to: int, size: int) -> None:
    medians(_31, recipe, (together, count), at, to, size)
