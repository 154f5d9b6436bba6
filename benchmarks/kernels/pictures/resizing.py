"""A mask of a network brought to the frame's size, and cut at a level."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import torch

import masksmooth_kernels as mk
from benchmarks.kernels.pictures import Bytes, Entry, masks, over

SMALL, LARGE = (270, 480), (1080, 1920)

Step = Callable[[int], Bytes]


def entries(steps: dict[str, tuple[Step, int, str]]) -> dict[str, Entry]:
    """Return contenders by name: what they do to frame ``t``, by how much they may differ, and in what."""
    return {
        name: Entry(over(step), lambda step=step: step(5), off, words)  # type: ignore[misc]
        for name, (step, off, words) in steps.items()
    }


def small() -> Bytes:
    """Return the soft masks at a network's size, ``(24, 270, 480)``."""
    return np.stack([cv2.resize(mask, SMALL[::-1], interpolation=cv2.INTER_AREA) for mask in masks()])


def threshold() -> dict[str, Entry]:
    """Cut a mask at half."""
    frames, out = masks(), np.empty(LARGE, np.uint8)

    def numpy(t: int) -> Bytes:
        np.multiply(frames[t] >= 128, np.uint8(255), out=out)
        return out

    def opencv(t: int) -> Bytes:
        return np.asarray(cv2.threshold(frames[t], 127, 255, cv2.THRESH_BINARY, dst=out)[1], np.uint8)

    return entries(
        {
            "ours": (lambda t: mk.threshold(frames[t], out=out), 0, ""),
            "NumPy": (numpy, 0, ""),
            "OpenCV threshold": (opencv, 0, ""),
        }
    )


def upsample() -> dict[str, Entry]:
    """Enlarge a mask fourfold each way, bilinearly."""
    frames = small()

    def opencv(t: int) -> Bytes:
        return np.asarray(cv2.resize(frames[t], LARGE[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)

    def pytorch(t: int) -> Bytes:
        mask = torch.from_numpy(frames[t])[None, None]
        large = torch.nn.functional.interpolate(mask, LARGE, mode="bilinear", align_corners=False)
        return np.asarray(large[0, 0].numpy(), np.uint8)

    return entries(
        {
            "ours": (lambda t: mk.upsample(frames[t], LARGE), 0, ""),
            "OpenCV resize": (opencv, 1, "rounds twice"),
            "PyTorch interpolate": (pytorch, 1, "rounds down in places"),
        }
    )


def cut() -> dict[str, Entry]:
    """Enlarge a mask and cut it at half."""
    frames, out = small(), np.empty(LARGE, np.uint8)

    def opencv(t: int) -> Bytes:
        large = cv2.resize(frames[t], LARGE[::-1], interpolation=cv2.INTER_LINEAR)
        return np.asarray(cv2.threshold(large, 127, 255, cv2.THRESH_BINARY, dst=out)[1], np.uint8)

    return entries(
        {
            "ours": (lambda t: mk.upsample(frames[t], LARGE, level=128), 0, ""),
            "OpenCV resize, threshold": (opencv, 255, "where it rounds 127.5 otherwise"),
        }
    )
