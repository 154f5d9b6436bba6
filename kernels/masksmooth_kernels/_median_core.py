"""Ranges of medians: what `masksmooth_kernels.median` computes, in vectors.

Scalar meaning, for each pixel ``i``: ``out[i] = sorted(frame[i] for frame in window)[(count - 1) // 2]``.

All of a window's values are sorted by a network of minima and maxima (`_networks`), 32 pixels side by side
and without a branch: to ask whether a tile moves at all costs more than it spares, of window 15 a quarter.
What a window lacks at the ends of the clip is filled up with 0 and 255 in turn, outwards from the clip: its
median stays in the middle (of two middle ones the lower), and cut windows share their frames as whole ones
do.

Each window has its own network, and so its own function for numba to keep on disk. Importing this module
imports numba.
"""

from __future__ import annotations

from typing import Any

from numba.extending import overload

from masksmooth_kernels import _memory as memory
from masksmooth_kernels import _simd as simd
from masksmooth_kernels._frames import addresses, lines, vectors
from masksmooth_kernels._networks import medians_of
from masksmooth_kernels._part import part
from masksmooth_kernels._sums import features
from masksmooth_kernels._tiles import ask, offset, put_each, put_line, put_lines
from masksmooth_kernels.job import CACHED, PAIRS

LINES_FROM = 11
"""Frames of a window from which a register of AVX-512 is filled: a median of 15 takes an eighth less time,
of 11 a twentieth, of 7 a twentieth more."""


@part
def one(window: tuple[int, ...], filled: int, to: int, tiles: int) -> None:
    """Write tiles of one output."""
    frames, out, cached = addresses(filled, window), memory.number(to, 0), memory.number(to, CACHED)
    for tile in range(tiles):
        i = offset(to, tile)
        ask(to, 1, i)
        lower, upper = medians_of(vectors(frames, i), (0,)), medians_of(vectors(frames, i + simd.WIDTH), (0,))
        put_line(out + i, lower[0], upper[0], cached)


@part
def four_by_lines(window: tuple[int, ...], filled: int, to: int, tiles: int) -> None:
    """Write tiles of four outputs in turn, each tile one vector of 64 bytes."""
    frames, outs = addresses(filled, (*window, 0, 0, 0)), addresses(to, (0, 0, 0, 0))
    cached = memory.number(to, CACHED)
    for tile in range(tiles):
        i = offset(to, tile)
        ask(to, 4, i)
        put_each(outs, i, medians_of(lines(frames, i), (0, 0, 0, 0)), cached)


@part
def four_by_vectors(window: tuple[int, ...], filled: int, to: int, tiles: int) -> None:
    """Write tiles of four outputs in turn, each tile two vectors."""
    frames, outs = addresses(filled, (*window, 0, 0, 0)), addresses(to, (0, 0, 0, 0))
    cached = memory.number(to, CACHED)
    for tile in range(tiles):
        i = offset(to, tile)
        ask(to, 4, i)
        lower = medians_of(vectors(frames, i), (0, 0, 0, 0))
        upper = medians_of(vectors(frames, i + simd.WIDTH), (0, 0, 0, 0))
        put_lines(outs, i, lower, upper, cached)


def four(window: tuple[int, ...], filled: int, to: int, tiles: int) -> None:
    """Write tiles of four outputs in turn."""
    raise NotImplementedError("numba puts one of the two in its place")


@overload(four, strict=False, jit_options={"no_cpython_wrapper": True, "no_cfunc_wrapper": True})
def _four(window: Any, filled: Any, to: Any, tiles: Any) -> Any:
    return four_by_lines if len(window) >= LINES_FROM and "+avx512bw" in features() else four_by_vectors


@part
def fill_up(recipe: int, lacking: int, frames: int, reach: int, at: int) -> int:
    """Return where the addresses of ``reach`` frames lie, filled up before, by ``lacking``, and after."""
    filled = at + 8 * PAIRS
    if frames == reach:
        return at
    for k in range(lacking):
        memory.set_number(filled, k, memory.number(recipe, 1 - (lacking - k) % 2))
    for k in range(frames):
        memory.set_number(filled, lacking + k, memory.number(at, k))
    for k in range(lacking + frames, reach):
        memory.set_number(filled, k, memory.number(recipe, (k - frames) % 2))
    return filled


@part
def medians(
    window: tuple[int, ...], recipe: int, which: tuple[int, int, int], at: int, to: int, tiles: int
) -> None:
    """Write tiles of one output, or of four in turn; ``at`` has the addresses of the frames they see.

    ``recipe`` is where the addresses of zeros and of 255 are, and then how many frames each output's window
    lacks before the clip.
    """
    output, together, frames = which
    lacking = memory.number(recipe, 2 + output)
    filled = fill_up(recipe, lacking, frames, len(window) + together - 1, at)
    if together == 1:
        one(window, filled, to, tiles)
    else:
        four(window, filled, to, tiles)


_1, _3, _5, _7, _9, _11, _13, _15 = ((0,) * window for window in range(1, 16, 2))
_17, _19, _21, _23, _25, _27, _29, _31 = ((0,) * window for window in range(17, 32, 2))


def medians_1(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    medians(_1, recipe, (output, together, frames), at, to, tiles)


def medians_3(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    medians(_3, recipe, (output, together, frames), at, to, tiles)


def medians_5(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    medians(_5, recipe, (output, together, frames), at, to, tiles)


def medians_7(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    medians(_7, recipe, (output, together, frames), at, to, tiles)


def medians_9(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    medians(_9, recipe, (output, together, frames), at, to, tiles)


def medians_11(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    medians(_11, recipe, (output, together, frames), at, to, tiles)


def medians_13(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    medians(_13, recipe, (output, together, frames), at, to, tiles)


def medians_15(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    medians(_15, recipe, (output, together, frames), at, to, tiles)


def medians_17(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    medians(_17, recipe, (output, together, frames), at, to, tiles)


def medians_19(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    medians(_19, recipe, (output, together, frames), at, to, tiles)


def medians_21(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    medians(_21, recipe, (output, together, frames), at, to, tiles)


def medians_23(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    medians(_23, recipe, (output, together, frames), at, to, tiles)


def medians_25(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    medians(_25, recipe, (output, together, frames), at, to, tiles)


def medians_27(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    medians(_27, recipe, (output, together, frames), at, to, tiles)


def medians_29(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    medians(_29, recipe, (output, together, frames), at, to, tiles)


def medians_31(recipe: int, output: int, together: int, frames: int, at: int, to: int, tiles: int) -> None:
    medians(_31, recipe, (output, together, frames), at, to, tiles)
