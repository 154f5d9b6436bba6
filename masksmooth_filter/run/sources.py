"""What a run reads is never written to, and what killed runs left beside its outputs goes."""

from __future__ import annotations

import os
from pathlib import Path

from masksmooth_filter.errors import OutputError
from masksmooth_filter.files import PendingFile, same_file
from masksmooth_filter.media import PIPE, StandardOutput
from masksmooth_filter.options import Options

PathLike = str | os.PathLike[str]


def _sources(input: PathLike, settings: Options) -> list[PathLike]:
    """Return what is read."""
    return [input] + ([settings.masks_from] if settings.masks_from else [])


def refuse_overwriting_sources(input: PathLike, output: PathLike, settings: Options) -> None:
    """Raise OutputError if what would be written is what is read, or is written twice."""
    targets = [Path(output)] + ([settings.save_masks] if settings.save_masks else [])
    study = settings.work_dir
    for source in _sources(input, settings):
        for target in targets:
            if PIPE not in (os.fspath(source), os.fspath(target)) and same_file(source, target):
                raise OutputError(f"{target} is the input itself; give another name")
        if study is not None and Path(source).resolve().is_relative_to(study.resolve()):
            raise OutputError(
                f"{os.fspath(source)} lies in the work dir, which is written anew; give another"
            )
    if len({target.resolve() for target in targets}) < len(targets):
        raise OutputError(f"{targets[0]} cannot be the video and the saved masks; give two names")


def remove_leftovers(input: PathLike, pending: PendingFile | StandardOutput, settings: Options) -> None:
    """Remove what killed runs left beside this run's outputs, unless it is read now."""
    files: list[PendingFile | StandardOutput] = [pending]
    if settings.save_masks is not None and not settings.resume:
        files.append(PendingFile(settings.save_masks, overwrite=settings.overwrite))
    for file in files:
        file.remove_leftovers(*_sources(input, settings))
