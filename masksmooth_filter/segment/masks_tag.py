"""How a file of scores says that it is one: a tag in its container's metadata."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any, Literal

from masksmooth_filter.errors import InputError
from masksmooth_filter.segment.masks_picture import Picture

Kind = Literal["gray", "labels"]
"""Whether values are confidence or class ids."""

KEY = "MASKSMOOTH_MASKS"
"""The metadata key; Matroska writes keys in capitals."""

_VERSION = 1


@dataclass(frozen=True, slots=True)
class ScoreTag:
    """What a file of scores says of itself.

    Attributes
    ----------
    width, height : int
        Size of the frames it was made for; its masks may be smaller.
    classes : tuple of int
        The class id of each stream; empty for one stream without a class.
    sparse : bool
        Whether only keyframes have masks; those of the others are to be carried.
    batch : int
        Pictures the network was given at a time.
    origin : mapping of str to str
        What the masks were made of: fingerprints of the input and the model, and the options.
    kind : {'gray', 'labels'}
        Whether there is a plane of confidence a class, or one of class ids for all.
    """

    width: int
    height: int
    classes: tuple[int, ...]
    sparse: bool = False
    batch: int = 1
    origin: Mapping[str, str] = field(default_factory=dict)
    kind: Kind = "gray"

    @property
    def planes(self) -> int:
        """How many pictures, or video streams, a mask is stored as."""
        return max(1, len(self.classes)) if self.kind == "gray" else 1

    def metadata(self) -> dict[str, str]:
        """Return the container's metadata that carries this tag."""
        return {KEY: json.dumps({"version": _VERSION, **asdict(self)})}

    @classmethod
    def read(cls, metadata: Mapping[str, str]) -> ScoreTag | None:
        """Return the tag of a container, or None if it has none.

        Raises
        ------
        InputError
            If the tag is of a later version or broken.
        """
        text = {key.upper(): value for key, value in metadata.items()}.get(KEY)
        if text is None:
            return None
        try:
            return cls.of(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"the file's tag {KEY} cannot be read ({error}); save the masks again"
            ) from error

    @classmethod
    def of(cls, found: dict[str, Any]) -> ScoreTag:
        """Return a tag that was kept as JSON.

        Raises
        ------
        ValueError, KeyError, TypeError, AttributeError
            If it is of a later version or broken.
        """
        if found.get("version", _VERSION) != _VERSION:
            raise ValueError(f"version {found['version']}, expected {_VERSION}")
        return cls(
            int(found["width"]),
            int(found["height"]),
            tuple(map(int, found["classes"])),
            bool(found.get("sparse", False)),
            int(found.get("batch", 1)),
            {str(key): str(value) for key, value in found.get("origin", {}).items()},
            "labels" if found.get("kind") == "labels" else "gray",
        )


@dataclass(frozen=True, slots=True)
class StoredMask:
    """One mask as stored: a picture a class plane, and its time where it has one."""

    pictures: tuple[Picture, ...]
    time: Fraction | None


Masks = Generator[StoredMask, None, None]
"""Masks one after another; closing it closes the file it reads."""
