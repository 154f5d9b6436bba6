"""Signals that end the command in order: unwound as an exception, so that temporary files are removed."""

from __future__ import annotations

import signal
from typing import NoReturn

ENDINGS = {
    signal.SIGINT: "interrupted",
    signal.SIGTERM: "terminated",
    signal.SIGHUP: "the terminal was closed",
}


class Ended(BaseException):
    """A signal came.

    Attributes
    ----------
    status : int
        The exit status a shell expects: 128 and the signal's number.
    """

    def __init__(self, number: int) -> None:
        super().__init__(ENDINGS[signal.Signals(number)])
        self.status = 128 + number


def catch_signals() -> None:
    """Have each of `ENDINGS` raise `Ended` in the main thread, but for those the caller ignores (nohup)."""
    for number in ENDINGS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


def _end(number: int, _: object) -> NoReturn:
    """Raise `Ended` once: a second Ctrl-C in the midst of the cleaning up would leave a part file."""
    for other in ENDINGS:
        signal.signal(other, signal.SIG_IGN)
    raise Ended(number)
