"""Class names, and how a user names classes."""

from __future__ import annotations

from collections.abc import Sequence

from masksmooth_filter.errors import OptionError

VOC_LABELS: tuple[str, ...] = (
    "background",
    "aeroplane",
    "bicycle",
    "bird",
    "boat",
    "bottle",
    "bus",
    "car",
    "cat",
    "chair",
    "cow",
    "diningtable",
    "dog",
    "horse",
    "motorbike",
    "person",
    "pottedplant",
    "sheep",
    "sofa",
    "train",
    "tvmonitor",
)
"""The 20 classes of Pascal VOC, with background before them: id = position."""

VOID = 255
"""The id that label images give to pixels nobody labelled; read as background."""


def parse_classes(text: str | Sequence[str], labels: Sequence[str]) -> tuple[int, ...]:
    """Turn class names or ids into ids.

    Parameters
    ----------
    text : str or sequence of str
        Names or ids, comma separated: ``"person,dog"``, ``"15"``, ``["person", "12"]``; or ``"all"``.
    labels : sequence of str
        The name of each id.

    Returns
    -------
    tuple of int
        The ids in the order asked for, each once; empty for all, which is one plane for everything
        but background.

    Raises
    ------
    OptionError
        If there is no such class, or none is named; lists what there is.
    """
    parts = [text] if isinstance(text, str) else text
    wanted = [name.strip() for part in parts for name in part.split(",") if name.strip()]
    if not wanted:
        raise OptionError(f"no class is named; choose from {_listing(labels)}")
    if wanted == ["all"]:
        return ()
    return tuple(dict.fromkeys(_class_id(name, labels) for name in wanted))


def _class_id(name: str, labels: Sequence[str]) -> int:
    lowered = [label.lower() for label in labels]
    if name.lower() in lowered:
        return lowered.index(name.lower())
    if name.isdecimal() and int(name) < len(labels):
        return int(name)
    raise OptionError(f"there is no class {name!r}; choose from {_listing(labels)}")


def _listing(labels: Sequence[str]) -> str:
    """Name the classes; those without a name of their own are summed up by their ids."""
    named = [f"{label} ({i})" for i, label in enumerate(labels) if not label.isdecimal()]
    return ", ".join([*named, *([] if len(named) == len(labels) else [f"or an id 0 to {len(labels) - 1}"])])
