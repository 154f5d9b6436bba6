"""Output files that appear under their name only when they are whole."""

from __future__ import annotations

import os
from pathlib import Path

from masksmooth_filter.errors import OutputError


class PendingFile:
    """A file written beside its target under a temporary name, and renamed at the end.

    Parameters
    ----------
    target : path
        Where the file shall be in the end.
    overwrite : bool
        Whether a file that is already there may be replaced.

    Attributes
    ----------
    target : Path
        The final name.
    path : Path
        The temporary name to write to, in the same folder and with the same suffix.

    Raises
    ------
    OutputError
        If the folder is missing, the target is a folder, or it exists and must not be replaced.
    """

    def __init__(self, target: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        self.target = Path(target)
        if not self.target.parent.is_dir():
            raise OutputError(f"{self.target.parent} is not a folder; create it first")
        if self.target.is_dir():
            raise OutputError(f"{self.target} is a folder; give the name of a file")
        if self.target.exists() and not overwrite:
            raise OutputError(f"{self.target} exists already; give another name or --overwrite")
        self.path = self.target.with_name(f".{self.target.stem}.part-{os.getpid()}{self.target.suffix}")

    def commit(self) -> None:
        """Give the file its final name, replacing what was there."""
        os.replace(self.path, self.target)

    def discard(self) -> None:
        """Remove the temporary file, if it is there."""
        self.path.unlink(missing_ok=True)


def same_file(a: str | os.PathLike[str], b: str | os.PathLike[str]) -> bool:
    """Tell whether two names are one file, also through symbolic and hard links."""
    return os.path.exists(a) and os.path.exists(b) and os.path.samefile(a, b)
