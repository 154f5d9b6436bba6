"""What became of a batch, as an object, as a table, and as ``batch.json``.

``batch.json``, schema 1, written when the batch is over, also if it is ended by a signal::

    schema       1; raised when a field changes its meaning or goes
    version      of this package
    done, skipped, failed, not_run   how many films of each status
    wall_s       seconds the batch took
    films        list, in the order of the inputs, of
      input, output  paths
      status         "done"; "skipped": it was there already, made of the same input by the same options
                     and version; "failed"; "not run": the batch was ended before its turn came, or in it
      exit_code      what the command would end with for this film alone (0 done; the README lists the
                     others), or 1: an error nobody foresaw, or its workers died; null if not run
      reason         why it failed, in plain words; null otherwise
      tries          how often it was begun in this batch: above 1 where a worker process died over it; a
                     cluster's repeats, which are Ray's, are not counted
      segmenter      where its masks came from, 'auto' decided; null if unknown
      frames, seconds, wall_s   frames written, length of the film, seconds it took; null if unknown
      warnings       list of lines of text
      verified       whether it was compared with its source (--verify), and nothing was lost
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import masksmooth_filter
from masksmooth_filter.scale.record import write_text

SCHEMA = 1
NAME = "batch.json"

Status = Literal["done", "skipped", "failed", "not run"]
STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmResult:
    """What became of a film; the fields are those of ``batch.json``."""

    input: str
    output: str
    status: Status
    exit_code: int | None = None
    reason: str | None = None
    tries: int = 0
    segmenter: str | None = None
    frames: int | None = None
    seconds: float | None = None
    wall_s: float | None = None
    warnings: tuple[str, ...] = ()
    verified: bool = False

    def line(self) -> str:
        """Return what became of it in a line."""
        if self.status == "failed":
            return f"{self.input}: failed ({self.exit_code}): {self.reason}"
        if self.status == "done" and self.frames is not None and self.wall_s:
            speed = f"{self.frames} frames in {self.wall_s:.1f} s"
            return f"{self.output}: {speed}, {self.segmenter}{self._said()}"
        return f"{self.output}: {self.status}"

    def _said(self) -> str:
        again = f", after {self.tries - 1} lost workers" if self.tries > 1 else ""
        count = len(self.warnings)
        return again + (f", {count} warning{'s' * (count > 1)}: {self.warnings[0]}" if count else "")


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of a batch.

    Attributes
    ----------
    films : tuple of FilmResult
        In the order of the inputs.
    wall_s : float
        Seconds it took.
    """

    films: tuple[FilmResult, ...]
    wall_s: float

    def count(self, status: Status) -> int:
        """Return how many films have a status."""
        return Counter(film.status for film in self.films)[status]

    @property
    def ok(self) -> bool:
        """Whether every film is there."""
        return all(film.status in ("done", "skipped") for film in self.films)

    def table(self) -> str:
        """Return the summary: a line a kind of result, then the films that failed and why."""
        done = [film for film in self.films if film.status == "done"]
        frames = sum(film.frames or 0 for film in done)
        seconds = sum(film.seconds or 0 for film in done)
        lines = [f"{len(self.films)} films in {self.wall_s:.1f} s"]
        for status in STATUSES:
            if number := self.count(status):
                lines.append(f"  {status:8} {number:6}")
        if frames and self.wall_s:
            speed = f"{frames / self.wall_s:.1f} frames/s, {seconds / self.wall_s:.2f} times real time"
            lines.append(f"  {frames} frames, {seconds:.1f} s of film: {speed}")
        failed = [film for film in self.films if film.status == "failed"]
        width = max((len(film.input) for film in failed), default=0)
        lines += [f"  {film.input:{width}}  {film.exit_code}  {film.reason}" for film in failed]
        return "\n".join(lines)

    def write(self, folder: Path) -> None:
        """Write ``batch.json`` into a folder."""
        counts = {status.replace(" ", "_"): self.count(status) for status in STATUSES}
        head = {"schema": SCHEMA, "version": masksmooth_filter.__version__, **counts}
        films = [dataclasses.asdict(film) for film in self.films]
        whole = {**head, "wall_s": round(self.wall_s, 3), "films": films}
        write_text(folder / NAME, json.dumps(whole, indent=1, allow_nan=False) + "\n")
