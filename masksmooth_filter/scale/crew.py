"""Calls handed to workers, each to one that is free; lost workers are replaced and their calls repeated.

A worker is a `Seat`: a process of this machine (`masksmooth_filter.scale.local`) or a Ray actor
(`masksmooth_filter.scale.cluster`). Where it runs, and what it gets of the machine, is theirs to decide;
here is only what the two have in common. A call may be made twice where a worker died over it, so every
function that is called must bear that.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

TRIES = 3
"""How often a call is made before it is given up: a file that kills its worker (too large for its memory)
must not do so for ever, and two nodes taken away in a row are no reason to fail."""

LOST = 1
"""Exit status of a call whose workers died."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call gave no result.

    Attributes
    ----------
    message : str
        In plain words.
    exit_code : int
        What the command would have ended with.
    """

    message: str
    exit_code: int


class Seat(Protocol):
    """One worker."""

    @property
    def ready(self) -> bool:
        """Whether it can take a call now."""
        ...

    def start(self, function: Callable[..., Any], *args: Any) -> Future[Any]:
        """Make a call; the future fails only if the worker dies."""
        ...

    def replace(self) -> bool:
        """Put a new worker in the place of one that died; False if its calls are not to be repeated."""
        ...

    def end(self) -> None:
        """Tell the worker to stop, without waiting for it."""
        ...

    def join(self) -> None:
        """Wait until it has stopped."""
        ...


@dataclass(slots=True, eq=False)
class Ticket:
    """A call on its way.

    Attributes
    ----------
    outcome : object
        What the function returned, or a `Failure`; None until then.
    tries : int
        How often it was begun.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]
    outcome: Any = None
    tries: int = 0


class Crew:
    """Workers, and the calls that wait for them; used by one thread at a time.

    Parameters
    ----------
    seats : sequence of Seat
        The workers.
    send : callable, optional
        Puts a file where every worker can have it, and returns what to pass as an argument for it.
    goodbye : callable
        Called once all workers have stopped.
    """

    def __init__(
        self,
        seats: Sequence[Seat],
        *,
        send: Callable[[Path], Any] | None = None,
        goodbye: Callable[[], None] = lambda: None,
    ) -> None:
        self._seats, self._send, self._goodbye = seats, send, goodbye
        self._free = list(reversed(seats))
        self._waiting: deque[Ticket] = deque()
        self._running: dict[Future[Any], tuple[Ticket, Seat]] = {}

    @property
    def size(self) -> int:
        """How many workers there are."""
        return len(self._seats)

    @property
    def sends(self) -> bool:
        """Whether workers may be on machines that do not see the files of this one."""
        return self._send is not None

    @property
    def running(self) -> list[Ticket]:
        """The calls that are being worked on."""
        return [ticket for ticket, _ in self._running.values()]

    def send(self, path: Path) -> Any:
        """Return what a worker that does not see a file is given instead of it."""
        return None if self._send is None else self._send(path)

    def submit(self, function: Callable[..., Any], *args: Any, at_once: bool = False) -> Ticket:
        """Have a call made; ``at_once`` before those that wait already."""
        ticket = Ticket(function, args)
        if at_once:
            self._waiting.appendleft(ticket)
        else:
            self._waiting.append(ticket)
        self._begin()
        return ticket

    def pump(self, timeout: float) -> list[Ticket]:
        """Wait for a worker to finish, at most so many seconds; return the calls that are over."""
        self._begin()
        done, _ = wait(self._running, timeout=timeout, return_when=FIRST_COMPLETED)
        finished = [ticket for future in done if (ticket := self._finish(future)) is not None]
        self._begin()
        return finished

    def close(self) -> None:
        """Stop all workers, in the midst of their work if there is any. Twice is fine."""
        self._waiting.clear()
        for seat in self._seats:
            seat.end()
        for seat in self._seats:
            seat.join()
        self._seats, self._free, self._running = [], [], {}
        goodbye, self._goodbye = self._goodbye, lambda: None
        goodbye()

    def _begin(self) -> None:
        """Give waiting calls to free workers."""
        for seat in [seat for seat in self._free if self._waiting and seat.ready]:
            if not self._waiting:
                return
            ticket = self._waiting.popleft()
            ticket.tries += 1
            self._free.remove(seat)
            self._running[seat.start(ticket.function, *ticket.args)] = ticket, seat

    def _finish(self, future: Future[Any]) -> Ticket | None:
        """Take a call's result; None if its worker died and it is made again."""
        ticket, seat = self._running.pop(future)
        error = future.exception()
        self._free.append(seat)
        if error is None:
            ticket.outcome = future.result()
            return ticket
        if seat.replace() and ticket.tries < TRIES:
            self._waiting.appendleft(ticket)
            return None
        what = f"its worker ended {TRIES} times without a word (killed, or out of memory?)"
        ticket.outcome = Failure(f"{what}: {type(error).__name__}", LOST)
        return ticket
