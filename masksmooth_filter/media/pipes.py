"""Standard input and output as places of media: ``-`` on the command line."""

from __future__ import annotations

import os
import select
import sys
from contextlib import suppress

from masksmooth_filter.errors import InputError, OutputError

PIPE = "-"
"""The name of standard input and of standard output."""

PIPE_FORMAT = "nut"
"""What is written to a pipe: NUT needs no seeking and keeps every time base, codec and colour tag."""

STEP_S = 0.2
"""How long a read waits before it looks whether the run was given up."""


class StandardInput:
    """Standard input for libav: read forward only, and a read that waits can be given up.

    Raises
    ------
    InputError
        If standard input is a terminal.
    """

    def __init__(self) -> None:
        if os.isatty(0):
            raise InputError("the input is - but nothing is piped in; pipe a video, or give a file's name")
        self._stopped = False

    def read(self, size: int) -> bytes:
        """Return up to ``size`` bytes, none at the end or after `stop`."""
        while not self._stopped:
            ready, _, _ = select.select([0], [], [], STEP_S)
            if ready:
                return os.read(0, size)
        return b""

    def stop(self) -> None:
        """Give up a read that waits, in another thread too."""
        self._stopped = True


class StandardOutput:
    """Takes standard output for the media alone: what anything else prints there goes to standard error.

    Stands where `masksmooth_filter.files.PendingFile` does for a file.

    Attributes
    ----------
    target : str
        What messages call it.
    path : int
        The file descriptor to write to.

    Raises
    ------
    OutputError
        If standard output is a terminal.
    """

    def __init__(self) -> None:
        if os.isatty(1):
            raise OutputError("the output is - but goes to a terminal; pipe it on, or give a file's name")
        sys.stdout.flush()
        self.target = PIPE
        self.path = os.dup(1)
        self._open = True
        os.dup2(2, 1)

    def commit(self) -> None:
        """Do nothing: what was written is gone already."""

    def remove_leftovers(self, *spare: str | os.PathLike[str]) -> None:
        """Do nothing: a pipe keeps none."""

    def discard(self) -> None:
        """Give standard output back. Twice is fine."""
        if self._open:
            self._open = False
            with suppress(OSError):
                sys.stdout.flush()
            os.dup2(self.path, 1)
            with suppress(OSError):
                os.close(self.path)
