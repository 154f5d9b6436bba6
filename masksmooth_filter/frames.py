"""What walks through the chain: a picture with its mask, and packets that only pass by.

**Mask**: uint8 confidence, 0 background .. 255 foreground; the threshold comes last. One plane
``(h, w)``, or one a class ``(C, h, w)``. ``h, w`` may be smaller than the frame: the network's own
resolution is smoothed, and brought up to the frame's size after.

A mask does not ride on the frame itself: ``av.VideoFrame`` takes no attributes, no subclass and no
weak reference, and its ``opaque`` is lost in a converting ``reformat`` (docs/design.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

import av
import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.errors import MaskShapeError

Mask = NDArray[np.uint8]
"""``(h, w)`` or ``(C, h, w)`` uint8 confidence."""


Flow = NDArray[np.float32]
"""``(h, w, 2)`` float32, pixels to the right and down."""


@dataclass(frozen=True, slots=True)
class Flows:
    """Optical flow from the earlier of two frames to the later, and back."""

    ahead: Flow
    behind: Flow


@dataclass(frozen=True, slots=True)
class Motion:
    """How a frame goes on from the one before it, worked out once for all who ask.

    Attributes
    ----------
    luma : (h, w) uint8
        The small picture that the flow was found on.
    flows : Flows, optional
        Between the frame before and this one; None where a scene begins.
    """

    luma: NDArray[np.uint8]
    flows: Flows | None

    @property
    def nbytes(self) -> int:
        """Bytes it holds in memory."""
        flows = 0 if self.flows is None else self.flows.ahead.nbytes + self.flows.behind.nbytes
        return self.luma.nbytes + flows


@dataclass(frozen=True, slots=True)
class FollowedFrame:
    """A picture without a mask, and how it goes on from the one before.

    Attributes
    ----------
    frame : av.VideoFrame
        As decoded.
    motion : Motion
        Of its picture.
    key : bool
        Whether it shall be segmented; else its mask is carried from its neighbours'.
    """

    frame: av.VideoFrame
    motion: Motion
    key: bool


@dataclass(frozen=True, slots=True)
class MaskedFrame:
    """A picture and the mask that belongs to it.

    Attributes
    ----------
    frame : av.VideoFrame
        As decoded; pixels, pts, time base and colour tags are never touched.
    mask : (h, w) or (C, h, w) uint8
        Confidence, 0 background .. 255 foreground.
    classes : tuple of int
        The class id of each plane; empty when the mask has no class.
    raw : (h, w) or (C, h, w) uint8, optional
        The mask as it was before smoothing, once it has been smoothed.
    motion : Motion, optional
        How the frame goes on from the one before, where that is known already; dropped by the smoother.
    rivals : tuple of masks
        What other methods make of ``raw``, where methods are compared; dropped behind the report.

    Raises
    ------
    MaskShapeError
        If the mask is not uint8, not 2-D or 3-D, empty, or has another number of planes than classes.
    """

    frame: av.VideoFrame
    mask: Mask
    classes: tuple[int, ...] = ()
    raw: Mask | None = None
    motion: Motion | None = None
    rivals: tuple[Mask, ...] = ()

    def __post_init__(self) -> None:
        check_mask(self.mask)
        planes = 1 if self.mask.ndim == 2 else self.mask.shape[0]
        if self.classes and len(self.classes) != planes:
            found = f"{planes} mask planes for {len(self.classes)} classes"
            raise MaskShapeError(f"{found}; give one plane a class")

    @property
    def planes(self) -> Mask:
        """The mask as ``(C, h, w)``, a view."""
        return self.mask if self.mask.ndim == 3 else self.mask[np.newaxis]

    def smoothed(self, mask: Mask) -> MaskedFrame:
        """Return the same frame with another mask, keeping the present one as ``raw``."""
        return replace(self, mask=mask, raw=self.mask, motion=None)

    def without_rivals(self) -> MaskedFrame:
        """Return the same frame with its own masks alone."""
        return replace(self, rivals=()) if self.rivals else self

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.mask.shape))
        return f"<MaskedFrame pts={self.frame.pts} {self.frame.width}x{self.frame.height} mask {shape}>"


class Unfinished(Protocol):
    """What a smoother makes a mask of in the end."""

    @property
    def nbytes(self) -> int:
        """Bytes it holds in memory beside the frame and its mask."""
        ...


Rough_co = TypeVar("Rough_co", bound=Unfinished, covariant=True)


@dataclass(frozen=True, slots=True)
class RoughFrame(Generic[Rough_co]):
    """A masked picture half-way through a smoother: the last step is another filter's.

    Attributes
    ----------
    masked : MaskedFrame
        As it came to the smoother.
    rough : Unfinished
        What its smoothed mask is made of.
    """

    masked: MaskedFrame
    rough: Rough_co

    @property
    def frame(self) -> av.VideoFrame:
        """The picture."""
        return self.masked.frame


@dataclass(frozen=True, slots=True)
class CarriedPacket:
    """A packet of another stream (audio, subtitles, data) on its way past the filters, untouched."""

    packet: av.Packet[Any]


def check_mask(mask: Mask) -> None:
    """Raise MaskShapeError unless ``mask`` is a non-empty uint8 array of shape (h, w) or (C, h, w)."""
    if not isinstance(mask, np.ndarray) or mask.dtype != np.uint8:
        kind = getattr(mask, "dtype", type(mask).__name__)
        raise MaskShapeError(f"mask is {kind}; give a uint8 array, 0 background .. 255 foreground")
    if mask.ndim not in (2, 3) or mask.size == 0:
        raise MaskShapeError(f"mask has shape {mask.shape}; give (height, width) or (classes, height, width)")
