"""How steady a sequence of masks is, measured while it passes by; docs/report.md has every formula.

Two figures a frame are those of the founding study, on masks at the frame's size (what the viewer sees):

* **neighbour IoU** = ``|A and B| / |A or B|`` of the mask and the one before it; 1.0 where both are empty.
* **changed pixels** = ``|A xor B|``.

Neither knows the truth, nor motion: a mask that never moves scores 1.0 and 0, whatever is in the picture,
and any blur in time raises the IoU. `masksmooth_filter.report.following` counts what they cannot see.
"""

from __future__ import annotations

from array import array

import numpy as np

from masksmooth_filter.composite.matte import foreground
from masksmooth_filter.composite.overlay import level
from masksmooth_filter.composite.upsample import frame_confidence
from masksmooth_filter.frames import Mask, check_mask
from masksmooth_filter.report.measures import Figures


def frame_mask(mask: Mask, size: tuple[int, int], *, threshold: float = 0.5) -> Mask:
    """Bring a mask to the frame's size and cut it at the threshold; several classes become their union.

    Parameters
    ----------
    mask : (h, w) or (C, h, w) uint8
        Confidence at any resolution.
    size : (int, int)
        Width and height of the frame in pixels.
    threshold : float
        Confidence in 0..1 from which a pixel is foreground.

    Returns
    -------
    (H, W) uint8
        0 or 255.

    Raises
    ------
    MaskShapeError
        If ``mask`` is not a mask.
    """
    import cv2

    check_mask(mask)
    planes = mask if mask.ndim == 3 else mask[np.newaxis]
    least = level(threshold)
    # Bilinear weights are never negative: a plane that is nowhere over the threshold stays so. Most of
    # the 21 planes of a VOC network are such, and each one not upsampled saves 0.5 ms at 1080p.
    live = planes[planes.max(axis=(1, 2)) >= least] if len(planes) > 1 else planes
    if len(live) == 1:  # no stack of one, and no maximum over it: half the time of a plain 1080p mask
        return np.asarray(cv2.threshold(frame_confidence(live[0], size), least - 1, 255, 0)[1], np.uint8)
    return foreground(live, size, least) if len(live) else np.zeros(size[::-1], np.uint8)


class Stability:
    """Neighbour IoU, changed pixels and area of a sequence of masks, one mask at a time.

    Keeps the last mask and 16 bytes a frame, nothing else.
    """

    def __init__(self) -> None:
        self._previous: Mask | None = None
        self._iou = array("d")
        self._changed = array("i")
        self._area = array("i")

    def add(self, mask: Mask) -> None:
        """Take the mask of the next frame; it is kept, not copied, until the one after.

        Parameters
        ----------
        mask : (H, W) uint8
            A pixel is in the mask from 128 on. The first mask, the first after `cut`, and one of
            another size than the one before have no neighbour, and so no figures.
        """
        from masksmooth_kernels import overlap_counts  # imported here: numba takes 0.5 s

        iou, changed = float("nan"), -1
        if self._previous is not None and self._previous.shape == mask.shape:
            both, either, changed = overlap_counts(self._previous, mask)
            iou = both / either if either else 1.0
            area = both + either - self._area[-1]
        else:
            area = int(np.count_nonzero(mask >= 128))
        self._iou.append(iou)
        self._changed.append(changed)
        self._area.append(area)
        self._previous = mask

    def cut(self) -> None:
        """Forget the last mask: the next one has no neighbour."""
        self._previous = None

    @property
    def frames(self) -> int:
        """How many masks were added."""
        return len(self._iou)

    @property
    def iou(self) -> Figures:
        """Neighbour IoU of each frame; NaN where it has no neighbour."""
        return np.array(self._iou, np.float64)

    @property
    def changed(self) -> Figures:
        """Changed pixels of each frame; NaN where it has no neighbour."""
        changed = np.array(self._changed, np.float64)
        changed[changed < 0] = np.nan
        return changed

    @property
    def area(self) -> Figures:
        """Pixels in each mask."""
        return np.array(self._area, np.float64)

    @property
    def last_larger(self) -> int:
        """Pixels in the mask added last or in the one before it, whichever has more."""
        return max(self._area[-2:], default=0)

    @property
    def last_changed(self) -> int | None:
        """Changed pixels of the mask added last, or None if it has no neighbour."""
        return self._changed[-1] if self._changed and self._changed[-1] >= 0 else None

    @property
    def mean_iou(self) -> float | None:
        """Mean neighbour IoU over the frames that have one, or None."""
        return mean(self.iou)

    @property
    def mean_changed(self) -> float | None:
        """Mean of the changed pixels over the frames that have a neighbour, or None."""
        return mean(self.changed)


def mean(figures: Figures) -> float | None:
    """Return the mean of the figures there are, or None."""
    known = figures[~np.isnan(figures)]
    return float(known.mean()) if known.size else None
