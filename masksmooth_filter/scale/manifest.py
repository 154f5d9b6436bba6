"""A manifest: the films of a batch, each with options of its own, as JSON, CSV or TOML.

JSON is a list of objects; or an object with ``files``, that list, and ``options`` for all of them. TOML is
the same with ``[[files]]`` and ``[options]``. CSV has a column for each name; an empty cell is left out.
``input`` is the film, relative to the manifest's folder; ``output``, if given, is relative to the outputs'
folder; every other name is a field of `masksmooth_filter.Options`.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import tomllib
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from masksmooth_filter.errors import InputError, OptionError
from masksmooth_filter.options import Options


@dataclass(frozen=True, slots=True)
class Entry:
    """A film that was named.

    Attributes
    ----------
    input : Path
        The film.
    output : Path, optional
        Its place in the outputs' folder, where it is not only the film's name.
    options : mapping
        Its own options.
    where : str
        For messages: which manifest, and which entry of it.
    """

    input: Path
    output: Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    where: str = ""

    @property
    def named(self) -> bool:
        """Whether a manifest names it."""
        return bool(self.where)


def read_manifest(path: Path) -> list[Entry]:
    """Read a manifest.

    Raises
    ------
    InputError
        If it cannot be read, or is not of the form above.
    OptionError
        If it names an option that does not exist, or a value cannot be one of its values.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        shared, rows = MANIFESTS[path.suffix.lower()](text)
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"the manifest {path} cannot be read: {error}") from error
    if not rows:
        raise InputError(f"the manifest {path} names no films")
    return [_entry(path, number, {**shared, **row}) for number, row in enumerate(rows, 1)]


def _entry(path: Path, number: int, row: dict[str, Any]) -> Entry:
    where = f"{path}, film {number}"
    film, output = row.pop("input", None), row.pop("output", None)
    if not isinstance(film, str) or not film or not isinstance(output, str | None):
        raise InputError(f"{where}: write input (and output, if any) as text")
    unknown = sorted(set(row) - set(_TYPES))
    if unknown:
        raise OptionError(f"{where}: there is no option {unknown[0]!r}; choose from {', '.join(_TYPES)}")
    options = {name: _paired(name, value) for name, value in row.items()}
    return Entry(path.parent / film, None if output is None else Path(output), options, where)


def _paired(name: str, value: Any) -> Any:
    """Return a value as `Options` has it: pairs as a table or lists become tuples."""
    if name != "encoder_options":
        return value
    pairs = value.items() if isinstance(value, dict) else value
    return tuple((str(key), str(text)) for key, text in pairs)


def _json(text: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    return _tables(json.loads(text))


def _toml(text: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    return _tables(tomllib.loads(text))


def _tables(found: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Take apart what JSON or TOML holds."""
    whole = found if isinstance(found, dict) else {"files": found}
    shared, rows = whole.get("options", {}), whole.get("files")
    right = isinstance(rows, list) and all(isinstance(row, dict) for row in rows) and isinstance(shared, dict)
    if not right or set(whole) - {"files", "options"}:
        raise ValueError("it holds files, a list of tables with input, and options, a table; nothing else")
    return shared, [dict(row) for row in rows or []]


def _csv(text: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    rows: list[dict[str, Any]] = []
    for row in csv.DictReader(io.StringIO(text), strict=True):
        if None in row or None in row.values():
            raise ValueError(f"line {len(rows) + 2} has more or fewer cells than the first")
        rows.append({name: _read_cell(name, cell) for name, cell in row.items() if cell != ""})
    return {}, rows


def _read_cell(name: str, cell: str) -> Any:
    """Return a cell as the number, truth value or text that its option takes."""
    kinds = _TYPES.get(name, (str,))
    if bool in kinds:
        if cell.lower() not in ("true", "false"):
            raise ValueError(f"{name} is {cell!r}; write true or false")
        return cell.lower() == "true"
    if name == "encoder_options":
        return [pair.split("=", 1) for pair in cell.split()]
    for kind in (int, float):
        if kind in kinds:
            try:
                return kind(cell)
            except ValueError:
                continue
    return cell


def _kinds(hint: Any) -> tuple[Any, ...]:
    """Return the plain types that a type hint is made of."""
    return tuple(kind for part in typing.get_args(hint) for kind in _kinds(part)) or (hint,)


MANIFESTS: dict[str, Callable[[str], tuple[dict[str, Any], list[dict[str, Any]]]]] = {
    ".json": _json,
    ".toml": _toml,
    ".csv": _csv,
}
"""The kinds of manifest, by their suffix: from text to the options of all, and the entries."""

_HINTS = typing.get_type_hints(Options)
_TYPES = {option.name: _kinds(_HINTS[option.name]) for option in dataclasses.fields(Options)}
