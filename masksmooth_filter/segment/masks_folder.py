"""Masks from a folder of PNGs: in order, or by time where the folder lists it."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError

from masksmooth_filter.errors import InputError
from masksmooth_filter.segment.masks_picture import Picture, picture_of
from masksmooth_filter.segment.masks_tag import Masks, ScoreTag, StoredMask

LIST = "masks.json"
"""The file of times and classes beside the pictures of an export."""


def mask_name(number: int) -> str:
    """Return the file name of an exported mask."""
    return f"mask_{number:06d}.png"


class FolderSource:
    """PNG files of a folder, one a frame, in the order of their names (numbers by value: 2 before 10)."""

    tag: ScoreTag | None = None
    time_base: Fraction | None = None

    def __init__(self, path: Path) -> None:
        pictures = (p for p in path.iterdir() if p.suffix.lower() == ".png" and not p.name.startswith("."))
        self._paths = sorted(pictures, key=_natural)
        if not self._paths:
            raise InputError(f"the folder {path} holds no PNG files; masks are one PNG a frame")

    def read(self) -> Masks:
        """Decode one file after another."""
        for path in self._paths:
            yield StoredMask((_read_png(path),), None)


class ListedFolderSource:
    """An exported folder: its list says the times, and the folder of each class.

    Parameters
    ----------
    path : Path
        The folder, with its list.

    Raises
    ------
    InputError
        If the list cannot be read, or a picture is missing.
    """

    def __init__(self, path: Path) -> None:
        try:
            found: dict[str, Any] = json.loads((path / LIST).read_text())
            self.tag: ScoreTag | None = ScoreTag.of(found["tag"])
            self.time_base: Fraction | None = Fraction(found["time_base"])
            self._ticks = [int(ticks) for ticks in found["pts"]]
            self._folders = [path / name for name in found["names"]] or [path]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path / LIST} cannot be read ({error}); export the masks again") from error
        for folder in self._folders:
            for number in range(len(self._ticks)):
                if not (folder / mask_name(number)).is_file():
                    hint = f"remove {LIST} to take what is there by order"
                    raise InputError(f"{folder} lacks {mask_name(number)}, which its list names; {hint}")

    def read(self) -> Masks:
        """Decode the pictures of one frame after another."""
        base = self.time_base
        assert base is not None
        for number, ticks in enumerate(self._ticks):
            pictures = tuple(_read_png(folder / mask_name(number)) for folder in self._folders)
            yield StoredMask(pictures, ticks * base)


def _natural(path: Path) -> tuple[tuple[int, str], ...]:
    """Sort key that takes runs of digits as numbers."""
    parts = re.split(r"(\d+)", path.name.lower())
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in parts)


def _read_png(path: Path) -> Picture:
    # The codec alone, without a container: FFmpeg's image demuxer would read % and [ in a name as a pattern.
    decoder = av.CodecContext.create("png", "r")
    decoder.thread_count = 1
    try:
        frames = [*decoder.decode(av.Packet(path.read_bytes())), *decoder.decode(None)]
        return picture_of(frames[0])
    except (FFmpegError, IndexError) as error:
        raise InputError(f"{path} is not a PNG picture that can be read") from error
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
