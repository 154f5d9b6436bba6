"""A film as a worker finds it: on a path that it sees too, or sent to it and put down here."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.files import fingerprint

Sent = NDArray[np.uint8] | None
"""A file's bytes, where they were sent."""


@dataclass(frozen=True, slots=True)
class Film:
    """A film that a call is about.

    Attributes
    ----------
    path : Path
        Where the driver sees it.
    print : str, optional
        Its fingerprint, where workers may see another file under that path; None on one machine.
    """

    path: Path
    print: str | None = None


@dataclass(frozen=True, slots=True)
class NotHere:
    """What a call gives where its worker does not see the film: it is to be sent."""


def here(film: Film, sent: Sent) -> Path | None:
    """Return where this worker finds a film, putting down what was sent; None if it must be sent first."""
    if sent is not None:
        return _put_down(film, sent)
    if film.print is None:
        return film.path
    try:
        return film.path if fingerprint(film.path) == film.print else None
    except OSError:
        return None


def load(path: Path) -> NDArray[np.uint8]:
    """Return a file's bytes, to be sent."""
    return np.fromfile(path, np.uint8)


@cache
def folder() -> Path:
    """Return this process's own folder for what is sent, which goes with it."""
    made = Path(tempfile.mkdtemp(prefix="masksmooth-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def _put_down(film: Film, sent: NDArray[Any]) -> Path:
    path = folder() / f"{film.print}{film.path.suffix}"
    if not path.exists():
        for old in folder().iterdir():  # one film at a time: an archive would fill the disk
            old.unlink()
        sent.tofile(path)
    return path
