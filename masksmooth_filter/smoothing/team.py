"""Do independent pieces of work side by side; what comes out does not depend on the number of threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Result = TypeVar("Result")


class Team:
    """A few threads that wait for work; none for a team of one.

    Parameters
    ----------
    threads : int
        How many; at least 1.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._pool: ThreadPoolExecutor | None = None
        self._scratch = np.empty(0, np.float32)

    def run(self, work: Sequence[Callable[[], Result]]) -> list[Result]:
        """Return what each piece of work returns, in order."""
        if self.threads == 1 or len(work) < 2:
            return [piece() for piece in work]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.threads, "masksmooth")
        return [done.result() for done in [self._pool.submit(piece) for piece in work]]

    def scratch(self, size: int) -> NDArray[np.float32]:
        """Return ``size`` numbers to write to, which are anyone's after the next call.

        Megabytes that are new each time cost as much as what is done with them: the system hands them out
        in pages it has wiped (2.5 ms a frame for 600 pages).
        """
        if self._scratch.size < size:
            self._scratch = np.empty(size * 5 // 4, np.float32)
        return self._scratch[:size]

    def spans(self, count: int) -> list[slice]:
        """Cut ``count`` items into one run for each thread."""
        share = max(1, -(-count // self.threads))
        return [slice(first, min(first + share, count)) for first in range(0, count, share)]

    def close(self) -> None:
        """End the threads; the next work starts new ones."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
