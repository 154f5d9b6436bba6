"""How the window kernels go through memory: strip by strip, and through time within a strip.

A plane is a row of **tiles** of `TILE` pixels, and `STRIP` tiles make a **strip**, small enough for a window
of it to stay in the second-level cache: each byte of a volume is read from memory once. A kernel takes
one strip after the other, and in it one output after the other; frames are looked at when the first output
needs them. A `Job` says all this in numbers. It is the same for a volume, whose frames are all fresh, and
for a stream, which holds older frames in slots and gets one fresh frame, or more, with each call: so one
kernel serves both, and the results are bit-equal.

What is known of a tile (`_tiles`) is kept with the frame: for how many frames it has been constant, and the
value. On 1080p masks of a network, enlarged from 854 x 480, 54 to 90 % of the windows of 7 frames are one
constant at 256 pixels a tile; 41 to 84 at 512; 7 to 70 at 2048.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from masksmooth_kernels._jit import native
from masksmooth_kernels.job import CONSTANT, ROOM, STRIP, TILE, TOGETHER, VECTOR, Ints, Job, Span
from masksmooth_kernels.volume import Volume, as_planes, check_radius, check_threads, output_for

_CACHE_LINE = 64


@dataclass(frozen=True, slots=True)
class Schedule:
    """The windows that become complete as frames arrive; see `Job` for the arrays.

    Attributes
    ----------
    before : (M,) int64
        Frames in the window that are older than its centre.
    """

    slots: Ints
    counts: Ints
    before: Ints
    needs: Ints
    groups: Ints
    fresh: Ints
    keep: Ints


def tiles_in(pixels: int) -> int:
    """Return the number of tiles of a plane."""
    return max((pixels - _CACHE_LINE) // TILE, 1)


@functools.cache
def constants() -> NDArray[np.uint8]:
    """Return ``(256, CONSTANT)``: row ``v`` holds ``v``."""
    return np.repeat(np.arange(256, dtype=np.uint8), CONSTANT).reshape(256, CONSTANT)


def schedule(taken: int, fresh: int, *, radius: int, held: int, end: bool) -> Schedule:
    """Say which outputs are ready when ``fresh`` frames follow the first ``taken``.

    Parameters
    ----------
    taken, fresh : int
        Frames that came before, and that come now.
    radius : int
        Frames on each side of a window.
    held : int
        Slots for frames that came before, frame ``f`` being in slot ``f % held``.
    end : bool
        Whether no frame follows: all windows still open are then cut.
    """
    if held and taken > 4 * held:  # a steady state repeats; the cache below finds it again
        taken = 2 * held + taken % held
    return _schedule(taken, fresh, radius, held, end)


@functools.lru_cache(maxsize=512)
def _schedule(taken: int, fresh: int, radius: int, held: int, end: bool) -> Schedule:
    frames = taken + fresh

    def row_of(frame: Ints) -> Ints:
        return np.where(frame < taken, frame % max(held, 1), held + frame - taken)

    centres = np.arange(max(taken - radius, 0), frames if end else max(frames - radius, 0))
    first, stop = np.maximum(centres - radius, 0), np.minimum(centres + radius + 1, frames)
    taps = first[:, np.newaxis] + np.arange(2 * radius + 1)
    slots = row_of(np.minimum(taps, stop[:, np.newaxis] - 1))
    new = np.arange(taken, frames)
    predecessor = np.where((new == 0) | ((new == taken) & (held == 0)), -1, row_of(new - 1))
    kept = new[max(fresh - held, 0) :] if held else new[:0]
    return Schedule(
        slots=np.ascontiguousarray(slots),
        counts=stop - first,
        before=centres - first,
        needs=np.maximum(stop - taken, 0),
        groups=_groups((stop - first == 2 * radius + 1).tolist()),
        fresh=np.stack([row_of(new), predecessor], axis=1),
        keep=np.stack([row_of(kept), kept % max(held, 1)], axis=1),
    )


def _groups(full: list[bool]) -> Ints:
    """Join outputs with full windows by four."""
    groups = []
    m = 0
    while m < len(full):
        size = TOGETHER if len(full) - m >= TOGETHER and all(full[m : m + TOGETHER]) else 1
        groups.append((m, size))
        m += size
    return np.array(groups, np.int64).reshape(-1, 2)


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
    """

    module: str
    function: str
    recipe: Ints
    kept: object = None


@dataclass(frozen=True, slots=True)
class Memory:
    """Where a schedule's frames, what is known of their tiles, and its outputs lie.

    Attributes
    ----------
    rows : (R,) int64
        Address of each row.
    states : (R, tiles) int32
        See `Job`.
    out : (M, pixels) uint8
        The outputs.
    phase : int
        See `Job`.
    """

    rows: Ints
    states: NDArray[np.int32]
    out: Volume
    phase: int = 0


def aligned(shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Return an uninitialised array that begins on a cache line, as stores past the caches ask for."""
    size = shape[0] * shape[1]
    room = np.empty(size + _CACHE_LINE, np.uint8)
    first = -room.ctypes.data % _CACHE_LINE
    return room[first : first + size].reshape(shape)


def smooth_volume(
    volume: Volume,
    out: Volume | None,
    core_of: Callable[[Schedule, int], Core],
    *,
    radius: int,
    threads: int,
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
    plan = schedule(0, len(planes), radius=radius, held=0, end=True)
    core = core_of(plan, radius)
    if planes.size:
        _smooth(planes, out.reshape(planes.shape), plan, core, threads)
    return out


def _smooth(planes: Volume, out: Volume, plan: Schedule, core: Core, threads: int) -> None:
    """Do a volume's schedule, ``(T, pixels)``; planes smaller than a vector are padded."""
    pixels = planes.shape[1]
    if pixels < VECTOR:
        padded = np.pad(planes, ((0, 0), (0, VECTOR - pixels)))
        wide = aligned(padded.shape)
        _smooth(padded, wide, plan, core, threads)
        out[...] = wide[:, :pixels]
        return
    rows = planes.ctypes.data + np.arange(len(planes), dtype=np.int64) * planes.strides[0]
    states = np.zeros((len(planes), tiles_in(pixels)), np.int32)
    run(plan, Memory(rows, states, out, -out.ctypes.data % _CACHE_LINE), core, threads=threads)


def run(plan: Schedule, memory: Memory, core: Core, *, threads: int = 1) -> None:
    """Do what a schedule says, split over threads by tiles; the result does not depend on how many."""
    from masksmooth_kernels._passes import smooth

    places = memory.out.ctypes.data + np.arange(len(memory.out), dtype=np.int64) * memory.out.strides[0]
    tables = (plan.slots, plan.counts, plan.needs, plan.groups, plan.fresh, plan.keep, places, constants())
    lengths = (plan.slots.shape[1], len(plan.groups), len(plan.fresh), len(plan.keep), memory.states.shape[1])
    addresses = (table.ctypes.data for table in (memory.rows, memory.states, *tables))
    tiles = memory.states.shape[1]
    job = Job._make((*addresses, *lengths, memory.out.shape[1], memory.phase))
    function = native(core.module, core.function), core.recipe.ctypes.data

    def work(span: Span) -> None:
        room = np.empty(ROOM + TOGETHER, np.int64)
        smooth(job, function, span, room.ctypes.data)

    share = -(-tiles // (threads * STRIP)) * STRIP
    spans = [(first, min(first + share, tiles)) for first in range(0, tiles, share)]
    if len(spans) == 1:
        work(spans[0])
        return
    with ThreadPoolExecutor(len(spans)) as pool:
        list(pool.map(work, spans))
