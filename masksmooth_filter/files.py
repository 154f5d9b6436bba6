"""Output files that appear under their name only when they are whole."""

from __future__ import annotations

import hashlib
import logging
import os
import platform
import re
import shutil
import zlib
from pathlib import Path

from masksmooth_filter.errors import OutputError

LOG = logging.getLogger("masksmooth_filter")

LONGEST = 120
"""Bytes of a target's stem kept in its temporary name: 255 is what file systems allow for all of it."""


class PendingFile:
    """A file written beside its target under a temporary name, and renamed at the end.

    A process that is killed leaves its temporary file, which `remove_leftovers` of the next one finds.

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
        If the folder is missing or may not be written to, the name is impossible, the target is a folder,
        or it exists and must not be replaced.
    """

    def __init__(self, target: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        self.target = Path(target)
        try:
            _check(self.target, overwrite=overwrite)
        except (OSError, ValueError) as error:
            if isinstance(error, OutputError):
                raise
            why = getattr(error, "strerror", None) or error
            raise OutputError(f"{self.target} cannot be written ({why}); give another name") from error
        self._prefix = f".{shortened(self.target.stem)}.part-{_place()}-"
        self.path = self.target.with_name(f"{self._prefix}{os.getpid()}{self.target.suffix}")

    def commit(self) -> None:
        """Give the file its final name, replacing what was there, once all of it is on the disk.

        Raises
        ------
        OutputError
            If the disk refuses, which some tell only now, or the file cannot be renamed.
        """
        try:
            with open(self.path, "rb") as file:
                os.fsync(file.fileno())
            os.replace(self.path, self.target)
        except OSError as error:
            raise OutputError(f"{self.target} cannot be finished: {error.strerror or error}") from error

    def discard(self) -> None:
        """Remove the temporary file, if it is there."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            LOG.warning("the unfinished %s could not be removed: %s", self.path, error.strerror)

    def leftovers(self) -> list[Path]:
        """Return what killed runs have left of this file, the largest first; those of another machine too.

        Whether a process elsewhere is still writing cannot be told: such files may be read, not removed.
        """
        name = re.compile(
            rf"\.{re.escape(shortened(self.target.stem))}\.part-([0-9a-f]{{8}})-(\d+){re.escape(self.target.suffix)}"
        )
        try:
            found = [(p, m) for p in self.target.parent.iterdir() if (m := name.fullmatch(p.name))]
        except PermissionError:  # a folder one may write to, but not look into
            return []
        left = [p for p, m in found if m[1] != _place() or _gone(int(m[2]))]
        return sorted(left, key=lambda p: -p.stat().st_size)

    def remove_leftovers(self, *spare: str | os.PathLike[str]) -> None:
        """Remove temporary files for the same target whose process is gone without having removed them.

        Parameters
        ----------
        *spare : path
            Files that stay: what a killed run left may be the input now.
        """
        name = re.compile(rf"{re.escape(self._prefix)}(\d+){re.escape(self.target.suffix)}")
        try:
            left = [
                p for p in self.target.parent.iterdir() if (m := name.fullmatch(p.name)) and _gone(int(m[1]))
            ]
        except PermissionError:  # a folder one may write to, but not look into
            return
        for path in left:
            if not any(same_file(path, other) for other in spare):
                path.unlink(missing_ok=True)
                LOG.info("removed %s, which a run that was killed had left", path)


def same_file(a: str | os.PathLike[str], b: str | os.PathLike[str]) -> bool:
    """Tell whether two names are one file, also through symbolic and hard links."""
    return os.path.exists(a) and os.path.exists(b) and os.path.samefile(a, b)


def fingerprint(path: str | os.PathLike[str]) -> str:
    """Return what tells a file's content from another's, whatever its name and date.

    The size, and a hash of `_BLOCKS` evenly spread blocks: all of a file up to 64 MB, and a fixed 64 MB of
    a larger one, 0.1 s. A video that was encoded again differs everywhere.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    size = os.path.getsize(path)
    digest = hashlib.blake2b(str(size).encode(), digest_size=16)
    step = max(_BLOCK, (size - _BLOCK) // (_BLOCKS - 1))
    with open(path, "rb") as file:
        for start in range(0, size, step):
            file.seek(start)
            digest.update(file.read(_BLOCK))
    return digest.hexdigest()


def copy_file(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Copy a file, replacing what was there once the copy is whole.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    pending = PendingFile(target, overwrite=True)
    try:
        shutil.copy2(source, pending.path)
        pending.commit()
    except OSError as error:
        raise OutputError(f"cannot write {pending.target}: {error.strerror or error}") from error
    finally:
        pending.discard()


def shortened(name: str) -> str:
    """Return a name that fits a file syname with what is put around it; two long ones stay two."""
    data = os.fsencode(name)
    return name if len(data) <= LONGEST else f"{os.fsdecode(data[:LONGEST])}~{zlib.crc32(data):08x}"


_BLOCK, _BLOCKS = 1 << 20, 64


def _check(target: Path, *, overwrite: bool) -> None:
    """Raise OutputError for what can be told before anything is written."""
    folder = target.parent
    if not folder.is_dir():
        raise OutputError(f"{folder} is not a folder; create it first")
    if target.is_dir():
        raise OutputError(f"{target} is a folder; give the name of a file")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{folder} may not be written to; change its permissions or give another folder")
    if target.exists() and not overwrite:
        raise OutputError(f"{target} exists already; give another name or --overwrite")


def _place() -> str:
    """Return where process ids mean the same: another host, or container, has its own."""
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = ""
    return f"{zlib.crc32(os.fsencode(platform.node() + space)):08x}"


def _gone(pid: int) -> bool:
    """Tell whether a process is no more, or has ended and only waits to be asked for its status."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:  # there, and someone else's, or a system without /proc
        return False
