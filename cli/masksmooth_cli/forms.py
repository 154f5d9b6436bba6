"""The command's two forms: one film, and a batch."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from masksmooth_cli.allocator import forget_start_up
from masksmooth_cli.first_run import compile_apart
from masksmooth_cli.progress import FilmBar, ProgressBar
from masksmooth_cli.verification import print_verification
from masksmooth_filter.errors import BatchError, OptionError

LOG = logging.getLogger("masksmooth_filter")


@dataclass(frozen=True, slots=True)
class Form:
    """What the command was given beside the options of a run.

    Attributes
    ----------
    inputs : tuple of str
        One, or those of a batch.
    output : Path, optional
        Of one film.
    output_dir : Path, optional
        Of a batch.
    jobs : int, optional
        Workers.
    cluster, needs : str, optional
        Where they are, and what each is given.
    encode_chunks : bool
        Whether workers also encode one film.
    verify : bool
        Whether outputs are compared with their inputs.
    """

    inputs: tuple[str, ...]
    output: Path | None
    output_dir: Path | None
    jobs: int | None
    cluster: str | None
    needs: str | None
    encode_chunks: bool
    verify: bool

    @property
    def spread(self) -> bool:
        """Whether one film's network shall run on workers."""
        return self.jobs is not None or self.cluster is not None

    def workers(self) -> Any:
        """Return how many workers there are, and where."""
        from masksmooth_filter.scale.workers import Needs, Workers

        return Workers(self.jobs, self.cluster, Needs.parse(self.needs or ""))


def take_form(paths: tuple[str, ...], settings: dict[str, Any]) -> Form:
    """Take what is about the form out of the settings.

    Raises
    ------
    click.UsageError
        If arguments are missing, or too many.
    OptionError
        If options of the two forms are mixed.
    """
    batch, folder = settings.pop("batch"), settings.pop("output_dir")
    jobs, cluster, needs = (settings.pop(name) for name in ("jobs", "cluster", "needs"))
    whole, verify = settings.pop("encode_chunks"), settings.pop("verify")
    if needs is not None and cluster is None:
        raise OptionError(
            "--needs is what a worker of a cluster is given; it has no effect without --cluster"
        )
    if whole and (batch or (jobs is None and cluster is None)):
        raise OptionError(
            "--encode-chunks shares one film out among workers: give INPUT, OUTPUT, and --jobs or --cluster"
        )
    if batch:
        if not paths or folder is None:
            raise click.UsageError("--batch needs INPUTS and --output-dir DIR.")
        if "-" in paths:
            raise OptionError("- is one pipe; a batch is of files: give their names")
        return Form(paths, None, folder, jobs, cluster, needs, whole, verify)
    if folder is not None:
        raise OptionError("--output-dir is of --batch; without it give INPUT and OUTPUT")
    if len(paths) != 2:
        missing = ("INPUT", "OUTPUT")[len(paths)] if len(paths) < 2 else ""
        raise click.UsageError(
            f"Missing argument '{missing}'." if missing else "Give INPUT and OUTPUT; for more, --batch."
        )
    if verify and "-" in paths:
        raise OptionError("--verify reads INPUT and OUTPUT a second time, and a pipe has none; give files")
    return Form(paths[:1], Path(paths[1]), None, jobs, cluster, needs, whole, verify)


def run_one(form: Form, settings: dict[str, Any], *, quiet: bool) -> None:
    """Convert one film."""
    from masksmooth_filter.options import Options
    from masksmooth_filter.run.pipeline import Hooks, run

    (input_,), output = form.inputs, form.output or Path()
    compile_apart(settings["method"])
    bar = ProgressBar(enabled=not quiet)
    try:
        if form.spread:
            from masksmooth_filter.scale.chunked import convert_in_chunks, encode_in_chunks

            spread = encode_in_chunks if form.encode_chunks else convert_in_chunks
            report = spread(input_, output, workers=form.workers(), on_progress=bar, **settings)
        else:
            hooks = Hooks(bar, on_running=forget_start_up)
            report = run(input_, output, Options(**settings), hooks=hooks)
    finally:
        bar.close()
    for line in [*report.stage_lines(), *report.summary().splitlines()]:
        LOG.info("%s", line)
    if form.verify:
        allowed = {name: settings[name] for name in ("mode", "drop_unsupported", "allow_protocols")}
        print_verification(input_, output, quiet=quiet, **allowed)


def run_batch(form: Form, settings: dict[str, Any], *, quiet: bool) -> None:
    """Convert many films.

    Raises
    ------
    BatchError
        If some failed.
    """
    from masksmooth_filter.scale.batch import convert_many

    folder = form.output_dir or Path()
    bar = FilmBar(enabled=not quiet)
    try:
        result = convert_many(
            form.inputs, folder, workers=form.workers(), check=form.verify, on_film=bar, **settings
        )
    finally:
        bar.close()
    for line in result.table().splitlines():
        LOG.info("%s", line)
    if not result.ok:
        count = result.count("failed")
        raise BatchError(f"{count} of {len(result.films)} films failed; {folder / 'batch.json'} says why")
