"""Do independent pieces of work side by side; what comes out does not depend on the number of threads."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from masksmooth_filter.errors import OptionError
from masksmooth_filter.smoothing.kernels import Own, kernels_for

Result = TypeVar("Result")


class Team:
    """The caller and a few threads that wait for work; none for a team of one.

    Parameters
    ----------
    threads : int
        How many with the caller; at least 1.
    device : str
        Where the heavy loops over pixels run: ``cpu``, ``cuda`` or ``cuda:N``.

    Raises
    ------
    OptionError
        If it is no such number, or there is no such device.
    DeviceError
        If CUDA cannot be used; says why.
    """

    def __init__(self, threads: int, device: str = "cpu") -> None:
        if not is_whole(threads) or threads < 1:
            raise OptionError(f"threads is {threads!r}; give a whole number, 1 or more")
        self.threads, self.kernels = threads, kernels_for(device)
        self._pool: ThreadPoolExecutor | None = None
        self._own = threading.local()

    def run(self, work: Sequence[Callable[[], Result]]) -> list[Result]:
        """Return what each piece of work returns, in order.

        Pieces are taken one by one by whoever is free, the caller among them; so they may run pieces of
        their own, and large ones are best given first.
        """
        if self.threads == 1 or len(work) < 2:
            return [piece() for piece in work]
        todo = iter(list(enumerate(work)))
        done: dict[int, Result] = {}

        def help_out() -> None:
            for at, piece in todo:  # next() of a builtin iterator is one step for the interpreter's lock
                done[at] = piece()

        helpers = [self.begin(help_out) for _ in range(min(self.threads, len(work)) - 1)]
        help_out()
        for helper in helpers:
            if not helper.cancel():  # one that was busy elsewhere has nothing left to do here
                helper.result()
        return [done[at] for at in range(len(work))]

    def begin(self, piece: Callable[[], Result]) -> Future[Result]:
        """Let another thread do a piece of work when it is free; only for teams of two or more."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.threads - 1, "masksmooth")
        return self._pool.submit(piece)

    def scratch(self, size: int) -> Own:
        """Return ``size`` numbers to write to, which are others' after the thread's next call.

        Megabytes that are new each time cost as much as what is done with them: the system hands them out
        in pages it has wiped (2.5 ms a frame for 600 pages).
        """
        if self.kernels.batch:  # torch keeps memory that was given back
            return self.kernels.empty((size,))
        kept: Own = getattr(self._own, "scratch", None)
        if kept is None or kept.size < size:
            kept = self._own.scratch = np.empty(size * 5 // 4, np.float32)
        return kept[:size]

    def spans(self, count: int) -> list[slice]:
        """Cut ``count`` items into one run for each thread."""
        return runs(count, max(1, -(-count // self.threads)))

    def close(self) -> None:
        """End the threads; the next work starts new ones."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
        self._own = threading.local()


def runs(count: int, length: int) -> list[slice]:
    """Cut ``count`` items into runs of a length; the last one may be shorter."""
    return [slice(first, min(first + length, count)) for first in range(0, count, length)]


def is_whole(value: object, most: float = math.inf) -> bool:
    """Tell whether something is a whole number from 0 to the most."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most
