"""Read one mask picture, whatever it is stored as: confidence or class ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

from masksmooth_filter.errors import InputError
from masksmooth_filter.frames import Mask
from masksmooth_filter.segment.labels import VOC_LABELS, VOID

# A gray picture whose values are all ids of Pascal VOC is read as labels; real confidence goes to 255.
_HIGHEST_SMALL_ID = len(VOC_LABELS) - 1

# Compressed gray video has a little colour noise. More than 1 % of pixels with channels this far apart
# is a colour picture: a mask drawn over its frame, or the film itself.
_COLOUR_SPREAD, _COLOUR_SHARE = 32, 0.01


@dataclass(frozen=True, slots=True)
class Picture:
    """A mask picture as stored.

    Attributes
    ----------
    values : (h, w) uint8 or uint16
        Gray levels, or the indices of a palette.
    white : int
        The level that stands for certain foreground, if these are levels.
    labels : bool, optional
        True for a palette (class ids), False for levels that cannot be ids, None if it may be either.
    """

    values: NDArray[Any]
    white: int = 255
    labels: bool | None = None

    @property
    def blank(self) -> bool:
        """Whether it says background everywhere, which decides nothing about its kind."""
        return not self.values.any()

    @property
    def looks_like_labels(self) -> bool:
        """Whether it is a palette picture, or gray with nothing but small ids (and void)."""
        if self.labels is not None:
            return self.labels
        ids = self.values[self.values != VOID]
        return bool(ids.any()) and int(ids.max()) <= _HIGHEST_SMALL_ID

    def confidence(self) -> Mask:
        """Return the levels as ``(h, w)`` uint8 confidence, scaled from their depth."""
        if self.white == 255:
            return self.values.astype(np.uint8, copy=False)
        return np.asarray(np.rint(self.values * (255 / self.white)), np.uint8)

    def label_planes(self, classes: tuple[int, ...]) -> Mask:
        """Return ``(C, h, w)`` of 0 and 255 for the asked ids, or ``(h, w)`` for every id above 0.

        Void, id 255, is background.
        """
        if not classes:
            return np.where((self.values > 0) & (self.values != VOID), np.uint8(255), np.uint8(0))
        return np.stack([np.where(self.values == c, np.uint8(255), np.uint8(0)) for c in classes])


def picture_of(frame: av.VideoFrame) -> Picture:
    """Read a decoded picture as a mask.

    Raises
    ------
    InputError
        If it is coloured or has transparency, so that nobody can say what its foreground is.
    """
    name = frame.format.name
    components = frame.format.components
    if name == "pal8":
        return _from_palette(frame)
    if name.startswith("gray") and not name.endswith(("f32le", "f32be")):
        return Picture(np.asarray(frame.to_ndarray()), white=(1 << components[0].bits) - 1)
    if name in ("monob", "monow"):
        return Picture(_converted(frame, "gray"))
    if len(components) in (2, 4):
        return Picture(_gray_of_rgb(_opaque(frame)))
    if frame.format.is_rgb:
        return Picture(_gray_of_rgb(_converted(frame, "rgb24")))
    return Picture(_luma(frame), labels=False)


def _converted(frame: av.VideoFrame, name: str) -> NDArray[np.uint8]:
    flags = Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT | Interpolation.BILINEAR
    return np.asarray(frame.reformat(format=name, interpolation=flags).to_ndarray(), np.uint8)


def _from_palette(frame: av.VideoFrame) -> Picture:
    """Read indices, unless the palette is a gray ramp: then the levels behind them are meant."""
    indices, palette = (np.asarray(part) for part in frame.to_ndarray())
    colours = palette[np.unique(indices), 1:]  # alpha, red, green, blue
    gray = bool((colours == colours[:, :1]).all()) and bool((colours > _HIGHEST_SMALL_ID).any())
    return Picture(palette[..., 1][indices]) if gray else Picture(indices, labels=True)


def _opaque(frame: av.VideoFrame) -> NDArray[np.uint8]:
    rgba = _converted(frame, "rgba")
    if (rgba[..., 3] != 255).any():
        raise InputError("it is partly transparent; store the mask itself as a gray picture")
    return rgba[..., :3]


def _gray_of_rgb(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if (rgb != rgb[..., :1]).any():
        raise InputError("it is a colour picture; store confidence as gray, or class ids with a palette")
    return rgb[..., 0]


def _luma(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """Return the luma of a video picture as full-range gray."""
    rgb = _converted(frame, "rgb24").astype(np.int16)
    if ((rgb.max(axis=-1) - rgb.min(axis=-1)) > _COLOUR_SPREAD).mean() > _COLOUR_SHARE:
        raise InputError("it is a colour picture, not a mask; masks are gray, white for foreground")
    return _converted(frame, "gray")
