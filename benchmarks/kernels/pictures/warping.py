"""The warp of the motion filter: one step of a walk from every pixel along optical flow."""

from __future__ import annotations

import cv2
import numpy as np

from benchmarks.kernels.interleave import Call
from benchmarks.kernels.pictures import FRAMES, Entry
from masksmooth_kernels.warp import start_paths, step

SIZE = (270, 480)
"""The motion filter's flow has a quarter of 1080p's rows and columns."""


def entries() -> dict[str, Entry]:
    """Return ours and a bare bilinear fetch of the same picture at the same places."""
    height, width = SIZE
    rng = np.random.default_rng(4)
    here, there = rng.random((2, height, width, 4)).astype(np.float32)
    flow = cv2.GaussianBlur(rng.normal(0, 40, (height, width, 2)).astype(np.float32), (0, 0), 8)
    here[..., :2], here[..., 2] = flow, 1
    here[..., 3] *= 255
    there[..., 3] *= 255
    rows, columns = (axis.reshape(-1) for axis in np.mgrid[:height, :width])
    first = start_paths(here[..., 3].astype(np.uint8), rows, columns)
    luma, path = np.ascontiguousarray(there[..., 3]), first.copy()
    at = np.mgrid[:height, :width].astype(np.float32)

    def ours() -> None:
        for _ in range(FRAMES):
            np.copyto(path, first)
            step(path, here, there, (1.0, 12.0))

    def opencv() -> None:
        for _ in range(FRAMES):
            cv2.remap(luma, at[1] + flow[..., 0], at[0] + flow[..., 1], cv2.INTER_LINEAR)

    words = "only fetches the luma: no trust, no weight, no end of a walk; 480x270, as ours"
    return {
        "ours": Entry(Call(ours), lambda: None, 0, "a step of 129600 walks at 480x270"),
        "OpenCV remap": Entry(Call(opencv), lambda: None, 0, words),
    }
