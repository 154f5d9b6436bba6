"""How the window kernels are run on a volume, and what they share with a stream (`window`).

The way through memory is `_pass`, which takes a table (`job`) of what is to be done. Of a volume of 0 and 255
with a window of up to seven frames `_history` does all strips, or the beginnings of them, before.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels import job
from masksmooth_kernels._jit import function, native
from masksmooth_kernels.job import BLOCK, BLOCKS, SPACE, STRIP, TILE, VECTOR, Ints
from masksmooth_kernels.lookup import MOST, Meaning, available, lookups, may_be_of_two_values
from masksmooth_kernels.schedule import Schedule, schedule
from masksmooth_kernels.volume import Volume, aligned, as_planes, check_radius, check_threads, output_for


@functools.cache
def ends() -> NDArray[np.uint8]:
    """Return ``(2, STRIP)``: zeros, and 255, for windows that are cut."""
    return np.repeat(np.array([0, 255], np.uint8), STRIP).reshape(2, -1)


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
    looking : bool
        Whether it takes so long that in a volume, too, it is worth while to look at bounds first.
    """

    module: str
    function: str
    recipe: Ints
    kept: object = None
    monotone: bool = True
    looking: bool = False


def table_of(plan: Schedule) -> Ints:
    """Return the table of a schedule (`job`), but for its core and where its frames and outputs lie."""
    table = np.zeros(job.ENTRIES, np.int64)
    for place, array in (
        (job.SEEN, plan.seen),
        (job.GROUPS, plan.groups),
        (job.KEEP, plan.keep),
    ):
        table[place] = array.ctypes.data
    table[job.REACH], table[job.GROUPED] = plan.seen.shape[1], len(plan.groups)
    table[job.TILES], table[job.KEEPING] = VECTOR, len(plan.keep)
    return table


def with_core(table: Ints, core: Core, *, looking: bool) -> Ints:
    """Return a table with its core and, if bounds are looked at first, with what that takes.

    All is compiled now or loaded.
    """
    table[job.CORE], table[job.RECIPE] = native(core.module, core.function), core.recipe.ctypes.data
    if looking:
        table[job.OPENING] = native("_known", "open_bounds" if core.monotone else "open_votes")
        table[job.OUTPUTS] = native("_pass", "known_outputs")
    return table


def strips_of(pixels: int) -> int:
    """Return how many strips a plane has; what is left after whole blocks is one of its own."""
    return -(-(pixels // BLOCK) // BLOCKS) + (pixels % BLOCK > 0)


def room() -> Ints:
    """Return room for one call, with the offsets of a strip's tiles in it."""
    made = aligned(8 * SPACE).view(np.int64)
    made[job.EVERY :][: STRIP // TILE] = np.arange(0, STRIP, TILE)
    return made


def smooth_volume(
    volume: Volume,
    out: Volume | None,
    core_of: Callable[[Schedule, int], Core],
    *,
    radius: int,
    threads: int,
    meaning: Meaning | None = None,
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
    meaning : callable, optional
        What is made of 0 and 255, if that depends only on how a window is cut.
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
    if planes.size:
        _smooth(planes, out.reshape(planes.shape), _Work(plan, radius, core_of, meaning, threads))
    return out


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be done with a volume."""

    plan: Schedule
    radius: int
    core_of: Callable[[Schedule, int], Core]
    meaning: Meaning | None
    threads: int


def _smooth(planes: Volume, out: Volume, work: _Work) -> None:
    """Do a volume's schedule, ``(T, pixels)``; small planes are padded."""
    pixels = planes.shape[1]
    if pixels < BLOCK:
        padded = np.pad(planes, ((0, 0), (0, BLOCK - pixels)))
        wide = np.empty_like(padded)
        _smooth(padded, wide, work)
        out[...] = wide[:, :pixels]
        return
    frames = np.arange(len(planes), dtype=np.int64)
    rows = planes.ctypes.data + frames * planes.strides[0]
    places = out.ctypes.data + frames * out.strides[0]
    begin = np.zeros(strips_of(pixels), np.int64)
    table = table_of(work.plan)
    table[job.ROWS], table[job.OUT] = rows.ctypes.data, places.ctypes.data
    table[job.ARRIVING], table[job.PIXELS] = len(planes), pixels
    table[job.LAG], table[job.BEGIN] = work.radius, begin.ctypes.data
    if work.meaning and 2 * work.radius < MOST and may_be_of_two_values(planes) and available():
        tables, _kept = lookups(work.plan, work.meaning)
        table[job.LOOKUPS] = tables.ctypes.data
        _run(("_history", "look_up"), table, len(begin), work.threads)
    if begin.min() < len(work.plan.groups):
        core = work.core_of(work.plan, work.radius)
        way = "look_first" if core.looking else "compute_all"
        _run(("_pass", way), with_core(table, core, looking=core.looking), len(begin), work.threads)


def _run(way: tuple[str, str], table: Ints, strips: int, threads: int) -> None:
    """Have a function do what a table says, with the strips shared out."""
    run = function(native(*way), 4)

    def work(span: tuple[int, int]) -> None:
        mine = room()
        run(table.ctypes.data, *span, mine.ctypes.data)

    spans = _spans(strips, threads)
    if len(spans) == 1:
        work(spans[0])
        return
    with ThreadPoolExecutor(len(spans)) as pool:
        list(pool.map(work, spans))


def _spans(count: int, threads: int) -> list[tuple[int, int]]:
    """Share strips out."""
    edges = [count * k // threads for k in range(threads + 1)]
    return [(first, end) for first, end in itertools.pairwise(edges) if first < end]
