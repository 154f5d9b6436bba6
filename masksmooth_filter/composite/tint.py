"""One colour blended into one component of a frame."""

from __future__ import annotations

import av
import numpy as np

from masksmooth_filter.composite.colour import RGB, native_value
from masksmooth_filter.composite.planes import Component, block_mean
from masksmooth_filter.frames import Mask


def tint(
    frame: av.VideoFrame, part: Component, weight: Mask, colour: RGB, *, corner: tuple[int, int] = (0, 0)
) -> None:
    """Blend a colour into one component of a frame, in place.

    Parameters
    ----------
    frame : av.VideoFrame
        A frame of one's own (`FrameCopier`), written to.
    part : Component
        Which component.
    weight : (h, w) uint8
        0 keeps the samples, 255 replaces them.
    colour : (int, int, int)
        Red, green, blue, 0..255.
    corner : (int, int)
        Column and row of the frame where the weights begin, multiples of 4.
    """
    from masksmooth_kernels import blend

    value = native_value(frame, part.name, part.bits, colour)
    down, across = -(-frame.height // part.height), -(-frame.width // part.width)
    top, left = corner[1] // down, corner[0] // across
    shape = -(-weight.shape[0] // down), -(-weight.shape[1] // across)
    samples = part.view(frame)[top : top + shape[0], left : left + shape[1]]
    weight = weight[: frame.height - corner[1], : frame.width - corner[0]]
    weight = block_mean(weight, (samples.shape[0], samples.shape[1]))
    if part.plain:
        blend(samples, weight, value, out=samples)
    else:
        tinted = blend(np.ascontiguousarray(samples >> part.shift), weight, value)
        np.copyto(samples, tinted << part.shift, where=weight > 0)
