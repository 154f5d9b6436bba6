"""Masks from COCO's JSON."""

from __future__ import annotations

import importlib
import json
from collections import defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from masksmooth_filter.errors import InputError, OptionError
from masksmooth_filter.frames import Mask
from masksmooth_filter.segment.masks_picture import Picture
from masksmooth_filter.segment.masks_tag import KEY, Masks, ScoreTag, StoredMask

TAG = KEY.lower()
"""Under ``info``: what an export of ours says of itself."""


def codec() -> Any:
    """Return pycocotools.mask.

    Raises
    ------
    OptionError
        If it is not installed.
    """
    try:
        return importlib.import_module("pycocotools.mask")
    except ImportError:
        hint = "pip install 'masksmooth-filter[coco]'"
        raise OptionError(f"COCO's masks need pycocotools; {hint}") from None


class CocoSource:
    """A COCO file, an image a frame, a plane a category; polygons and both forms of RLE are read.

    Times are known where the file is an export of ours; else images are frames in the order of their ids.

    Parameters
    ----------
    path : Path
        The file, which is held in memory: masks are packed in it.

    Raises
    ------
    InputError
        If it is none.
    OptionError
        If pycocotools is not installed.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._codec = path, codec()
        try:
            content = json.loads(path.read_text())
            self._images = sorted(content["images"], key=lambda image: image["id"])
            self._by_image: dict[Any, list[Any]] = defaultdict(list)
            for found in content["annotations"]:
                self._by_image[found["image_id"]].append(found)
            info = content.get("info") or {}
            self.tag: ScoreTag | None = self._tag(info, content["categories"])
            self.time_base = Fraction(info["time_base"]) if TAG in info else None
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            raise InputError(f"{path} cannot be read as COCO's masks ({error!r})") from error

    def read(self) -> Masks:
        """Decode the masks of one image after another."""
        assert self.tag is not None
        for image in self._images:
            time = None if self.time_base is None else image["pts"] * self.time_base
            try:
                planes = tuple(Picture(plane) for plane in self._planes(image, self.tag))
            except (ValueError, KeyError, TypeError, IndexError) as error:
                raise InputError(f"{self._path}: the masks of image {image['id']} are broken") from error
            yield StoredMask(planes, time)

    def _tag(self, info: dict[str, Any], categories: list[dict[str, Any]]) -> ScoreTag:
        if TAG in info:
            return ScoreTag.of(info[TAG])
        first = self._images[0]
        return ScoreTag(first["width"], first["height"], tuple(sorted(c["id"] for c in categories)))

    def _planes(self, image: dict[str, Any], tag: ScoreTag) -> list[Mask]:
        size = image["height"], image["width"]
        planes = {class_id: np.zeros(size, np.uint8) for class_id in tag.classes or (None,)}
        for found in self._by_image[image["id"]]:
            plane = planes[found["category_id"] if tag.classes else None]
            plane[self._decoded(found["segmentation"], size) > 0] = 255
        return list(planes.values())

    def _decoded(self, runs: Any, size: tuple[int, int]) -> Mask:
        if isinstance(runs, list):
            runs = self._codec.merge(self._codec.frPyObjects(runs, *size))
        elif isinstance(runs["counts"], list):
            runs = self._codec.frPyObjects(runs, *size)
        return np.asarray(self._codec.decode(runs), np.uint8)
