"""The smoother by name: for other people's loops, for the chain, and for arrays."""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from masksmooth_filter import plugins
from masksmooth_filter.errors import MaskShapeError
from masksmooth_filter.frames import Mask, MaskedFrame, Motion
from masksmooth_filter.settings import METHODS, Method, Smoothing
from masksmooth_filter.smoothing.cut_reset import CutReset
from masksmooth_filter.smoothing.motion import MotionSmoother
from masksmooth_filter.smoothing.scene import OutputSize
from masksmooth_filter.smoothing.temporal import WindowSmoother

Token = TypeVar("Token")


class TokenSmoother(Protocol[Token]):
    """What smooths: ours, and those other packages offer by an entry point (`masksmooth_filter.plugins`).

    It keeps what `masksmooth_filter.filter` says of filters.
    """

    @property
    def latency(self) -> int:
        """The most frames ``push`` holds back."""
        ...

    def push(self, token: Token, picture: Any, mask: Mask, /) -> list[tuple[Token, Mask]]:
        """Take a mask with its picture (av.VideoFrame or RGB array); return the pairs that are ready."""
        ...

    def flush(self) -> list[tuple[Token, Mask]]:
        """Return all that is held and be as new."""
        ...

    def close(self) -> None:
        """Drop what is held. Twice is fine."""
        ...


class MaskSmoother(Generic[Token]):
    """Steady the masks of a stream, whatever library its frames come from.

    Parameters
    ----------
    output_size : {'mask', 'frame'}
        Size of the masks that method 'motion' gives: the masks' own, or the frames'.
    lasting : bool
        Whether masks stay as they came until their frame leaves: method 'motion' copies them otherwise.
    **settings
        The fields of `masksmooth_filter.settings.Smoothing`: ``method``, ``radius``, ``sigma``, ...

    Raises
    ------
    OptionError
        If a setting is not allowed.
    DeviceError
        If CUDA was asked for and cannot be used; says why.
    TypeError
        If a setting does not exist.

    Examples
    --------
    >>> import numpy as np
    >>> smoother = MaskSmoother(method="median", radius=1)
    >>> masks = [np.full((2, 2), v, np.uint8) for v in (0, 255, 0)]
    >>> out = [pair for i, m in enumerate(masks) for pair in smoother.push(i, m)] + smoother.flush()
    >>> [(token, int(mask[0, 0])) for token, mask in out]
    [(0, 0), (1, 0), (2, 0)]
    """

    def __init__(self, *, output_size: OutputSize = "mask", lasting: bool = False, **settings: Any) -> None:
        self._inner: TokenSmoother[Token] = _smoother(Smoothing(**settings), output_size, lasting=lasting)

    @property
    def latency(self) -> int:
        """Frames that are held back."""
        return self._inner.latency

    def push(
        self,
        frame: Token,
        mask: Mask,
        picture: Any = None,
        *,
        motion: Motion | None = None,
    ) -> list[tuple[Token, Mask]]:
        """Take a frame and its mask; return the pairs that are ready.

        Parameters
        ----------
        frame : object
            It comes back with the smoothed mask that belongs to it. Method 'motion' and scene cuts look
            at the picture: an av.VideoFrame, or an ``(H, W, 3)`` uint8 RGB array.
        mask : (h, w) or (C, h, w) uint8
            Confidence; not written to, and not kept unless masks are ``lasting``.
        picture : av.VideoFrame or (H, W, 3) uint8, optional
            What the frame shows, where ``frame`` itself is something else.
        motion : Motion, optional
            How the frame goes on from the one before, where that is known already.

        Raises
        ------
        MaskShapeError
            If the mask is none, or has another shape than those before it (``flush`` first), or the
            picture is needed and is none.
        """
        shown: Any = frame if picture is None else picture
        if isinstance(self._inner, MotionSmoother):
            return self._inner.push(frame, shown, mask, motion=motion)
        return self._inner.push(frame, shown, mask)

    def expect(self, frame: Any, mask: Mask) -> None:
        """Say what comes after the next push, where that is known: picture and mask, the same objects.

        Method 'motion' with several threads then looks at it while that push does its work. The result is
        the same.
        """
        if isinstance(self._inner, MotionSmoother):
            self._inner.expect(frame, mask)

    def flush(self) -> list[tuple[Token, Mask]]:
        """End the stream: return all that is held and be as new."""
        return self._inner.flush()

    def close(self) -> None:
        """Drop what is held. Twice is fine."""
        self._inner.close()


class Smoother:
    """Filter over `MaskedFrame`: the smoother of the chain. Parameters as for `MaskSmoother`."""

    def __init__(self, *, output_size: OutputSize = "mask", **settings: Any) -> None:
        self._inner: MaskSmoother[MaskedFrame] = MaskSmoother(
            output_size=output_size, lasting=True, **settings
        )

    @property
    def latency(self) -> int:
        """Frames that are held back."""
        return self._inner.latency

    def push(self, item: MaskedFrame) -> list[MaskedFrame]:
        """Take a masked frame; return those whose mask is smoothed."""
        pairs = self._inner.push(item, item.mask, item.frame, motion=item.motion)
        return [item.smoothed(mask) for item, mask in pairs]

    def expect(self, item: MaskedFrame) -> None:
        """Say what comes after the next push, as for `MaskSmoother`; in vain where its motion is known."""
        if item.motion is None:
            self._inner.expect(item.frame, item.mask)

    def flush(self) -> list[MaskedFrame]:
        """Return the frames that are held, their windows cut to the frames there are."""
        return [item.smoothed(mask) for item, mask in self._inner.flush()]

    def close(self) -> None:
        """Drop what is held. Twice is fine."""
        self._inner.close()


def smooth(frames: NDArray[np.uint8] | None, masks: Mask, **settings: Any) -> Mask:
    """Smooth a whole clip of masks; the same bits as `MaskSmoother` gives.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8 RGB, or None
        The pictures; None only for a method that does not look at them.
    masks : (T, h, w) or (T, C, h, w) uint8
        Confidence; not written to.
    **settings
        As for `MaskSmoother`: ``method="motion"`` by default.

    Returns
    -------
    array like ``masks``
        The smoothed masks.

    Raises
    ------
    MaskShapeError
        If the masks are not such a volume, there is not one a frame, or frames are missing.
    """
    if not isinstance(masks, np.ndarray) or masks.dtype != np.uint8 or masks.ndim not in (3, 4):
        raise MaskShapeError("masks must be a uint8 array of shape (T, h, w) or (T, C, h, w)")
    if frames is not None and len(frames) != len(masks):
        raise MaskShapeError(f"{len(masks)} masks for {len(frames)} frames; give one a frame")
    smoother: MaskSmoother[int] = MaskSmoother(**settings)
    pairs, shown = [], [None] * len(masks) if frames is None else list(frames)
    clip = list(zip(masks, shown, strict=True))
    for index, (mask, frame) in enumerate(clip):
        if index + 1 < len(clip):
            smoother.expect(clip[index + 1][1], clip[index + 1][0])
        pairs += smoother.push(index, mask, frame)
    pairs += smoother.flush()
    return np.stack([mask for _, mask in pairs]) if pairs else masks.copy()


def _smoother(settings: Smoothing, output_size: OutputSize, *, lasting: bool) -> TokenSmoother[Any]:
    """Make the smoother that does what the settings say."""
    if settings.method not in METHODS:
        needs = ("latency", "push", "flush", "close")
        made: TokenSmoother[Any] = plugins.make(plugins.SMOOTHERS, settings.method, settings, needs=needs)
        return made
    if settings.method == "motion":
        return MotionSmoother.of(settings, output_size=output_size, lasting=lasting)
    window: WindowSmoother[Any] = WindowSmoother(
        cast(Method, settings.method), settings.window, sigma=settings.sigma, gate=settings.gate
    )
    return CutReset(window) if settings.scene_cuts else window
