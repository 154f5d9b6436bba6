"""One film of a batch, from start to end, by a worker."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from masksmooth_filter.errors import OptionError, VerificationError
from masksmooth_filter.options import Options
from masksmooth_filter.run.pipeline import Hooks, run
from masksmooth_filter.run.scores import discard_scores
from masksmooth_filter.run.supply import Supply
from masksmooth_filter.scale.films import Film, NotHere, Sent, here, load
from masksmooth_filter.scale.record import Record, made_of, read_record, write_record
from masksmooth_filter.scale.warm import forget, warm_model
from masksmooth_filter.verification.verify import verify


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker is to do with a film.

    Attributes
    ----------
    film : Film
        The input.
    output, record : Path
        Where the output, and its record, shall be.
    options : Options
        Its options.
    check : bool
        Whether to compare the output with the input.
    sign : Path, optional
        A file in the outputs' folder: a worker that does not see it sends the output back.
    """

    film: Film
    output: Path
    record: Path
    options: Options
    check: bool = False
    sign: Path | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a film.

    Attributes
    ----------
    record : Record
        What was made.
    skipped : bool
        Whether it was there already.
    output : (N,) uint8, optional
        The output, where the worker does not see its folder.
    """

    record: Record
    skipped: bool = False
    output: Sent = None


def process(order: Order, sent: Sent = None) -> Done | NotHere:
    """Make a film's output, unless it is there already and made of the same.

    Its record is on the disk before the output has its name: whoever comes after a killed worker finds
    either a record and the output, or no output.

    Raises
    ------
    MaskSmoothError
        If it fails; nothing is left under the output's name.
    """
    source = here(order.film, sent)
    if source is None:
        return NotHere()
    try:
        if order.sign is None or order.sign.exists():
            return _made(order, source)
        return _made_apart(order, source)
    except Exception:
        forget()
        discard_scores(order.output)
        raise


def _made(order: Order, source: Path) -> Done:
    if not source.is_file():  # says what is wrong with it
        return Done(_run(order, source, {}))
    of = made_of(source, order.options)
    earlier = read_record(order.record)
    if earlier is not None and earlier.describes(order.output, of):
        if order.check and not earlier.verified:
            _check(order, source)
            earlier = replace(earlier, verified=True)
            write_record(order.record, earlier)
        return Done(earlier, skipped=True)
    return Done(_run(order, source, of))


def _run(order: Order, source: Path, of: dict[str, Any]) -> Record:
    record = Record(of, 0)

    def note(part: Path) -> None:
        nonlocal record
        record = replace(record, size=part.stat().st_size)
        write_record(order.record, record)

    order.output.parent.mkdir(parents=True, exist_ok=True)
    for folder in (order.options.report, order.options.work_dir):
        if folder is not None:
            folder.parent.mkdir(parents=True, exist_ok=True)
    report = run(source, order.output, _resuming(order.options), hooks=_hooks(note))
    record = replace(
        record,
        segmenter=str(report.settings["segmenter"]),
        frames=report.frames,
        seconds=report.seconds,
        wall_s=round(report.wall_s, 3),
        warnings=report.warnings,
    )
    write_record(order.record, record)
    if order.check:
        _check(order, source)
        record = replace(record, verified=True)
        write_record(order.record, record)
    return record


def _made_apart(order: Order, source: Path) -> Done:
    """Make the output in a folder of this machine, and return it."""
    for name in ("report", "work_dir", "save_masks"):
        if getattr(order.options, name) is not None:
            hint = "workers must see the outputs' folder to write there; share it, or leave the option out"
            raise OptionError(f"--{name.replace('_', '-')}: {hint}")
    with tempfile.TemporaryDirectory(prefix="masksmooth-") as folder:
        there = replace(
            order,
            output=Path(folder, order.output.name),
            record=Path(folder, "record.json"),
        )
        record = replace(_run(there, source, {}), made_of=made_of(source, order.options))
        return Done(record, output=load(there.output))


def _hooks(note: Callable[[Path], None]) -> Hooks:
    return Hooks(before_naming=note, supply=Supply(create=warm_model, lends=True))


def _resuming(options: Options) -> Options:
    """Have masks go on from where a worker that was killed has left them."""
    return options if options.masks_from is not None else dataclasses.replace(options, resume=True)


def _check(order: Order, source: Path) -> None:
    """Raise VerificationError if the output does not hold all that the source held."""
    options = order.options
    allowed = {name: getattr(options, name) for name in ("mode", "drop_unsupported", "allow_protocols")}
    result = verify(source, order.output, **allowed)
    if not result.ok:
        found = ", ".join(row.what for row in result.differences)
        raise VerificationError(f"{order.output} is written and kept, but differs from its source in {found}")
