"""How the window kernels are run on a volume, and what they share with a stream (`window`).

A plane is a row of pixels, cut into **strips** small enough for a window of one to stay in the second-level
cache: each byte of a volume is read from memory once. One strip follows the other, and in it one group of
outputs the other (`_passes.volume`). Where 32 pixels are the same in all frames that a group sees, which is
most of a mask, they are copied: the cores find that out as they read.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels import job
from masksmooth_kernels._jit import function, native
from masksmooth_kernels.job import PART, SPACE, STRIP, TILE, VECTOR, Ints
from masksmooth_kernels.schedule import Schedule, schedule
from masksmooth_kernels.volume import Volume, as_planes, check_radius, check_threads, output_for

CACHE_LINE = 64


@functools.cache
def constants() -> NDArray[np.uint8]:
    """Return ``(256, PART * TILE)``: row ``v`` holds ``v``."""
    return np.repeat(np.arange(256, dtype=np.uint8), PART * TILE).reshape(256, -1)


@functools.cache
def ends() -> NDArray[np.uint8]:
    """Return ``(2, STRIP + VECTOR)``: zeros, and 255, for windows that are cut."""
    return np.repeat(np.array([0, 255], np.uint8), STRIP + VECTOR).reshape(2, -1)


@dataclass(frozen=True, slots=True)
class Core:
    """What is made of a window.

    Attributes
    ----------
    module, function : str
        Where it is.
    recipe : int64
        What it needs to know.
    kept : object
        What must live as long, for the recipe has its address.
    monotone : bool
        Whether no output falls when a pixel of its window rises.
    """

    module: str
    function: str
    recipe: Ints
    kept: object = None
    monotone: bool = True


def table_of(plan: Schedule, core: Core) -> Ints:
    """Return the table of a schedule (`job`), but for where its frames and outputs lie."""
    table = np.zeros(job.ENTRIES, np.int64)
    table[job.CORE], table[job.RECIPE] = native(core.module, core.function), core.recipe.ctypes.data
    for place, array in (
        (job.SEEN, plan.seen),
        (job.GROUPS, plan.groups),
        (job.KEEP, plan.keep),
        (job.CONSTANTS, constants()),
    ):
        table[place] = array.ctypes.data
    table[job.REACH], table[job.GROUPED] = plan.seen.shape[1], len(plan.groups)
    table[job.PARTED] = VECTOR // PART
    table[job.KEEPING], table[job.MONOTONE] = len(plan.keep), core.monotone
    return table


def aligned(size: int) -> NDArray[np.uint8]:
    """Return uninitialised bytes that begin on a cache line, as stores past the caches ask for."""
    room = np.empty(size + CACHE_LINE, np.uint8)
    first = -room.ctypes.data % CACHE_LINE
    return room[first : first + size]


def room() -> Ints:
    """Return room for the addresses of one call's frames and outputs."""
    return aligned(8 * SPACE).view(np.int64)


def smooth_volume(
    volume: Volume,
    out: Volume | None,
    core_of: Callable[[Schedule, int], Core],
    *,
    radius: int,
    threads: int,
    cut_too: bool = False,
) -> Volume:
    """Smooth a whole volume, one output for each frame; the public functions of the kernels say the rest.

    Parameters
    ----------
    volume : (T, ...) uint8
        Planes, oldest first.
    out : (T, ...) uint8, optional
        Where the result goes.
    core_of : callable
        Says what is made of the windows of a schedule, given it and the radius.
    radius, threads : int
        As the caller was given them.
    cut_too : bool
        See `schedule`.

    Returns
    -------
    (T, ...) uint8
        ``out``, or a new array.

    Raises
    ------
    ValueError
        If an option or an array is not allowed.
    """
    radius, threads = check_radius(radius), check_threads(threads)
    planes, out = as_planes(volume), output_for(volume, out)
    plan = schedule(0, len(planes), radius=radius, held=0, end=True, cut_too=cut_too)
    core = core_of(plan, radius)
    if planes.size:
        _smooth(planes, out.reshape(planes.shape), table_of(plan, core), threads)
    return out


def _smooth(planes: Volume, out: Volume, table: Ints, threads: int) -> None:
    """Do a volume's schedule, ``(T, pixels)``; planes smaller than a vector are padded."""
    pixels = planes.shape[1]
    if pixels < VECTOR:
        padded = np.pad(planes, ((0, 0), (0, VECTOR - pixels)))
        wide = np.empty_like(padded)
        _smooth(padded, wide, table, threads)
        out[...] = wide[:, :pixels]
        return
    frames = np.arange(len(planes), dtype=np.int64)
    rows = planes.ctypes.data + frames * planes.strides[0]
    places = out.ctypes.data + frames * out.strides[0]
    table[job.ROWS], table[job.OUT], table[job.CACHED] = rows.ctypes.data, places.ctypes.data, threads > 1
    run = function(native("_passes", "volume"), 5)

    def work(span: tuple[int, int]) -> None:
        mine = room()
        run(table.ctypes.data, *span, STRIP, mine.ctypes.data)

    spans = _spans(pixels, threads, -out.ctypes.data % CACHE_LINE)
    if len(spans) == 1:
        work(spans[0])
        return
    with ThreadPoolExecutor(len(spans)) as pool:
        list(pool.map(work, spans))


def _spans(pixels: int, threads: int, phase: int) -> list[tuple[int, int]]:
    """Share pixels out; every share has at least `VECTOR` and all but the first begin on a cache line."""
    share = max(-(-pixels // threads) // CACHE_LINE, 1) * CACHE_LINE
    edges = [0, *range(share + phase, pixels - VECTOR, share)][:threads]
    return list(zip(edges, [*edges[1:], pixels], strict=True))
