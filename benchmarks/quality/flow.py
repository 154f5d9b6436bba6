"""The evaluating flow: where each pixel was in the frame before, by DIS *medium*.

The smoother uses DIS ultrafast at reduced size; a figure that used the same flow would praise the
smoother for agreeing with its own mistakes. One flow a pair of frames, rounded to whole pixels (masks are
warped by nearest neighbour), and kept under the system's temporary folder by the frames' content: 40 frames
of 480 rows take 4 s to compute and 0.1 s to read.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.clips import Pictures

Steps = NDArray[np.int16]
"""``(T, H, W, 2)`` int16: x and y from a pixel to where it was one frame before; frame 0 is zeros."""

VERSION = "1"


def backward_steps(frames: Pictures) -> Steps:
    """Return the evaluating flow of a clip, computed once.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8
        RGB pictures.

    Returns
    -------
    (T, H, W, 2) int16
        Whole pixels.
    """
    key = hashlib.blake2b(f"{VERSION}{frames.shape}".encode(), digest_size=16)
    key.update(frames.tobytes())
    path = _folder() / f"{key.hexdigest()}.npz"
    if path.is_file():
        with np.load(path) as kept:
            return np.asarray(kept["steps"], np.int16)
    steps = _compute(frames)
    part = path.with_suffix(f".{os.getpid()}.npz")
    np.savez_compressed(part, steps=steps)
    part.replace(path)
    return steps


def _folder() -> Path:
    folder = Path(tempfile.gettempdir()) / "masksmooth-quality"
    folder.mkdir(exist_ok=True)
    return folder


def _compute(frames: Pictures) -> Steps:
    import cv2

    medium = cv2.DISOPTICAL_FLOW_PRESET_MEDIUM
    dis = cv2.DISOpticalFlow_create(medium)  # type: ignore[attr-defined]  # not in its stubs
    luma = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
    steps = np.zeros((*frames.shape[:3], 2), np.int16)
    for t in range(1, len(luma)):
        steps[t] = np.rint(dis.calc(luma[t], luma[t - 1], None))
    return steps


def sources(steps: NDArray[np.int16]) -> NDArray[np.int32]:
    """Return where each pixel comes from, as a flat index; ``H * W`` for outside the picture.

    Parameters
    ----------
    steps : (H, W, 2) int16
        One frame of `backward_steps`.
    """
    rows, columns = steps.shape[:2]
    y, x = np.ogrid[:rows, :columns]
    x, y = x + steps[..., 0].astype(np.int32), y + steps[..., 1].astype(np.int32)
    inside = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
    return np.asarray(np.where(inside, y * columns + x, rows * columns), np.int32)


def warp(mask: NDArray[np.bool_], source: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Bring a mask of the frame before to this frame's place; what comes from outside is empty.

    Parameters
    ----------
    mask : (H, W) bool
        Of the frame before.
    source : (H, W) int32
        As `sources` gives it.
    """
    return np.asarray(np.append(mask.ravel(), False).take(source), np.bool_)
