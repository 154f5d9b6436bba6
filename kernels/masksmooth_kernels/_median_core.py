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
from masksmooth_kernels._networks import medians_at
from masksmooth_kernels._tiles import following, put, put_pair


@register_jitable
def medians(
    window: tuple[int, ...], recipe: int, which: tuple[int, int], at: int, to: int, place: tuple[int, int]
) -> None:
    """Write a tile of one output, or of four in turn; ``at`` has the addresses of their windows' tiles.

    ``recipe`` is where the addresses of tiles of zeros and of 255 are.
    """
    (together, count), (size, head) = which, place
    least = len(window) // 2 - (count - 1) // 2
    for k in range(len(window) - count):
        memory.set_number(at, count + k, memory.number(recipe, 0 if k < least else 1))
    first = memory.number(to, 0)
    i = 0
    if together == 1:
        while i < size:
            put(first + i, medians_at(at, i, window, (0,))[0])
            i = following(i, size, head)
        return
    second, third, fourth = memory.number(to, 1), memory.number(to, 2), memory.number(to, 3)
    while i < size:
        j = following(i, size, head)
        these = medians_at(at, i, window, (0, 0, 0, 0))
        those = medians_at(at, i if j == size else j, window, (0, 0, 0, 0))
        put_pair(first, i, j, size, these[0], those[0])
        put_pair(second, i, j, size, these[1], those[1])
        put_pair(third, i, j, size, these[2], those[2])
        put_pair(fourth, i, j, size, these[3], those[3])
        i = following(j, size, head)


_1, _3, _5, _7, _9, _11, _13, _15 = ((0,) * window for window in range(1, 16, 2))
_17, _19, _21, _23, _25, _27, _29, _31 = ((0,) * window for window in range(17, 32, 2))


def medians_1(
    recipe: int, output: int, together: int, count: int, at: int, to: int, size: int, head: int
) -> None:
    medians(_1, recipe, (together, count), at, to, (size, head))


def medians_3(
    recipe: int, output: int, together: int, count: int, at: int, to: int, size: int, head: int
) -> None:
    medians(_3, recipe, (together, count), at, to, (size, head))


def medians_5(
    recipe: int, output: int, together: int, count: int, at: int, to: int, size: int, head: int
) -> None:
    medians(_5, recipe, (together, count), at, to, (size, head))


def medians_7(
    recipe: int, output: int, together: int, count: int, at: int, to: int, size: int, head: int
) -> None:
    medians(_7, recipe, (together, count), at, to, (size, head))


def medians_9(
    recipe: int, output: int, together: int, count: int, at: int, to: int, size: int, head: int
) -> None:
    medians(_9, recipe, (together, count), at, to, (size, head))


def medians_11(
    recipe: int, output: int, together: int, count: int, at: int, to: int, size: int, head: int
) -> None:
    medians(_11, recipe, (together, count), at, to, (size, head))


def medians_13(
    recipe: int, output: int, together: int, count: int, at: int, to: int, size: int, head: int
) -> None:
    medians(_13, recipe, (together, count), at, to, (size, head))


def medians_15(
    recipe: int, output: int, together: int, count: int, at: int, to: int, size: int, head: int
) -> None:
    medians(_15, recipe, (together, count), at, to, (size, head))


def medians_17(
    recipe: int, output: int, together: int, count: int, at: int, to: int, size: int, head: int
) -> None:
    medians(_17, recipe, (together, count), at, to, (size, head))


def medians_19(
    recipe: int, output: int, together: int, count: int, at: int, to: int, size: int, head: int
) -> None:
    medians(_19, recipe, (together, count), at, to, (size, head))


def medians_21(
    recipe: int, output: int, together: int, count: int, at: int, to: int, size: int, head: int
) -> None:
    medians(_21, recipe, (together, count), at, to, (size, head))


def medians_23(
    recipe: int, output: int, together: int, count: int, at: int, to: int, size: int, head: int
) -> None:
    medians(_23, recipe, (together, count), at, to, (size, head))


def medians_25(
    recipe: int, output: int, together: int, count: int, at: int, to: int, size: int, head: int
) -> None:
    medians(_25, recipe, (together, count), at, to, (size, head))


def medians_27(
    recipe: int, output: int, together: int, count: int, at: int, to: int, size: int, head: int
) -> None:
    medians(_27, recipe, (together, count), at, to, (size, head))


def medians_29(
    recipe: int, output: int, together: int, count: int, at: int, to: int, size: int, head: int
) -> None:
    medians(_29, recipe, (together, count), at, to, (size, head))


def medians_31(
    recipe: int, output: int, together: int, count: int, at: int, to: int, size: int, head: int
) -> None:
    medians(_31, recipe, (together, count), at, to, (size, head))
