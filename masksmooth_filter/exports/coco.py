"""COCO's JSON: a run-length encoded mask a class and frame, with the frames' times."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from masksmooth_filter.exports.writer import LONE, About, Times, cannot_export, tag_of
from masksmooth_filter.files import PendingFile
from masksmooth_filter.frames import MaskedFrame
from masksmooth_filter.segment.masks_coco import TAG, codec
from masksmooth_filter.segment.masks_tag import ScoreTag


class CocoWriter:
    """Write images, categories, and annotations with compressed RLE, as pycocotools reads them.

    An image has the frame's ``time`` in seconds and its ``pts``. Annotations go to the disk as they come.

    Parameters
    ----------
    path : Path
        The file.
    about : About

    Raises
    ------
    OptionError
        If pycocotools is not installed.
    OutputError
        If the file must not or cannot be written.
    """

    def __init__(self, path: Path, about: About) -> None:
        self._codec = codec()
        self._pending = PendingFile(path, overwrite=about.overwrite)
        self._about, self._times = about, Times()
        self._tag: ScoreTag | None = None
        self._count = 0
        self._file: TextIO | None = None

    def add(self, item: MaskedFrame) -> None:
        """Write a frame's annotations."""
        number = self._times.note(item)
        ids = self._about.ids(item)
        try:
            if self._file is None:
                self._tag = tag_of(item, "gray")
                self._file = self._pending.path.open("w")
                self._file.write('{"annotations": [')
            for class_id in item.classes or (LONE,):
                self._annotate(number, class_id, ids == class_id)
        except OSError as error:
            raise cannot_export(self._pending.target, error) from error

    def finish(self) -> None:
        """Write the images and categories, and give the file its name."""
        if self._file is None or self._tag is None:
            return
        try:
            self._file.write("\n], " + json.dumps(self._rest(self._tag))[1:])
            self._file.close()
        except OSError as error:
            raise cannot_export(self._pending.target, error) from error
        self._file = None
        self._pending.commit()

    def discard(self) -> None:
        """Remove an unfinished file."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._pending.discard()

    def _annotate(self, number: int, class_id: int, mask: np.ndarray[Any, np.dtype[np.bool_]]) -> None:
        if self._file is None or not mask.any():
            return
        runs = self._codec.encode(np.asfortranarray(mask, np.uint8))
        found = {
            "id": self._count + 1,
            "image_id": number + 1,
            "category_id": class_id,
            "segmentation": {"size": list(mask.shape), "counts": runs["counts"].decode("ascii")},
            "area": int(self._codec.area(runs)),
            "bbox": [float(v) for v in self._codec.toBbox(runs)],
            "iscrowd": 0,
        }
        self._file.write(("," if self._count else "") + "\n" + json.dumps(found))
        self._count += 1

    def _rest(self, tag: ScoreTag) -> dict[str, Any]:
        base = self._times.base
        assert base is not None
        images = [
            {"id": n + 1, "width": tag.width, "height": tag.height, "file_name": f"frame_{n:06d}",
             "pts": ticks, "time": float(ticks * base)}
            for n, ticks in enumerate(self._times.ticks)
        ]  # fmt: skip
        names = [(c, self._about.name_of(c)) for c in tag.classes] or [(LONE, "foreground")]
        categories = [{"id": c, "name": name} for c, name in names]
        info = {"description": "masks of masksmooth-filter", "time_base": str(base), TAG: asdict(tag)}
        return {"images": images, "categories": categories, "info": info, "licenses": []}
