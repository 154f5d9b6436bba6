"""A lossless video whose gray levels are class ids."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError

from masksmooth_filter.composite.colour import FULL_RANGE
from masksmooth_filter.exports.writer import About, Times, cannot_export, tag_of
from masksmooth_filter.files import PendingFile
from masksmooth_filter.frames import MaskedFrame
from masksmooth_filter.timing import MILLISECONDS, time_of, to_ticks


class LabelVideoWriter:
    """Write FFV1 in Matroska, gray, at the frames' size: 0 background, else the class id; 1 without classes.

    Parameters
    ----------
    path : Path
        The file.
    about : About

    Raises
    ------
    OutputError
        If it must not or cannot be written.
    """

    def __init__(self, path: Path, about: About) -> None:
        self._pending = PendingFile(path, overwrite=about.overwrite)
        self._about, self._times = about, Times()
        self._container: av.container.OutputContainer | None = None
        self._stream: Any = None

    def add(self, item: MaskedFrame) -> None:
        """Write a frame's ids."""
        self._times.note(item)
        time = time_of(item.frame)
        assert time is not None
        frame = av.VideoFrame.from_ndarray(self._about.ids(item), format="gray")
        frame.pts, frame.time_base = to_ticks(time, MILLISECONDS), MILLISECONDS
        frame.color_range = FULL_RANGE
        try:
            container = self._container or self._open(item)
            container.mux(self._stream.encode(frame))
        except FFmpegError as error:
            raise cannot_export(self._pending.target, error) from error

    def finish(self) -> None:
        """Close the file and give it its name."""
        if self._container is None:
            return
        try:
            self._container.mux(self._stream.encode(None))
            self._container.close()
        except FFmpegError as error:
            raise cannot_export(self._pending.target, error) from error
        self._container = None
        self._pending.commit()

    def discard(self) -> None:
        """Remove an unfinished file."""
        if self._container is not None:
            self._container.close()
            self._container = None
        self._pending.discard()

    def _open(self, item: MaskedFrame) -> av.container.OutputContainer:
        container = av.open(f"file:{self._pending.path}", "w", format="matroska")
        self._container = container
        container.metadata.update(tag_of(item, "labels").metadata())
        container.metadata.update({f"CLASS_{c}": self._about.name_of(c) for c in item.classes})
        self._stream = container.add_stream("ffv1", options={"level": "3"})
        self._stream.width, self._stream.height = item.frame.width, item.frame.height
        self._stream.pix_fmt = "gray"
        self._stream.codec_context.time_base = MILLISECONDS
        self._stream.codec_context.color_range = FULL_RANGE
        return container
