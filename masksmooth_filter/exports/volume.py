"""One NumPy volume of all masks, in memory that does not grow with it."""

from __future__ import annotations

import gzip
import json
import shutil
import zipfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from masksmooth_filter.exports.writer import About, Times, cannot_export, tag_of
from masksmooth_filter.files import PendingFile
from masksmooth_filter.frames import MaskedFrame
from masksmooth_filter.segment.masks_tag import ScoreTag


def raw_of(path: Path) -> Path:
    """Return the name beside a volume under which its masks wait."""
    return path.with_suffix(".raw")


class VolumeWriter:
    """Write ``masks`` ``(T, h, w)``, or ``(T, C, h, w)`` with classes, and their times, as .npz.

    Beside it: ``pts`` (int64, T), ``time_base`` (two int64), ``classes`` (int64, C) and ``names``. Masks wait
    compressed beside the file until their number, which stands before them, is known.

    Parameters
    ----------
    path : Path
        The file.
    about : About

    Raises
    ------
    OutputError
        If it must not or cannot be written.
    """

    def __init__(self, path: Path, about: About) -> None:
        self._pending = PendingFile(path, overwrite=about.overwrite)
        self._raw = PendingFile(raw_of(path), overwrite=True).path
        self._about, self._times = about, Times()
        self._tag: ScoreTag | None = None
        self._shape: tuple[int, ...] = ()
        self._file: gzip.GzipFile | None = None

    def add(self, item: MaskedFrame) -> None:
        """Write a frame's mask."""
        self._times.note(item)
        planes = self._about.confidence(item)
        try:
            if self._file is None:
                self._tag = tag_of(item, "gray")
                self._shape = planes.shape if item.classes else planes.shape[1:]
                self._file = gzip.open(self._raw, "wb", compresslevel=1)  # noqa: SIM115 - closed at the end
            self._file.write(np.ascontiguousarray(planes).data)
        except OSError as error:
            raise cannot_export(self._pending.target, error) from error

    def finish(self) -> None:
        """Put the volume together and give it its name."""
        if self._file is None or self._tag is None:
            return
        try:
            self._file.close()
            self._file = None
            self._assemble(self._tag)
        except OSError as error:
            raise cannot_export(self._pending.target, error) from error
        self._pending.commit()
        self.discard()

    def discard(self) -> None:
        """Remove unfinished files."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._raw.unlink(missing_ok=True)
        self._pending.discard()

    def _assemble(self, tag: ScoreTag) -> None:
        base = self._times.base
        assert base is not None
        small = {
            "pts": np.array(self._times.ticks, np.int64),
            "time_base": np.array([base.numerator, base.denominator], np.int64),
            "classes": np.array(tag.classes, np.int64),
            "names": np.array([self._about.name_of(c) for c in tag.classes], np.str_),
            "tag": np.array(json.dumps(asdict(tag))),
        }
        header = {"descr": "|u1", "fortran_order": False, "shape": (len(self._times.ticks), *self._shape)}
        with zipfile.ZipFile(self._pending.path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, array in small.items():
                with archive.open(f"{name}.npy", "w") as member:
                    npy.write_array(member, array, allow_pickle=False)
            with archive.open("masks.npy", "w", force_zip64=True) as member, gzip.open(self._raw) as raw:
                npy.write_array_header_2_0(member, header)
                shutil.copyfileobj(raw, member, 1 << 20)
