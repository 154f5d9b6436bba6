"""Which films a batch is of: files, folders, patterns and manifests, and where each one's output goes."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from masksmooth_filter.errors import InputError, OptionError
from masksmooth_filter.media import CONTAINERS
from masksmooth_filter.options import Options
from masksmooth_filter.scale.manifest import MANIFESTS, Entry, read_manifest

FILMS = frozenset(
    {*CONTAINERS, ".3gp", ".asf", ".flv", ".mpeg", ".mpg", ".mts", ".mxf", ".ogv", ".vob", ".wmv", ".y4m"}
)
"""Suffixes of films in a folder; a file that is named is taken whatever it is called."""

ELSE = ".mkv"
"""The container of an output whose input's cannot be written: it holds nearly every kind of stream."""

FOLDERS_A_FILE = ("report", "work_dir")
"""Options that name a folder, of which each film gets one of its own within."""


@dataclass(frozen=True, slots=True)
class Job:
    """A film of a batch.

    Attributes
    ----------
    input, output : Path
        What is read, and what is written.
    options : Options
        Its own.
    """

    input: Path
    output: Path
    options: Options = field(default_factory=Options)


def collect(inputs: Sequence[str], output_dir: Path, options: Mapping[str, Any]) -> list[Job]:
    """Return the films of a batch, each once, in the order they were named.

    A file's output has its name, with the suffix of a container that can be written; a folder's films keep
    their places below it. Hidden files are left out, and what lies in ``output_dir``.

    Parameters
    ----------
    inputs : sequence of str
        Files, folders, patterns with ``*``, ``?``, ``[``, ``**``, and manifests.
    output_dir : Path
        Where the outputs go.
    options : mapping
        The fields of `Options` that are not their defaults; those of a manifest's entry come before them.

    Raises
    ------
    InputError
        If a pattern or folder holds no film, or a manifest is wrong.
    OptionError
        If an option is wrong, or two films would have one output.
    """
    if options.get("save_masks") is not None:
        raise OptionError("--save-masks names one file; give save_masks for each film in a manifest")
    Options(**options)  # what is wrong for all is said once
    entries = [entry for text in inputs for entry in _entries(text, output_dir)]
    unique = dict.fromkeys(entry.input for entry in entries)
    first = {entry.input: entry for entry in reversed(entries)}
    jobs = [_job(first[path], output_dir, options) for path in unique]
    _refuse_shared_outputs(jobs)
    return jobs


def _entries(text: str, output_dir: Path) -> Iterable[Entry]:
    path = Path(text)
    if path.is_dir():
        found = [Entry(film, film.relative_to(path)) for film in _films(path, output_dir)]
    elif path.suffix.lower() in MANIFESTS and path.exists():
        return read_manifest(path)
    elif path.exists() or not glob.has_magic(text):
        return [Entry(path)]  # one that is missing fails by itself, as one that is broken does
    else:
        found = [
            Entry(Path(name)) for name in sorted(glob.glob(text, recursive=True)) if os.path.isfile(name)
        ]
    if not found:
        raise InputError(f"{text} holds no film; films in a folder end in {' '.join(sorted(FILMS))}")
    return found


def _films(folder: Path, output_dir: Path) -> Iterator[Path]:
    apart = output_dir.resolve()
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if f[0] != "." and Path(place, f).resolve() != apart)
        for name in sorted(names):
            if name[0] != "." and Path(name).suffix.lower() in FILMS:
                yield Path(place, name)


def _job(entry: Entry, output_dir: Path, options: Mapping[str, Any]) -> Job:
    name = entry.output or Path(entry.input.name)
    if entry.output is None or not entry.named:
        name = name if name.suffix.lower() in CONTAINERS else name.with_name(f"{name.name}{ELSE}")
    output = output_dir / name
    if not output.resolve().is_relative_to(output_dir.resolve()):
        raise OptionError(f"the output {name} of {entry.input} lies outside {output_dir}; leave out ..")
    chosen = dict(options)
    for option in FOLDERS_A_FILE:
        if chosen.get(option) is not None:
            chosen[option] = Path(chosen[option]) / name
    try:
        return Job(entry.input, output, Options(**chosen | dict(entry.options)))
    except OptionError as error:
        raise OptionError(f"{entry.where}: {error}" if entry.where else str(error)) from None


def _refuse_shared_outputs(jobs: Sequence[Job]) -> None:
    """Raise OptionError if two films would be written to one file."""
    taken: dict[Path, Path] = {}
    for job in jobs:
        other = taken.setdefault(job.output.resolve(), job.input)
        if other != job.input:
            hint = "give the folder they lie in, or a manifest with an output for each"
            raise OptionError(f"{other} and {job.input} would both be written to {job.output}; {hint}")
