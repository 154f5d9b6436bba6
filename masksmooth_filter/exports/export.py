"""The filter that exports masks, and which kind a path stands for."""

from __future__ import annotations

from pathlib import Path

from masksmooth_filter.errors import OptionError
from masksmooth_filter.exports.coco import CocoWriter
from masksmooth_filter.exports.folder import FolderWriter
from masksmooth_filter.exports.label_video import LabelVideoWriter
from masksmooth_filter.exports.volume import VolumeWriter, raw_of
from masksmooth_filter.exports.writer import About, MaskWriter
from masksmooth_filter.frames import MaskedFrame

DEEP = "png16:"
"""What stands before a folder for PNGs of 16 bits."""

KINDS = (
    "a folder (PNG; png16:FOLDER for 16 bits), .mkv (label video), .json (COCO RLE) or .npz (NumPy volume)"
)


class ExportMasks:
    """Filter over `MaskedFrame`: hands each item on and writes its mask.

    Files get their names in ``flush``.

    Parameters
    ----------
    paths : sequence of str
        Where to, each a kind of its own (`KINDS`).
    about : About
        What there is to know.

    Raises
    ------
    OptionError
        If a path stands for no kind, or what it needs is not installed.
    OutputError
        If it must not or cannot be written.
    """

    latency = 0

    def __init__(self, paths: tuple[str, ...], about: About) -> None:
        self._writers: list[MaskWriter] = []
        try:
            for path in paths:
                self._writers.append(writer(path, about))
        except BaseException:
            self.close()
            raise

    def push(self, item: MaskedFrame) -> list[MaskedFrame]:
        """Write one mask everywhere; hand the item on."""
        for each in self._writers:
            each.add(item)
        return [item]

    def flush(self) -> list[MaskedFrame]:
        """Finish the files; return nothing: no frame is held."""
        for each in self._writers:
            each.finish()
        return []

    def close(self) -> None:
        """Remove what is unfinished."""
        for each in self._writers:
            each.discard()


def target(path: str) -> Path:
    """Return the file or folder that a path stands for."""
    return Path(path.removeprefix(DEEP))


def parts(path: str) -> list[Path]:
    """Return the files of a path under whose temporary names a killed run may have left something."""
    place = target(path)
    if place.is_dir() or not place.parent.is_dir() or place.suffix.lower() not in (".mkv", ".json", ".npz"):
        return []
    return [place, raw_of(place)] if place.suffix.lower() == ".npz" else [place]


def writer(path: str, about: About) -> MaskWriter:
    """Return what writes to a path; see `ExportMasks`."""
    place = target(path)
    suffix = place.suffix.lower()
    if path.startswith(DEEP) or place.is_dir() or path.endswith("/") or not suffix:
        return FolderWriter(place, about, deep=path.startswith(DEEP))
    if suffix == ".mkv":
        return LabelVideoWriter(place, about)
    if suffix == ".json":
        return CocoWriter(place, about)
    if suffix == ".npz":
        return VolumeWriter(place, about)
    raise OptionError(f"--export {path} has no kind of mask file; give {KINDS}")
