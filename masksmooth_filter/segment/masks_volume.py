"""Masks from a NumPy .npz, read one after another."""

from __future__ import annotations

import json
import zipfile
import zlib
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from masksmooth_filter.errors import InputError
from masksmooth_filter.segment.masks_picture import Picture
from masksmooth_filter.segment.masks_tag import Masks, ScoreTag, StoredMask

_MEMBER = "masks.npy"


class VolumeSource:
    """``masks`` of a .npz, ``(T, h, w)`` or ``(T, C, h, w)`` uint8 or bool, with ``pts`` and ``time_base``.

    Files of others need ``masks`` alone, ``(T, h, w)``; they are taken by order.

    Parameters
    ----------
    path : Path
        The file; never unpickled.

    Raises
    ------
    InputError
        If it holds no such masks.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.tag: ScoreTag | None = None
        self.time_base: Fraction | None = None
        self._pts: list[int] | None = None
        try:
            with zipfile.ZipFile(path) as archive, archive.open(_MEMBER) as member:
                shape, _ = _header(member)
            with np.load(path, allow_pickle=False) as found:
                self._describe(found, shape)
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise InputError(f"{path} cannot be read as a volume of masks: {error}") from error

    def read(self) -> Masks:
        """Read the masks, one held at a time."""
        try:
            with zipfile.ZipFile(self._path) as archive, archive.open(_MEMBER) as member:
                shape, dtype = _header(member)
                length = int(np.prod(shape[1:]))
                for number in range(shape[0]):
                    values = np.frombuffer(member.read(length), np.uint8).reshape(-1, *shape[-2:])
                    if dtype == np.bool_:
                        values = values * np.uint8(255)
                    yield StoredMask(tuple(Picture(plane) for plane in values), self._time(number))
        except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise InputError(f"{self._path} is broken: {error}") from error

    def _describe(self, found: Any, shape: tuple[int, ...]) -> None:
        if "tag" in found:
            self.tag = ScoreTag.of(json.loads(str(found["tag"])))
        planes = 1 if self.tag is None else self.tag.planes
        if len(shape) not in (3, 4) or (shape[1] if len(shape) == 4 else 1) != planes:
            raise ValueError(f"masks are {shape}; give (T, h, w), or an export's (T, C, h, w)")
        if "pts" in found and "time_base" in found:
            self._pts = found["pts"].tolist()
            self.time_base = Fraction(*found["time_base"].tolist())
            if len(self._pts or ()) != shape[0]:
                raise ValueError(f"there are {shape[0]} masks and {len(self._pts or ())} times")

    def _time(self, number: int) -> Fraction | None:
        if self._pts is None or self.time_base is None:
            return None
        return self._pts[number] * self.time_base


def _header(member: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return shape and dtype of an array, leaving the file where its values begin."""
    version = npy.read_magic(member)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, dtype = read(member)
    if fortran or dtype not in (np.uint8, np.bool_):
        raise ValueError(f"masks are {dtype}{' in Fortran order' if fortran else ''}; give uint8 in C order")
    return shape, dtype
