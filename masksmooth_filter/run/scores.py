"""Where a run keeps its raw masks, and what it finds there of an earlier run: nothing is segmented twice.

The network is the dear part of a run, so every mask is on disk as soon as it is made: where the user said
(``save_masks``), in the folder of the report or the study, else in a hidden file beside the output, which
goes when the output is whole. ``resume`` goes on from there; all after the network is done anew, with the
same bits.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path

from masksmooth_filter.errors import InputError, OutputError
from masksmooth_filter.files import PendingFile, fingerprint, shortened
from masksmooth_filter.media import PIPE
from masksmooth_filter.options import Options
from masksmooth_filter.segment.masks_file import MasksFromFile
from masksmooth_filter.segment.masks_known import KnownMasks

LOG = logging.getLogger("masksmooth_filter")

NAME = "scores.mkv"
"""Of the masks in a report's or study's folder."""

MASKS_DEPEND_ON = ("device", "precision", "size", "classes", "exact", "compiled", "every")
"""The options besides segmenter and weights that change raw masks."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Where raw masks are kept, and what is known of them.

    Attributes
    ----------
    path : Path
        The file; an older one there may be replaced.
    temporary : bool
        Whether it goes when the output is whole.
    origin : dict of str to str
        What the masks are made of.
    known : KnownMasks, optional
        Those of an earlier run that was made of the same.
    """

    path: Path
    temporary: bool
    origin: dict[str, str]
    known: KnownMasks | None

    def tidy(self) -> None:
        """Remove what is of no more use once the output is whole, or the run has failed."""
        PendingFile(self.path, overwrite=True).remove_leftovers()
        if self.known is not None and self.known.path != self.path:
            self.known.path.unlink(missing_ok=True)
        if self.temporary:
            self.path.unlink(missing_ok=True)


def place_scores(options: Options, input: Path, output: Path, *, segmenter: str) -> Scores | None:
    """Decide where the masks of a run are kept, and look there for those of an earlier one.

    Parameters
    ----------
    options : Options
        What the user chose.
    input, output : Path
        The video, and what is made of it; ``-`` for pipes.
    segmenter : str
        The one that was chosen.

    Returns
    -------
    Scores or None
        None where there is no place: the output is a pipe and no file is asked for.

    Raises
    ------
    OutputError
        If a file that was asked for exists already and is not this run's.
    """
    path, temporary = _place(options, output)
    if path is None:
        return None
    origin = scores_origin(options, input, segmenter)
    asked_for = options.save_masks is not None
    if temporary and not options.resume:
        PendingFile(path, overwrite=True).remove_leftovers()
        path.unlink(missing_ok=True)
    known = None
    if "input" in origin and (options.resume or not (asked_for or temporary)):
        known = _earlier(path, origin, torn=options.resume)
        if options.resume and known is None:
            LOG.info("there is nothing to resume from; all frames are segmented")
    mine = known is not None and known.path == path
    if asked_for and path.exists() and not (options.overwrite or (options.resume and mine)):
        raise OutputError(f"{path} exists already; give another name or --overwrite")
    return Scores(path, temporary, origin, known)


def check_masks_are_of(masks: MasksFromFile, input: Path) -> None:
    """Raise InputError if masks say that they were made of another video; ``gray:PATH`` says it may be so."""
    made_of = "" if masks.forced or masks.tag is None else masks.tag.origin.get("input", "")
    if made_of and os.fspath(input) != PIPE and made_of != _identity(input):
        raise InputError(
            f"{masks.path} holds masks of another video than {input}, or of an earlier state of it; make new "
            f"ones, or write gray:{masks.path} to use them all the same"
        )


def hidden_scores(output: Path) -> Path:
    """Return where the masks of a run are kept until its output is whole, if nobody asked for them."""
    return output.with_name(f".{shortened(output.name)}.{NAME}")


def discard_scores(output: Path) -> None:
    """Remove what a run of this process, which was to be resumed, has left: it has failed for good."""
    if output.parent.is_dir():
        PendingFile(hidden_scores(output), overwrite=True).discard()
        hidden_scores(output).unlink(missing_ok=True)


def _place(options: Options, output: Path) -> tuple[Path | None, bool]:
    """Return the file, and whether it is a temporary one."""
    if options.save_masks is not None:
        return options.save_masks, False
    for folder in (options.work_dir, options.report):
        if folder is not None:
            return folder / NAME, False
    return (None if os.fspath(output) == PIPE else hidden_scores(output)), True


def _identity(path: str | os.PathLike[str]) -> str:
    """Return a file's fingerprint, or the name of what is none: a URL, or a file the network will miss."""
    return fingerprint(path) if os.path.isfile(path) else os.fspath(path)


def scores_origin(options: Options, input: Path, segmenter: str) -> dict[str, str]:
    """Return what raw masks are made of: fingerprints, and the options that change them."""
    kind, _, model = segmenter.partition(":")
    origin = {"segmenter": kind}
    if kind in ("tflite", "onnx"):
        model, _, scale = model.partition("?")
        origin |= {"model": _identity(model), "range": scale}
    if options.weights is not None:
        origin["weights"] = _identity(options.weights)
    if os.fspath(input) != PIPE:
        origin["input"] = _identity(input)
    return origin | {name: str(getattr(options, name)) for name in MASKS_DEPEND_ON}


def _earlier(path: Path, origin: dict[str, str], *, torn: bool) -> KnownMasks | None:
    """Return the masks of an earlier run, if there are any that were made of the same."""
    candidates = [path] if path.exists() else []
    candidates += PendingFile(path, overwrite=True).leftovers() if torn else []
    for candidate in candidates:
        try:
            known = KnownMasks(candidate)
        except InputError as error:  # killed before its first mask
            LOG.info("%s", error)
            continue
        made_of = known.tag.origin
        other = [name for name in sorted({*origin, *made_of}) if origin.get(name) != made_of.get(name)]
        if not other:
            LOG.info("the masks of %s are used again; the network runs only where they end", candidate)
            return known
        LOG.warning("the masks of %s are not used: another %s", candidate, ", another ".join(other))
    return None
