"""What was made of a film, on the disk before its output gets its name: no file is made twice."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import masksmooth_filter
from masksmooth_filter.files import PendingFile, fingerprint
from masksmooth_filter.options import Options

FOLDER = ".batch"
"""Of the records, in the outputs' folder."""

WITHOUT_EFFECT = ("overwrite", "resume", "offline")
"""Options that change nothing of what is made."""

FILES = ("weights", "masks_from")
"""Options that name what is read."""


@dataclass(frozen=True, slots=True)
class Record:
    """What was made of a film, and how.

    Attributes
    ----------
    made_of : dict of str to plain values
        Fingerprints of the input and of what else was read, the options, and this package's version.
    size : int
        Bytes of the output.
    segmenter : str
        Where its masks came from, 'auto' decided.
    frames : int
        Frames written; with ``seconds``, ``wall_s`` and ``warnings`` those of the run's `Report`. None, and
        none, if the run was killed in the moment after its output got its name.
    verified : bool
        Whether the output was compared with its source, and nothing differed that must not.
    """

    made_of: Mapping[str, Any]
    size: int
    segmenter: str | None = None
    frames: int | None = None
    seconds: float | None = None
    wall_s: float | None = None
    warnings: tuple[str, ...] = ()
    verified: bool = False

    def describes(self, output: Path, made_of: Mapping[str, Any]) -> bool:
        """Tell whether the output is there, whole, and made of just that."""
        same = dict(self.made_of) == dict(made_of)
        return same and output.is_file() and output.stat().st_size == self.size


def made_of(source: Path, options: Options) -> dict[str, Any]:
    """Return what an output depends on.

    Raises
    ------
    OSError
        If the film cannot be read.
    """
    chosen = {name: str(value) for name, value in dataclasses.asdict(options).items() if value is not None}
    chosen = {name: text for name, text in chosen.items() if name not in WITHOUT_EFFECT}
    version = {"version": masksmooth_filter.__version__, "input": fingerprint(source)}
    return {**version, "options": chosen, "files": _files(options)}


def record_path(output: Path, folder: Path) -> Path:
    """Return where the record of an output lies."""
    name = output.relative_to(folder)
    return folder / FOLDER / name.with_name(f"{name.name}.json")


def read_record(path: Path) -> Record | None:
    """Return a record; None if there is none, or none that this version wrote."""
    try:
        found = json.loads(path.read_text())
        return Record(**found | {"warnings": tuple(found["warnings"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_record(path: Path, record: Record) -> None:
    """Write a record, whole or not at all.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    write_text(path, json.dumps(dataclasses.asdict(record), indent=1))


def write_text(path: Path, text: str) -> None:
    """Write a small file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pending = PendingFile(path, overwrite=True)
    try:
        pending.path.write_text(text)
        pending.commit()
    finally:
        pending.discard()


def _files(options: Options) -> dict[str, str]:
    """Return the fingerprints of the files among the options, the segmenter's included."""
    kind, _, model = options.segmenter.partition(":")
    named = {name: getattr(options, name) for name in FILES}
    named["segmenter"] = model.partition("?")[0] if kind in ("tflite", "onnx") else None
    named["masks_from"] = (options.masks_from or "").removeprefix("gray:").removeprefix("labels:")
    return {name: fingerprint(path) for name, path in named.items() if path and os.path.isfile(path)}
