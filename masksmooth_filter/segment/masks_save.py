"""Write masks to a file, losslessly, so that they can be smoothed again without the network."""

from __future__ import annotations

import os
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.error import FFmpegError

from masksmooth_filter.errors import InputError, MaskShapeError, OutputError
from masksmooth_filter.files import PendingFile
from masksmooth_filter.frames import Mask, MaskedFrame
from masksmooth_filter.segment.masks_tag import ScoreTag
from masksmooth_filter.timing import time_of, to_ticks

_MILLISECONDS = Fraction(1, 1000)
"""Matroska's ticks."""

_FULL_RANGE = 2
"""AVCOL_RANGE_JPEG: 0 is black and 255 is white."""


class SaveMasks:
    """Save the masks that pass by; a Filter from MaskedFrame to the same MaskedFrame.

    The file is Matroska with one lossless FFV1 gray stream a class plane, at the masks' own resolution
    and the frames' own times; it gets its name in ``close`` after ``flush``, and is discarded otherwise.

    Parameters
    ----------
    path : path
        Where to; any suffix, .mkv is usual.
    labels : tuple of str
        The name of each class id, for the streams' titles.
    overwrite : bool
        Whether a file that is there may be replaced.

    Raises
    ------
    OutputError
        If the file must not or cannot be written.
    """

    latency = 0

    def __init__(
        self, path: str | os.PathLike[str], *, labels: tuple[str, ...] = (), overwrite: bool = False
    ) -> None:
        self._pending = PendingFile(path, overwrite=overwrite)
        self._labels = labels
        self._shape: tuple[int, ...] = ()
        self._container: av.container.OutputContainer | None = None
        self._streams: list[Any] = []
        self._whole = False

    def push(self, item: MaskedFrame, /) -> list[MaskedFrame]:
        """Write the item's mask and hand the item on."""
        time = time_of(item.frame)
        if time is None:
            raise InputError("a frame has no time, so its mask cannot be saved; remux the video first")
        self._whole = False
        self._write(item, to_ticks(time, _MILLISECONDS))
        return [item]

    def flush(self) -> list[MaskedFrame]:
        """Mark what was written so far as whole; nothing is held back."""
        self._whole = True
        return []

    def close(self) -> None:
        """Finish the file and give it its name, or discard it if the stream did not come to its end."""
        container, self._container = self._container, None
        if container is None:
            return
        try:
            if self._whole:
                for stream in self._streams:
                    container.mux(stream.encode(None))
            container.close()
            if self._whole:
                self._pending.commit()
        except (FFmpegError, OSError) as error:
            raise self._failure(error) from error
        finally:
            self._pending.discard()

    def _write(self, item: MaskedFrame, tick: int) -> None:
        try:
            container = self._container or self._open(item)
            if item.planes.shape != self._shape:
                raise MaskShapeError(f"masks changed from {self._shape} to {item.planes.shape} in mid-stream")
            for stream, plane in zip(self._streams, item.planes, strict=True):
                container.mux(stream.encode(_gray_frame(plane, tick)))
        except FFmpegError as error:
            raise self._failure(error) from error

    def _open(self, item: MaskedFrame) -> av.container.OutputContainer:
        container = av.open(f"file:{self._pending.path}", "w", format="matroska")
        tag = ScoreTag(item.frame.width, item.frame.height, item.classes)
        container.metadata.update(tag.metadata())
        self._container, self._shape = container, item.planes.shape
        self._streams = [self._add_stream(plane) for plane in range(len(item.planes))]
        for stream, class_id in zip(self._streams, item.classes, strict=False):
            known = class_id < len(self._labels)
            stream.metadata["title"] = self._labels[class_id] if known else f"class {class_id}"
            stream.metadata["CLASS_ID"] = str(class_id)
        return container

    def _add_stream(self, plane: int) -> Any:
        if self._container is None:
            raise OutputError(f"{self._pending.target} is closed")
        stream = self._container.add_stream("ffv1", options={"level": "3"})
        _, stream.height, stream.width = self._shape
        stream.pix_fmt = "gray"
        stream.codec_context.time_base = _MILLISECONDS
        stream.codec_context.color_range = _FULL_RANGE
        stream.metadata["title"] = f"plane {plane}" if plane else "foreground"
        return stream

    def _failure(self, error: FFmpegError | OSError) -> OutputError:
        return OutputError(f"masks cannot be saved to {self._pending.target}: {error.strerror or error}")


def _gray_frame(plane: Mask, tick: int) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(plane), format="gray")
    frame.pts, frame.time_base = tick, _MILLISECONDS
    frame.color_range = _FULL_RANGE
    return frame
