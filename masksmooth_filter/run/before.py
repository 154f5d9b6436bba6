"""The work dir's video of the masks as they were before smoothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from masksmooth_filter.composite.overlay import Overlay
from masksmooth_filter.files import PendingFile
from masksmooth_filter.frames import MaskedFrame
from masksmooth_filter.media import PlainVideo, VideoInfo


class BeforeVideo:
    """Filter over `MaskedFrame`, behind the smoother: hands each item on and draws its raw mask to a file.

    Parameters
    ----------
    path : Path
        Where to; an older file there is replaced.
    draw : Overlay
        Draws the masks; used by this filter alone.
    info : VideoInfo
        What the drawn frames look like.
    """

    latency = 0

    def __init__(self, path: Path, draw: Overlay, info: VideoInfo) -> None:
        self._pending = PendingFile(path, overwrite=True)
        self._draw, self._info = draw, info
        self._video: PlainVideo | None = None

    def push(self, item: MaskedFrame) -> list[MaskedFrame]:
        """Write one frame with its raw mask; hand the item on."""
        if self._video is None:
            self._video = PlainVideo(self._pending.path, self._info)
        raw = item.mask if item.raw is None else item.raw
        for frame in self._draw.push(replace(item, mask=raw)):
            self._video.write(frame)
        return [item]

    def flush(self) -> list[MaskedFrame]:
        """Finish the file and give it its name; return nothing: no frame is held."""
        if self._video is not None:
            self._video.close()
            self._pending.commit()
            self._video = None
        return []

    def close(self) -> None:
        """Discard the file if it was not finished."""
        if self._video is not None:
            self._video.abort()
            self._video = None
        self._pending.discard()
