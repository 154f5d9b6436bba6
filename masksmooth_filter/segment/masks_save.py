"""Write masks to a file, losslessly, so that they can be smoothed again without the network."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import av
import numpy as np
from av.error import FFmpegError

from masksmooth_filter.errors import InputError, MaskShapeError, OutputError
from masksmooth_filter.files import PendingFile
from masksmooth_filter.frames import FollowedFrame, Mask, MaskedFrame
from masksmooth_filter.segment.masks_tag import ScoreTag
from masksmooth_filter.timing import MILLISECONDS, time_of, to_ticks

_FULL_RANGE = 2
"""AVCOL_RANGE_JPEG: 0 is black and 255 is white."""


_AT_ONCE = {"cluster_time_limit": "0", "flush_packets": "1"}
"""By default 5 s of masks are held back, and lost when the process is killed."""


@dataclass(frozen=True, slots=True)
class MadeOf:
    """What masks were made of; see `masksmooth_filter.segment.masks_tag.ScoreTag`."""

    sparse: bool = False
    batch: int = 1
    origin: Mapping[str, str] = field(default_factory=dict)


class SaveMasks:
    """Save the masks that pass by; a Filter from MaskedFrame to the same MaskedFrame.

    The file is Matroska with one lossless FFV1 gray stream a class plane, at the masks' own resolution
    and the frames' own times; it gets its name in ``close`` after ``flush``, and is discarded otherwise.
    Every mask is handed to the system as it comes (a cluster each): a process that is killed leaves a file
    that can be read up to its last whole mask. Frames without a mask of their own pass by.

    Parameters
    ----------
    path : path
        Where to; any suffix, .mkv is usual.
    labels : tuple of str
        The name of each class id, for the streams' titles.
    overwrite : bool
        Whether a file that is there may be replaced.
    keep_part : bool
        Whether a file that did not come to its end stays, under its temporary name.
    must : bool
        Whether it is an error if the masks cannot be written; else they are given up with a warning.
    about : MadeOf, optional
        What the file shall say of its masks' making.

    Raises
    ------
    OutputError
        If the file must not or cannot be written.
    """

    latency = 0

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        labels: tuple[str, ...] = (),
        overwrite: bool = False,
        keep_part: bool = False,
        must: bool = True,
        about: MadeOf | None = None,
    ) -> None:
        self._pending = PendingFile(path, overwrite=overwrite)
        self._labels, self._about = labels, about or MadeOf()
        self._keep_part, self._must = keep_part, must
        self.warnings: list[str] = []
        self._shape: tuple[int, ...] = ()
        self._container: av.container.OutputContainer | None = None
        self._streams: list[Any] = []
        self._whole = False

    def push(self, item: MaskedFrame | FollowedFrame, /) -> list[MaskedFrame | FollowedFrame]:
        """Write the item's mask, if it has one, and hand the item on."""
        if isinstance(item, FollowedFrame):
            return [item]
        time = time_of(item.frame)
        if time is None:
            raise InputError("a frame has no time, so its mask cannot be saved; remux the video first")
        self._whole = False
        if not self.warnings:
            self._write(item, to_ticks(time, MILLISECONDS))
        return [item]

    def flush(self) -> list[MaskedFrame | FollowedFrame]:
        """Mark what was written so far as whole; nothing is held back."""
        self._whole = True
        return []

    def close(self) -> None:
        """Finish the file and give it its name, or discard it if the stream did not come to its end."""
        container, self._container = self._container, None
        if container is None:
            return
        try:
            if self._whole and not self.warnings:
                for stream in self._streams:
                    container.mux(stream.encode(None))
            container.close()
            if self._whole and not self.warnings:
                self._pending.commit()
        except (FFmpegError, OSError) as error:
            self._fail(error)
        finally:
            if self._whole or not self._keep_part:
                self._pending.discard()

    def discard(self) -> None:
        """Remove what is left of a file that did not come to its end."""
        self._pending.discard()

    def _write(self, item: MaskedFrame, tick: int) -> None:
        try:
            container = self._container or self._open(item)
            if item.planes.shape != self._shape:
                raise MaskShapeError(f"masks changed from {self._shape} to {item.planes.shape} in mid-stream")
            for stream, plane in zip(self._streams, item.planes, strict=True):
                container.mux(stream.encode(_gray_frame(plane, tick)))
        except FFmpegError as error:
            self._fail(error)

    def _open(self, item: MaskedFrame) -> av.container.OutputContainer:
        container = av.open(f"file:{self._pending.path}", "w", format="matroska", options=_AT_ONCE)
        size = item.frame.width, item.frame.height
        tag = ScoreTag(*size, item.classes, self._about.sparse, self._about.batch, self._about.origin)
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
        stream.codec_context.time_base = MILLISECONDS
        stream.codec_context.color_range = _FULL_RANGE
        stream.metadata["title"] = f"plane {plane}" if plane else "foreground"
        return stream

    def _fail(self, error: FFmpegError | OSError) -> None:
        """Raise OutputError; or give the file up, where the run can do without."""
        what = f"masks cannot be saved to {self._pending.target}: {error.strerror or error}"
        if self._must:
            raise OutputError(what) from error
        self.warnings.append(f"{what}; an interrupted run cannot be resumed")


def _gray_frame(plane: Mask, tick: int) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(plane), format="gray")
    frame.pts, frame.time_base = tick, MILLISECONDS
    frame.color_range = _FULL_RANGE
    return frame
