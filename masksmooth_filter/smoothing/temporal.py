"""Temporal window filters over masks: Gaussian, median and EMA, one frame in, one frame out.

The Gaussian and the median are centred: a frame leaves ``radius`` frames after it came, with the mask
that belongs to it, so nothing lags. The EMA looks back only and does lag (docs/method.md).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.errors import MaskShapeError
from masksmooth_filter.frames import Mask, MaskedFrame, check_mask
from masksmooth_filter.options import Method, check_smoothing

if TYPE_CHECKING:
    from masksmooth_kernels import EmaStream, GaussianStream, MedianStream

Token = TypeVar("Token")


class MaskSmoother(Generic[Token]):
    """Steady the masks of a stream, whatever library its frames come from.

    Parameters
    ----------
    method : {'gaussian', 'median', 'ema', 'none'}
        How neighbours in time are combined.
    radius : int
        Frames on each side of the window, 0 to 15. For the EMA the span is the same
        ``2 * radius + 1`` frames: alpha = 1 / (radius + 1).
    sigma : float, optional
        Standard deviation of the Gaussian in frames; by default ``max(radius / 2, 0.5)``.

    Raises
    ------
    OptionError
        If an option is not allowed.

    Examples
    --------
    >>> import numpy as np
    >>> smoother = MaskSmoother(method="median", radius=1)
    >>> masks = [np.full((2, 2), v, np.uint8) for v in (0, 255, 0)]
    >>> out = [pair for i, m in enumerate(masks) for pair in smoother.push(i, m)] + smoother.flush()
    >>> [(token, int(mask[0, 0])) for token, mask in out]
    [(0, 0), (1, 0), (2, 0)]
    """

    def __init__(self, *, method: Method = "gaussian", radius: int = 3, sigma: float | None = None) -> None:
        check_smoothing(method, radius, sigma)
        self._method, self._radius, self._sigma = method, radius, sigma
        self._tokens: deque[Token] = deque()
        self._shape: tuple[int, ...] = ()
        self._stream: GaussianStream | MedianStream | EmaStream | None = None

    @property
    def latency(self) -> int:
        """Frames that are held back: the radius, or 0 for 'ema' and 'none'."""
        return self._radius if self._method in ("gaussian", "median") else 0

    def push(self, frame: Token, mask: Mask) -> list[tuple[Token, Mask]]:
        """Take a frame and its mask; return the pairs that are ready.

        Parameters
        ----------
        frame : object
            Anything; it comes back with the smoothed mask that belongs to it.
        mask : (h, w) or (C, h, w) uint8
            Confidence; neither written to nor kept.

        Raises
        ------
        MaskShapeError
            If it is no mask, or has another shape than those before it (``flush`` first).
        """
        check_mask(mask)
        if self._method == "none":
            return [(frame, mask)]
        if self._stream is None:
            self._shape, self._stream = mask.shape, self._new_stream(mask.shape)
        if mask.shape != self._shape:
            raise MaskShapeError(
                f"mask is {mask.shape}, those before it {self._shape}; flush() between sizes"
            )
        self._tokens.append(frame)
        return self._pair(self._stream.push(mask))

    def flush(self) -> list[tuple[Token, Mask]]:
        """End the stream (or the scene): return all that is held and be as new."""
        rest = [] if self._stream is None else self._pair(self._stream.flush())
        self.close()
        return rest

    def close(self) -> None:
        """Drop what is held."""
        self._tokens.clear()
        self._stream = None

    def _pair(self, masks: list[Mask]) -> list[tuple[Token, Mask]]:
        return [(self._tokens.popleft(), mask) for mask in masks]

    def _new_stream(self, shape: tuple[int, ...]) -> GaussianStream | MedianStream | EmaStream:
        from masksmooth_kernels import EmaStream, GaussianStream, MedianStream

        if self._method == "gaussian":
            return GaussianStream(shape, radius=self._radius, sigma=self._sigma)
        if self._method == "median":
            return MedianStream(shape, radius=self._radius)
        return EmaStream(shape, alpha=1 / (self._radius + 1))


class Smoother:
    """Filter over `MaskedFrame`: the smoother of the chain. Parameters as for `MaskSmoother`."""

    def __init__(self, *, method: Method = "gaussian", radius: int = 3, sigma: float | None = None) -> None:
        self._inner: MaskSmoother[MaskedFrame] = MaskSmoother(method=method, radius=radius, sigma=sigma)

    @property
    def latency(self) -> int:
        """Frames that are held back."""
        return self._inner.latency

    def push(self, item: MaskedFrame) -> list[MaskedFrame]:
        """Take a masked frame; return those whose mask is smoothed."""
        return [item.smoothed(mask) for item, mask in self._inner.push(item, item.mask)]

    def flush(self) -> list[MaskedFrame]:
        """Return the frames that are held, their windows cut to the frames there are."""
        return [item.smoothed(mask) for item, mask in self._inner.flush()]

    def close(self) -> None:
        """Drop what is held."""
        self._inner.close()


def smooth(
    frames: NDArray[np.uint8] | None, masks: Mask, *, method: Method = "gaussian", **settings: Any
) -> Mask:
    """Smooth a whole clip of masks; the same bits as `MaskSmoother` gives.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8, or None
        The pictures; the plain methods do not look at them.
    masks : (T, h, w) or (T, C, h, w) uint8
        Confidence; not written to.
    method : {'gaussian', 'median', 'ema', 'none'}
        As for `MaskSmoother`.
    **settings
        ``radius`` and ``sigma`` of `MaskSmoother`.

    Returns
    -------
    array like ``masks``
        The smoothed masks.

    Raises
    ------
    MaskShapeError
        If the masks are not such a volume, or there is not one a frame.
    """
    if not isinstance(masks, np.ndarray) or masks.dtype != np.uint8 or masks.ndim not in (3, 4):
        raise MaskShapeError("masks must be a uint8 array of shape (T, h, w) or (T, C, h, w)")
    if frames is not None and len(frames) != len(masks):
        raise MaskShapeError(f"{len(masks)} masks for {len(frames)} frames; give one a frame")
    smoother: MaskSmoother[None] = MaskSmoother(method=method, **settings)
    pairs = [pair for mask in masks for pair in smoother.push(None, mask)] + smoother.flush()
    return np.stack([mask for _, mask in pairs]) if pairs else masks.copy()
