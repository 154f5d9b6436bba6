"""A PNG a mask, 8 or 16 bits, and a list of their times beside them."""

from __future__ import annotations

import json
import logging
import os
import re
from dataclasses import asdict
from pathlib import Path

import numpy as np

from masksmooth_filter.errors import OutputError
from masksmooth_filter.exports.writer import About, Times, cannot_export, tag_of
from masksmooth_filter.frames import MaskedFrame
from masksmooth_filter.segment.masks_folder import LIST, mask_name
from masksmooth_filter.segment.masks_tag import ScoreTag

LOG = logging.getLogger("masksmooth_filter")

_OURS = re.compile(r"mask_\d{6,}\.png")
_CLASS_FOLDER = re.compile(r"\d+_.*")


class FolderWriter:
    """Write ``mask_000000.png`` and so on; of several classes each in a folder such as ``15_person``.

    ``masks.json`` says times and classes, and is written last: where it is missing the folder is not whole.

    Parameters
    ----------
    path : Path
        The folder; created if need be.
    about : About
    deep : bool
        Whether for 16 bits instead of 8: the same confidence, times 257.

    Raises
    ------
    OutputError
        If the folder is not empty and must not be replaced, or cannot be created.
    """

    def __init__(self, path: Path, about: About, *, deep: bool = False) -> None:
        self._path, self._about, self._deep = path, about, deep
        self._times = Times()
        self._tag: ScoreTag | None = None
        try:
            path.mkdir(parents=True, exist_ok=True)
            if any(path.iterdir()) and not about.overwrite:
                raise OutputError(f"{path} is not empty; give another folder or --overwrite")
        except OSError as error:
            raise cannot_export(path, error) from error

    def add(self, item: MaskedFrame) -> None:
        """Write a frame's planes."""
        if self._tag is None:
            self._tag = tag_of(item, "gray")
            self._begin(item)
        number = self._times.note(item)
        for plane, folder in zip(self._about.confidence(item), self._folders(item), strict=True):
            _write(folder / mask_name(number), plane.astype(np.uint16) * 257 if self._deep else plane)

    def finish(self) -> None:
        """Write the list."""
        if self._tag is None:
            return
        content = {"tag": asdict(self._tag), "names": self._names(), "time_base": str(self._times.base)}
        try:
            (self._path / LIST).write_text(json.dumps(content | {"pts": self._times.ticks}))
        except OSError as error:
            raise cannot_export(self._path, error) from error

    def discard(self) -> None:
        """Do nothing: pictures that are there are whole, and without their list they are read by order."""

    def _begin(self, item: MaskedFrame) -> None:
        """Make the folders of the classes, and remove the pictures of an earlier run."""
        shape, size = item.planes.shape[1:], (item.frame.height, item.frame.width)
        if shape != size and self._about.size == "mask":
            what = f"the masks in {self._path} are {shape[1]}x{shape[0]}, as they were smoothed"
            LOG.info("%s; --export-size frame for the film's %dx%d", what, size[1], size[0])
        try:
            for old in [*self._path.glob("*.png"), *self._path.glob("*/*.png")]:
                if _OURS.fullmatch(old.name) and (
                    old.parent == self._path or _CLASS_FOLDER.fullmatch(old.parent.name)
                ):
                    old.unlink()
            (self._path / LIST).unlink(missing_ok=True)
            for folder in self._folders(item):
                folder.mkdir(exist_ok=True)
        except OSError as error:
            raise cannot_export(self._path, error) from error

    def _folders(self, item: MaskedFrame) -> list[Path]:
        return [self._path / name for name in self._names(item.classes)] or [self._path]

    def _names(self, classes: tuple[int, ...] | None = None) -> list[str]:
        """Return the classes' folders; none for one plane without a class."""
        known = self._tag.classes if self._tag and classes is None else classes or ()
        return [f"{c}_{re.sub(r'[^A-Za-z0-9-]+', '_', self._about.name_of(c))}" for c in known]


def _write(path: Path, pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8] | np.dtype[np.uint16]]) -> None:
    """Write a PNG, fast rather than small."""
    import cv2

    options = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
    if not cv2.imwrite(os.fspath(path), np.ascontiguousarray(pixels), options):
        raise OutputError(f"cannot write {path}; is the disk full or the folder read-only?")
