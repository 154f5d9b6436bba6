"""The plain methods: Gaussian, median and EMA over a window in time, one frame in, one frame out.

The Gaussian and the median are centred: a frame leaves ``radius`` frames after it came, with the mask
that belongs to it, so nothing lags. The EMA looks back only and does lag (docs/method.md). They are the
founding study's methods and this project's baselines.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

import av

from masksmooth_filter.errors import MaskShapeError
from masksmooth_filter.frames import Mask, check_mask
from masksmooth_filter.settings import Gate, Method
from masksmooth_filter.smoothing.gating import gated
from masksmooth_filter.timing import seconds_of

if TYPE_CHECKING:
    from masksmooth_kernels import EmaStream, GaussianStream, MedianStream

Token = TypeVar("Token")


class WindowSmoother(Generic[Token]):
    """Steady masks by what their neighbours in time are, at the same place in the picture.

    Parameters
    ----------
    method : {'gaussian', 'median', 'ema', 'none'}
        How neighbours are combined.
    radius : int
        Frames on each side. For the EMA the span is the same ``2 * radius + 1`` frames:
        alpha = 1 / (radius + 1).
    sigma : float, optional
        The Gaussian's standard deviation in frames; by default ``max(radius / 2, 0.5)``.
    gate : {'none', 'entropy'}
        Whether only what the network is unsure of is smoothed (`masksmooth_filter.smoothing.gating`).
    """

    def __init__(
        self, method: Method, radius: int, *, sigma: float | None = None, gate: Gate = "none"
    ) -> None:
        self._method, self._radius, self._sigma = method, radius, sigma
        self._gate = gate
        self._held: deque[tuple[Token, Mask]] = deque()
        self._shape: tuple[int, ...] = ()
        self._stream: GaussianStream | MedianStream | EmaStream | None = None

    @property
    def latency(self) -> int:
        """Frames that are held back: the radius, or 0 for 'ema' and 'none'."""
        return self._radius if self._method in ("gaussian", "median") else 0

    def push(self, token: Token, frame: object, mask: Mask) -> list[tuple[Token, Mask]]:
        """Take a frame and its mask; return the pairs that are ready.

        Parameters
        ----------
        token : object
            Anything; it comes back with the mask that belongs to the frame.
        frame : object
            An av.VideoFrame gives its time to the Gaussian's weights; the picture is not looked at.
        mask : (h, w) or (C, h, w) uint8
            Confidence; not written to.

        Raises
        ------
        MaskShapeError
            If it is no mask, or has another shape than those before it (``flush`` first).
        """
        check_mask(mask)
        if self._method == "none":
            return [(token, mask)]
        if self._stream is None:
            self._shape, self._stream = mask.shape, self._new_stream(mask.shape)
        if mask.shape != self._shape:
            raise MaskShapeError(
                f"mask is {mask.shape}, those before it {self._shape}; flush() between sizes"
            )
        self._held.append((token, mask if self._gate == "none" else mask.copy()))
        return self._pairs(self._smoothed(frame, mask))

    def flush(self) -> list[tuple[Token, Mask]]:
        """End the stream (or the scene): return all that is held and be as new."""
        rest = [] if self._stream is None else self._pairs(self._stream.flush())
        self.close()
        return rest

    def close(self) -> None:
        """Drop what is held."""
        self._held.clear()
        self._stream = None

    def _smoothed(self, frame: object, mask: Mask) -> list[Mask]:
        from masksmooth_kernels import GaussianStream

        if isinstance(self._stream, GaussianStream) and isinstance(frame, av.VideoFrame):
            return self._stream.push(mask, seconds_of(frame))
        return [] if self._stream is None else self._stream.push(mask)

    def _pairs(self, masks: list[Mask]) -> list[tuple[Token, Mask]]:
        pairs = []
        for mask in masks:
            token, raw = self._held.popleft()
            pairs.append((token, mask if self._gate == "none" else gated(raw, mask)))
        return pairs

    def _new_stream(self, shape: tuple[int, ...]) -> GaussianStream | MedianStream | EmaStream:
        from masksmooth_kernels import EmaStream, GaussianStream, MedianStream

        if self._method == "gaussian":
            return GaussianStream(shape, radius=self._radius, sigma=self._sigma)
        if self._method == "median":
            return MedianStream(shape, radius=self._radius)
        return EmaStream(shape, alpha=1 / (self._radius + 1))
