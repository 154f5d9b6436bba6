"""Which windows become complete as frames arrive, and which frames a stream then holds."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from masksmooth_kernels.job import TOGETHER, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """The windows that become complete as frames arrive; see `job` for the arrays.

    Attributes
    ----------
    before : (M,) int64
        Frames in the window that are older than its centre.
    """

    slots: Ints
    counts: Ints
    before: Ints
    groups: Ints
    seen: Ints
    keep: Ints


def schedule(taken: int, fresh: int, *, radius: int, held: int, end: bool, cut_too: bool = False) -> Schedule:
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
    cut_too : bool
        Whether outputs with cut windows may be computed together: the core fills them up.
    """
    if held and taken > 4 * held:  # a steady state repeats; the caches find the very same object again
        taken = 2 * held + taken % held
    return _schedule(taken, fresh, (radius, held, end, cut_too))


@functools.lru_cache(maxsize=512)
def _schedule(taken: int, fresh: int, how: tuple[int, int, bool, bool]) -> Schedule:
    (radius, held, end, cut_too), frames = how, taken + fresh

    def row_of(frame: Ints) -> Ints:
        return np.where(frame < taken, frame % max(held, 1), held + frame - taken)

    centres = np.arange(max(taken - radius, 0), frames if end else max(frames - radius, 0))
    first, stop = np.maximum(centres - radius, 0), np.minimum(centres + radius + 1, frames)
    taps = first[:, np.newaxis] + np.arange(2 * radius + 1)
    slots = row_of(np.minimum(taps, stop[:, np.newaxis] - 1))
    new = np.arange(taken, frames)
    kept = new[max(fresh - held, 0) :] if held else new[:0]
    together = _together(first - (centres - radius), centres + radius + 1 - stop, cut_too)
    begin = np.cumsum(together) - together
    reach = stop[begin + together - 1] - first[begin]
    view = first[begin, np.newaxis] + np.arange(2 * radius + TOGETHER)
    return Schedule(
        slots=np.ascontiguousarray(slots),
        counts=stop - first,
        before=centres - first,
        groups=np.stack([begin, together, reach], axis=1),
        seen=np.ascontiguousarray(row_of(np.minimum(view, frames - 1))),
        keep=np.stack([row_of(kept), kept % max(held, 1)], axis=1),
    )


def _together(early: Ints, late: Ints, cut_too: bool) -> Ints:
    """Join outputs by four, given how many frames their windows lack at either end of the clip."""
    sizes = []
    m, count = 0, len(early)
    while m < count:
        four = slice(m, m + TOGETHER)
        lacks = bool(early[four].any()), bool(late[four].any())
        joined = count - m >= TOGETHER and (not all(lacks) if cut_too else not any(lacks))
        sizes.append(TOGETHER if joined else 1)
        m += sizes[-1]
    return np.array(sizes, np.int64)
