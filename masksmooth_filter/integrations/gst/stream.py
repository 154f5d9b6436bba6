"""What the element does, without its pads: pictures in, drawn pictures out, each with what it carries."""

from __future__ import annotations

from collections import deque
from typing import Any

import av
import numpy as np

from masksmooth_filter.composite.drawing import Drawing
from masksmooth_filter.errors import OptionError
from masksmooth_filter.filter import Chain
from masksmooth_filter.frames import MaskedFrame
from masksmooth_filter.options import Options
from masksmooth_filter.run.drawing import drawing_filter
from masksmooth_filter.run.frame_filter import (
    carrying,
    hold_filters,
    mask_filter,
    smoother_filter,
    smoothing_of,
)
from masksmooth_filter.segment.segmenter import Segmenter
from masksmooth_filter.timing import NANOSECONDS

ELEMENT_MODES = ("overlay", "matte", "blur", "replace")
"""The modes whose pictures have the film's caps, or GRAY8; cutout and side-by-side have others."""

Drawn = tuple[av.VideoFrame, Any]
"""A drawn picture, and what was given with the picture it was made of."""

_WARM = (64, 48)
"""Width and height of the pictures that are sent ahead."""


class SteadyStream:
    """The chain of filters behind the element.

    Parameters
    ----------
    options : Options
        What the properties say.

    Raises
    ------
    OptionError, InputError, ModelError, DeviceError
        If an option cannot be fulfilled.
    """

    def __init__(self, options: Options) -> None:
        options.smoothing()  # what is wrong with it is said before a network is loaded
        check_element_mode(options.mode)
        batch = 1 if options.causal else None  # the network's own waits for frames, which causal may not
        self._masks = mask_filter(options, follow_seeks=True, batch=batch)
        self._draw = self._drawing(options)
        self._smoother = smoother_filter(smoothing_of(options, self._masks))
        self._steady = Chain(*carrying(options, self._masks), self._smoother, *hold_filters(options))
        self._carried: deque[Any] = deque()
        self._said = 0
        self._warm_up()

    @property
    def latency(self) -> int:
        """Frames that are held back: the smoother's, and a batch of the network's less one."""
        return self._steady.latency

    def push(self, frame: av.VideoFrame, carried: Any) -> list[Drawn]:
        """Take a picture; return those that are ready.

        Parameters
        ----------
        frame : av.VideoFrame
            Of the same size and format as those before it (`flush` first).
        carried : object
            Comes back with the picture.
        """
        self._carried.append(carried)
        return self._drawn(self._steady.push(frame))

    def flush(self) -> list[Drawn]:
        """Return all that is held and be as new."""
        return self._drawn(self._steady.flush())

    def reset(self) -> None:
        """Drop what is held and be as new."""
        self._steady.flush()
        self._carried.clear()

    def redraw(self, options: Options) -> None:
        """Draw by other options from the next picture on."""
        self._draw = self._drawing(options)

    def new_warnings(self) -> list[str]:
        """Return what the masks' reader has assumed since the last call, for the user to know."""
        said, self._said = self._said, len(getattr(self._masks, "warnings", ()))
        return list(getattr(self._masks, "warnings", ()))[said:]

    def close(self) -> None:
        """Free everything."""
        self._steady.close()
        self._draw.close()
        self._carried.clear()

    def _drawing(self, options: Options) -> Drawing:
        return drawing_filter(options, matte="gray", labels=self._masks.labels)

    def _warm_up(self) -> None:
        """Have kernels and network loaded before the first picture is due: that took 4 s of a live stream."""
        frames = [_noise(seed) for seed in (0, 0, 1)]
        if isinstance(self._masks, Segmenter):
            self._masks.push(frames[0])
            self._masks.flush()
        mask = np.zeros((_WARM[1], _WARM[0]), np.uint8)
        mask[_WARM[1] // 4 :, : _WARM[0] // 2] = 255
        smoothed = [out for frame in frames for out in self._smoother.push(MaskedFrame(frame, mask))]
        for item in smoothed + self._smoother.flush():
            self._draw.push(item)

    def _drawn(self, items: list[Any]) -> list[Drawn]:
        return [(self._draw.push(item)[0], self._carried.popleft()) for item in items]


def check_element_mode(mode: str) -> None:
    """Raise OptionError for a mode whose pictures have other caps than the film's."""
    if mode not in ELEMENT_MODES:
        allowed = ", ".join(ELEMENT_MODES)
        raise OptionError(f"the element does not draw mode {mode}; it draws {allowed}")


def _noise(seed: int) -> av.VideoFrame:
    """Return a picture of noise; two of one seed go on from each other, others are a scene cut."""
    pixels = np.random.default_rng(seed).integers(0, 256, (_WARM[1], _WARM[0], 3), np.uint8)
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")
    frame.pts, frame.time_base = 0, NANOSECONDS
    return frame
