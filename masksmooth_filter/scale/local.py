"""Workers that are processes of this machine."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from typing import Any

from masksmooth_filter.errors import OptionError
from masksmooth_filter.scale.crew import Crew
from masksmooth_filter.scale.worker import call, prepare

PATIENCE_S = 15.0
"""Seconds a worker has to remove its part files when it is told to stop; then it is killed."""


class LocalSeat:
    """A process that lives from call to call; started anew (spawned) with the first, or after its death.

    A pool of one process: a pool of many is lost as a whole when one of its processes is killed.
    """

    ready = True

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._pid: Future[int] | None = None
        self._killer: threading.Timer | None = None

    def start(self, function: Callable[..., Any], *args: Any) -> Future[Any]:
        """Make a call."""
        if self._pool is not None:
            try:
                return self._pool.submit(call, function, *args)
            except BrokenExecutor:  # it was killed while it had nothing to do
                self.join()
        self._pool = ProcessPoolExecutor(1, get_context("spawn"), initializer=prepare)
        self._pid = self._pool.submit(os.getpid)
        try:
            return self._pool.submit(call, function, *args)
        except BrokenExecutor as error:  # killed as soon as it was there: as lost as one killed later
            lost: Future[Any] = Future()
            lost.set_exception(error)
            return lost

    def replace(self) -> bool:
        """Have the next call start a new process."""
        self.join()
        return True

    def end(self) -> None:
        """Tell the process to stop what it does; one that does not is killed."""
        if self._pool is None or self._pid is None:
            return
        self._pool.shutdown(wait=False, cancel_futures=True)
        with suppress(Exception):  # it may be dead already, or never have lived
            pid = self._pid.result(PATIENCE_S)
            os.kill(pid, signal.SIGTERM)
            self._killer = threading.Timer(PATIENCE_S, _kill, (pid,))
            self._killer.daemon = True
            self._killer.start()

    def join(self) -> None:
        """Wait until the process is gone."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)
        if self._killer is not None:
            self._killer.cancel()


def local_crew(jobs: int) -> Crew:
    """Return a crew of processes of this machine.

    Raises
    ------
    OptionError
        If there shall be less than one.
    """
    if jobs < 1:
        raise OptionError(f"--jobs is {jobs}; give the number of worker processes, at least 1")
    return Crew([LocalSeat() for _ in range(jobs)])


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
