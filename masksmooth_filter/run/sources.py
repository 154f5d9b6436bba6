"""What a run reads is never written to, and what killed runs left beside its outputs goes."""

from __future__ import annotations

import os
from pathlib import Path

from masksmooth_filter.errors import OutputError
from masksmooth_filter.exports.export import parts, target
from masksmooth_filter.files import PendingFile, same_file
from masksmooth_filter.media import PIPE, StandardOutput
from masksmooth_filter.options import Options
from masksmooth_filter.run.drawing import background

PathLike = str | os.PathLike[str]


def _sources(input: PathLike, settings: Options) -> list[PathLike]:
    """Return what is read."""
    behind = background(settings.background) if settings.background else None
    others: list[PathLike] = [behind] if isinstance(behind, Path) else []
    return [input, *(path for path in (settings.masks_from, settings.truth) if path), *others]


def refuse_overwriting_sources(input: PathLike, output: PathLike, settings: Options) -> None:
    """Raise OutputError if what would be written is what is read, or is written twice."""
    exports = [target(path) for path in settings.export]
    targets = [Path(output), *([settings.save_masks] if settings.save_masks else []), *exports]
    study = settings.work_dir
    for source in _sources(input, settings):
        for written in targets:
            if PIPE not in (os.fspath(source), os.fspath(written)) and same_file(source, written):
                raise OutputError(f"{written} is the input itself; give another name")
        if study is not None and Path(source).resolve().is_relative_to(study.resolve()):
            raise OutputError(
                f"{os.fspath(source)} lies in the work dir, which is written anew; give another"
            )
    if len({written.resolve() for written in targets}) < len(targets):
        names = ", ".join(map(str, targets))
        raise OutputError(f"the video and each file of masks must differ, not {names}; give other names")


def remove_leftovers(input: PathLike, pending: PendingFile | StandardOutput, settings: Options) -> None:
    """Remove what killed runs left beside this run's outputs, unless it is read now."""
    files: list[PendingFile | StandardOutput] = [pending]
    if settings.save_masks is not None and not settings.resume:
        files.append(PendingFile(settings.save_masks, overwrite=settings.overwrite))
    files += [PendingFile(path, overwrite=True) for export in settings.export for path in parts(export)]
    for file in files:
        file.remove_leftovers(*_sources(input, settings))
