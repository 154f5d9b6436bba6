"""What a network must offer to stand in the chain."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Protocol, runtime_checkable

import av
import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.frames import Mask


class Model(Protocol):
    """A network: upright RGB pictures in, confidence out."""

    @property
    def classes(self) -> tuple[int, ...]:
        """The class id of each plane it gives; empty for one plane without a class."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """The name of every class id it knows; empty if it knows no classes."""
        ...

    @property
    def batch(self) -> int:
        """How many pictures ``predict`` shall be given at a time."""
        ...

    def input_size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height it wants to see of an upright picture of that size."""
        ...

    def predict(self, images: NDArray[np.uint8]) -> Mask:
        """Segment pictures.

        Parameters
        ----------
        images : (N, h, w, 3) uint8
            Upright RGB pictures of `input_size`; N is at most `batch`.

        Returns
        -------
        (N, h', w') or (N, C, h', w') uint8
            Confidence, covering the whole picture at any resolution.
        """
        ...

    def close(self) -> None:
        """Free what the network holds. Calling it twice is fine."""
        ...


@runtime_checkable
class FrameModel(Protocol):
    """A network that reads frames itself, and may work on one batch while the next is prepared."""

    @property
    def classes(self) -> tuple[int, ...]:
        """The class id of each plane it gives; empty for one plane without a class."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """The name of every class id it knows; empty if it knows no classes."""
        ...

    @property
    def batch(self) -> int:
        """How many frames ``start`` shall be given at a time."""
        ...

    @property
    def in_flight(self) -> int:
        """How many batches may have been started whose masks were not asked for yet; at least 1."""
        ...

    def key(self, frame: av.VideoFrame, /) -> Hashable:
        """Return what the frames of one batch must have in common."""
        ...

    def start(self, frames: Sequence[av.VideoFrame], /) -> Callable[[], Mask]:
        """Begin to segment frames; what is returned waits for their masks.

        The masks are ``(N, h, w)`` or ``(N, C, h, w)`` uint8 confidence of the upright pictures.
        """
        ...

    def close(self) -> None:
        """Free what the network holds. Calling it twice is fine."""
        ...
