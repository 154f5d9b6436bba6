"""Many films: each is a worker's for as long as it takes, and one that is bad fails by itself."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from masksmooth_filter.errors import OutputError
from masksmooth_filter.files import PendingFile, fingerprint
from masksmooth_filter.scale.batch_result import Batch, FilmResult
from masksmooth_filter.scale.crew import Crew, Failure, Ticket
from masksmooth_filter.scale.films import Film, NotHere
from masksmooth_filter.scale.inputs import Job, collect
from masksmooth_filter.scale.one_film import Done, Order, process
from masksmooth_filter.scale.record import FOLDER, record_path, write_record
from masksmooth_filter.scale.workers import Workers

Tell = Callable[[FilmResult, int, int], None]
"""Given what became of a film, how many are over, and how many there are."""

KNOWN = ("segmenter", "frames", "seconds", "wall_s", "warnings", "verified")
"""What a record tells of a film."""

WAIT_S = 0.5
"""Seconds between looks for new workers of a cluster; a signal is not kept waiting."""


def convert_many(
    inputs: Sequence[str | os.PathLike[str]],
    output_dir: str | os.PathLike[str],
    *,
    workers: Workers | None = None,
    check: bool = False,
    on_film: Tell | None = None,
    **options: Any,
) -> Batch:
    """Do to many films what `convert` does to one; write ``batch.json`` beside the outputs.

    A film whose output is there, made of the same bytes by the same options and version, is skipped.
    Where worker processes of this machine are used, call this under ``if __name__ == "__main__"``.

    Parameters
    ----------
    inputs : sequence of path
        Files, folders, patterns and manifests; see `masksmooth_filter.scale.inputs.collect`.
    output_dir : path
        Where the outputs go; made if it is not there.
    workers : Workers, optional
        How many there are, and where; one process of this machine by default.
    check : bool
        Whether to compare each output with its input, as `verify` does.
    on_film : callable, optional
        Given what became of each film, how many are over, and how many there are.
    **options
        The fields of `Options`; ``report`` and ``work_dir`` get a folder for each film.

    Returns
    -------
    Batch
        What became of each film; a film that fails raises nothing.

    Raises
    ------
    OptionError, InputError
        If an option, a pattern or a manifest is wrong, before any film is begun.
    OutputError
        If ``output_dir`` cannot be written to.
    DeviceError, ModelError
        If there is no cluster, or Ray is not installed.
    """
    folder = Path(output_dir)
    jobs = collect([os.fspath(text) for text in inputs], folder, options)
    _make(folder)
    with (workers or Workers()).crew() as crew, _sign(folder, wanted=crew.sends) as sign:
        batch = _Batch(crew, folder, jobs, sign, check=check, tell=on_film or (lambda *_: None))
        try:
            batch.run()
        finally:
            batch.end()
    return batch.result()


@dataclass(slots=True)
class _Batch:
    """A batch on its way."""

    crew: Crew
    folder: Path
    jobs: Sequence[Job]
    sign: Path | None
    check: bool
    tell: Tell
    start: float = field(default_factory=time.perf_counter)
    tickets: dict[Ticket, Job] = field(default_factory=dict)
    over: dict[Path, FilmResult] = field(default_factory=dict)

    def run(self) -> None:
        """Have every film made."""
        ahead = iter(self.jobs)
        while True:
            # A cluster's orders hold fingerprints, 0.1 s each: not all of them before the first film.
            for job in islice(ahead, max(0, 2 * self.crew.size - len(self.tickets))):
                self.tickets[self.crew.submit(process, self._order(job))] = job
            if not self.tickets:
                return
            for ticket in self.crew.pump(WAIT_S):
                self._settle(ticket, self.tickets.pop(ticket))

    def end(self) -> None:
        """Say on the disk how far it came; if not to the end, stop the workers and remove what they began."""
        begun = [self.tickets[ticket] for ticket in self.crew.running if ticket in self.tickets]
        if self.tickets:
            self.crew.close()
        for job in begun:  # a worker that was killed could not; none of them lives now
            if job.output.parent.is_dir():
                for part in PendingFile(job.output, overwrite=True).leftovers():
                    part.unlink(missing_ok=True)
        self.result().write(self.folder)

    def result(self) -> Batch:
        """Return what became of the films so far."""
        films = [self.over.get(job.output) or _result(job, "not run") for job in self.jobs]
        return Batch(tuple(films), time.perf_counter() - self.start)

    def _order(self, job: Job) -> Order:
        print_ = _print(job.input) if self.crew.sends else None
        place = record_path(job.output, self.folder)
        return Order(Film(job.input, print_), job.output, place, job.options, self.check, self.sign)

    def _settle(self, ticket: Ticket, job: Job) -> None:
        """Note what became of a film; send it to its worker if that is what it lacks."""
        outcome = ticket.outcome
        if isinstance(outcome, NotHere):
            sent = self.crew.send(job.input)
            self.tickets[self.crew.submit(process, ticket.args[0], sent, at_once=True)] = job
            return
        if isinstance(outcome, Done) and outcome.output is not None:
            outcome = _landed(job, ticket.args[0].record, outcome)
        result = _of(job, outcome, ticket.tries)
        self.over[job.output] = result
        self.tell(result, len(self.over), len(self.jobs))


def _landed(job: Job, place: Path, done: Done) -> Done | Failure:
    """Write an output that a worker has sent, and its record before it has its name."""
    try:
        job.output.parent.mkdir(parents=True, exist_ok=True)
        pending = PendingFile(job.output, overwrite=job.options.overwrite)
        try:
            assert done.output is not None
            done.output.tofile(pending.path)
            write_record(place, done.record)
            pending.commit()
        finally:
            pending.discard()
    except OSError as error:
        return Failure(str(error), OutputError.exit_code)
    return done


def _of(job: Job, outcome: Done | Failure, tries: int) -> FilmResult:
    """Return what became of a film."""
    if isinstance(outcome, Failure):
        return _result(job, "failed", exit_code=outcome.exit_code, reason=outcome.message, tries=tries)
    record = outcome.record
    status = "skipped" if outcome.skipped else "done"
    return _result(job, status, exit_code=0, tries=tries, **{name: getattr(record, name) for name in KNOWN})


def _result(job: Job, status: Any, **about: Any) -> FilmResult:
    return FilmResult(input=os.fspath(job.input), output=os.fspath(job.output), status=status, **about)


def _print(path: Path) -> str | None:
    """Return a film's fingerprint; None for what cannot be read: the worker says why."""
    try:
        return fingerprint(path)
    except OSError:
        return None


def _make(folder: Path) -> None:
    try:
        (folder / FOLDER).mkdir(parents=True, exist_ok=True)
        for sign in (folder / FOLDER).glob("sign-*"):  # of a batch that was killed
            sign.unlink()
    except OSError as error:
        raise OutputError(f"{folder} cannot be made: {error.strerror or error}") from error


@contextmanager
def _sign(folder: Path, *, wanted: bool) -> Iterator[Path | None]:
    """Put a file into the outputs' folder by which a worker knows that it sees that folder."""
    if not wanted:
        yield None
        return
    path = folder / FOLDER / f"sign-{uuid.uuid4().hex}"
    path.touch()
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
