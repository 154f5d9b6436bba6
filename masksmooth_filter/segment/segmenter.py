"""The filter that gives every frame its mask."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable

import av
import numpy as np

from masksmooth_filter.errors import ModelError
from masksmooth_filter.frames import Mask, MaskedFrame
from masksmooth_filter.segment.model import FrameModel, Model
from masksmooth_filter.segment.pictures import PictureModel, quarter_turns


class Segmenter:
    """Give every frame its mask; a Filter from av.VideoFrame to MaskedFrame.

    The network sees the picture upright (phones store portrait video lying down, with a rotation
    beside it) and in RGB by the frame's own matrix and range; the mask is turned back to how the frame
    is stored and left at the network's resolution. The frame itself is handed on untouched.

    Parameters
    ----------
    model : Model or FrameModel
        The network.
    lent : bool
        Whether the network stays open when the filter is closed.
    """

    def __init__(self, model: Model | FrameModel, *, lent: bool = False) -> None:
        self._lent = lent
        self._model = model if isinstance(model, FrameModel) else PictureModel(model)
        self._latency = self._model.in_flight * self._model.batch - 1
        self._key: Hashable = None
        self._frames: list[av.VideoFrame] = []
        self._started: deque[tuple[list[av.VideoFrame], Callable[[], Mask]]] = deque()

    @property
    def latency(self) -> int:
        """The batches that may be under way, less the frame that completes the last."""
        return self._latency

    @property
    def labels(self) -> tuple[str, ...]:
        """The name of each class id."""
        return self._model.labels

    def push(self, item: av.VideoFrame, /) -> list[MaskedFrame]:
        """Take a frame; return the masked frames of a batch when enough batches are under way."""
        # A stream may change its size or colours: pictures of one batch must be alike.
        key = self._model.key(item)
        done = self._start() if key != self._key else []
        self._key = key
        self._frames.append(item)
        return done + self._start() if len(self._frames) >= self._model.batch else done

    def flush(self) -> list[MaskedFrame]:
        """Segment the frames that wait for their batch to fill, and wait for all masks."""
        done = self._start()
        while self._started:
            done += self._finish()
        return done

    def close(self) -> None:
        """Close the network, unless it is lent, and forget the frames that wait."""
        self._frames = []
        self._started.clear()
        if not self._lent:
            self._model.close()

    def _start(self) -> list[MaskedFrame]:
        """Start the batch there is; return the oldest one's frames if no further may be under way."""
        if not self._frames:
            return []
        frames, self._frames = self._frames, []
        self._started.append((frames, self._model.start(frames)))
        return self._finish() if len(self._started) >= self._model.in_flight else []

    def _finish(self) -> list[MaskedFrame]:
        frames, wait = self._started.popleft()
        masks = wait()
        if len(masks) != len(frames):
            raise ModelError(f"the segmenter gave {len(masks)} masks for {len(frames)} pictures")
        return [self._masked(frame, mask) for frame, mask in zip(frames, masks, strict=True)]

    def _masked(self, frame: av.VideoFrame, mask: Mask) -> MaskedFrame:
        stored = np.rot90(mask, -quarter_turns(frame), axes=(-2, -1))
        return MaskedFrame(frame, np.ascontiguousarray(stored), self._model.classes)
