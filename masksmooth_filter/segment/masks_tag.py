"""How a file of scores says that it is one: a tag in its container's metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from masksmooth_filter.errors import InputError

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
    """

    width: int
    height: int
    classes: tuple[int, ...]
    sparse: bool = False
    batch: int = 1
    origin: Mapping[str, str] = field(default_factory=dict)

    @property
    def planes(self) -> int:
        """How many video streams hold its planes."""
        return max(1, len(self.classes))

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
            found = json.loads(text)
            if found["version"] != _VERSION:
                raise ValueError(f"version {found['version']}, expected {_VERSION}")
            return cls(
                int(found["width"]),
                int(found["height"]),
                tuple(map(int, found["classes"])),
                bool(found.get("sparse", False)),
                int(found.get("batch", 1)),
                {str(key): str(value) for key, value in found.get("origin", {}).items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"the file's tag {KEY} cannot be read ({error}); save the masks again"
            ) from error
