"""Pictures as the viewer sees them: upright, RGB, small enough to keep, and PNG files of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

import av
import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.errors import OutputError
from masksmooth_filter.files import PendingFile
from masksmooth_filter.frames import Mask

Picture = NDArray[np.uint8]
"""``(H, W, 3)`` uint8 RGB."""

Pixels = TypeVar("Pixels", bound=NDArray[np.uint8])

TINTS = ((255, 140, 40), (40, 140, 255), (0, 190, 130), (200, 90, 220), (230, 200, 40), (230, 90, 90))
"""RGB of masks over their picture: raw, smoothed, others; the page's curves have colours like them."""

LONGEST = 640
"""Longest side of a kept picture: two of them side by side fill a page."""


def upright(pixels: Pixels, rotation: int) -> Pixels:
    """Turn an array the way a player turns its frame.

    Parameters
    ----------
    pixels : (H, W) or (H, W, 3) uint8
        In the orientation in which the frame was coded.
    rotation : int
        ``av.VideoFrame.rotation``: degrees counterclockwise, a multiple of 90 (else the nearest).

    Returns
    -------
    uint8 array
        A view.
    """
    return np.rot90(pixels, round(rotation / 90))


def upright_picture(frame: av.VideoFrame) -> Picture:
    """Return a frame as ``(H, W, 3)`` uint8 RGB, upright; its colour matrix and range are respected."""
    return upright(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8), frame.rotation)


def thumbnail(pixels: Pixels, *, longest: int = LONGEST) -> Pixels:
    """Shrink an array so that its longest side is at most ``longest``; always a contiguous copy."""
    import cv2  # imported here: 0.1 s that --help should not pay

    scale = longest / max(pixels.shape[:2])
    if scale >= 1:
        return pixels.copy(order="C")
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return cv2.resize(np.ascontiguousarray(pixels), size, interpolation=cv2.INTER_AREA)  # type: ignore[no-any-return]


def tinted(picture: Picture, mask: Mask, colour: tuple[int, int, int]) -> Picture:
    """Lay a mask over its picture: the rest darker and gray, a tint inside, a line along the border.

    Parameters
    ----------
    picture : (h, w, 3) uint8
        RGB.
    mask : (h, w) uint8
        0..255.
    colour : (int, int, int)
        RGB.
    """
    import cv2  # imported here: 0.1 s that --help should not pay

    share = mask[:, :, np.newaxis] / np.float32(255)
    dull = picture.mean(axis=2, keepdims=True) * 0.45 + 20
    tint = np.array(colour, np.float32)
    mixed = dull * (1 - share) + (picture * 0.62 + tint * 0.38) * share
    line = cv2.morphologyEx((mask >= 128).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    mixed[line > 0] = tint
    return np.asarray(np.rint(mixed), np.uint8)


def save_png(path: str | os.PathLike[str], pixels: NDArray[np.uint8]) -> None:
    """Write an array as a PNG file, fast rather than small: run lengths cost two thirds of zlib's search.

    Parameters
    ----------
    path : path
        Replaced if it is there.
    pixels : (H, W) gray or (H, W, 3) RGB uint8
        What to write.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    import cv2  # imported here: 0.1 s that --help should not pay

    image = pixels[:, :, ::-1] if pixels.ndim == 3 else pixels
    options = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
    try:
        written = cv2.imwrite(os.fspath(path), np.ascontiguousarray(image), options)
    except cv2.error as error:
        raise OutputError(f"cannot write {path}: {error}") from error
    if not written:  # OpenCV does not say why; what it says goes to stderr
        raise OutputError(f"cannot write {path}; is the disk full or the folder read-only?")


def save_bytes(path: Path, data: bytes) -> None:
    """Write a whole file under a temporary name and rename it, replacing what was there.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    pending = PendingFile(path, overwrite=True)
    try:
        pending.path.write_bytes(data)
        pending.commit()
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        pending.discard()


def make_folder(path: Path) -> Path:
    """Create a folder and those above it, if they are not there; return it.

    Raises
    ------
    OutputError
        If a file of that name is in the way, or the folder cannot be created.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise OutputError(f"{path} is a file; give the name of a folder") from error
    except OSError as error:
        raise OutputError(f"cannot create the folder {path}: {error.strerror}") from error
    return path
