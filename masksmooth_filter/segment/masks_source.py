"""Where masks come from: a folder of pictures in order, or a video in time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
from av.container import InputContainer
from av.error import FFmpegError

from masksmooth_filter.errors import InputError
from masksmooth_filter.segment.masks_coco import CocoSource
from masksmooth_filter.segment.masks_folder import LIST, FolderSource, ListedFolderSource
from masksmooth_filter.segment.masks_picture import picture_of
from masksmooth_filter.segment.masks_tag import Masks, ScoreTag, StoredMask
from masksmooth_filter.segment.masks_volume import VolumeSource
from masksmooth_filter.timing import fraction, time_of


class MaskSource(Protocol):
    """Masks in their order; may be read several times, each from the first on."""

    @property
    def tag(self) -> ScoreTag | None:
        """What our own files say of themselves."""
        ...

    @property
    def time_base(self) -> Fraction | None:
        """How finely times are stored; None where there are no times and order counts."""
        ...

    def read(self) -> Masks:
        """Decode the masks one after another, holding one at a time."""
        ...


def open_source(path: Path) -> MaskSource:
    """Open a folder of PNG files, a video of masks, COCO's JSON or a NumPy volume.

    Raises
    ------
    InputError
        If there is nothing, or nothing that can be read as masks.
    """
    if path.is_dir():
        return ListedFolderSource(path) if (path / LIST).is_file() else FolderSource(path)
    if not path.is_file():
        raise InputError(f"there is no file or folder of masks {path}")
    kinds: dict[str, Callable[[Path], MaskSource]] = {".json": CocoSource, ".npz": VolumeSource}
    return kinds.get(path.suffix.lower(), VideoSource)(path)


class VideoSource:
    """A video of masks; each of its video streams is a class plane in our own files, else it has one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with _open(path) as container:
                streams = container.streams.video
                if not streams:
                    raise InputError(
                        f"{path} has no video stream; masks are a gray video or a folder of PNGs"
                    )
                self.tag = ScoreTag.read(container.metadata)
                self.time_base = fraction(streams[0].time_base)
                self.titles = tuple(stream.metadata.get("title", "") for stream in streams)
        except FFmpegError as error:
            raise InputError(f"{path} cannot be read as a video of masks: {error.strerror}") from error

    def read(self) -> Masks:
        """Decode the streams side by side."""
        count = 0
        try:
            for frames in self._frames():
                yield StoredMask(tuple(map(picture_of, frames)), time_of(frames[0]))
                count += 1
        except FFmpegError as error:
            raise InputError(f"{self._path} is broken after {count} masks: {error.strerror}") from error
        except InputError as error:
            raise InputError(f"mask {count + 1} of {self._path}: {error}") from error

    def _frames(self) -> Iterator[tuple[av.VideoFrame, ...]]:
        with _open(self._path) as container:
            streams = container.streams.video[: self.tag.planes if self.tag else 1]
            waiting: dict[int, deque[av.VideoFrame]] = {stream.index: deque() for stream in streams}
            for packet in container.demux(*streams):
                waiting[packet.stream.index].extend(
                    f for f in packet.decode() if isinstance(f, av.VideoFrame)
                )
                while all(waiting.values()):
                    yield tuple(frames.popleft() for frames in waiting.values())


def _open(path: Path) -> InputContainer:
    """Open a file; a path is always a file, never a URL, and what it names itself is not opened."""
    return av.open(f"file:{path}", container_options={"protocol_whitelist": "file"})
