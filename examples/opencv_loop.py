"""An OpenCV loop with the smoother between the network and the drawing.

``python examples/opencv_loop.py in.mp4 out.mp4`` (OpenCV writes no sound.)
"""

import sys

import cv2
import numpy as np

import masksmooth_filter as mf


def segment(bgr: np.ndarray) -> np.ndarray:
    """Stand in for a network: ``(h, w)`` uint8, 0 background .. 255 foreground."""
    return np.where(bgr.max(axis=-1) > 180, 255, 0).astype(np.uint8)


def main(source: str, target: str) -> None:
    """Tint what the steady masks say is foreground."""
    reader = cv2.VideoCapture(source)
    size = int(reader.get(cv2.CAP_PROP_FRAME_WIDTH)), int(reader.get(cv2.CAP_PROP_FRAME_HEIGHT))
    fourcc = cv2.VideoWriter_fourcc(*"mp4v")
    writer = cv2.VideoWriter(target, fourcc, reader.get(cv2.CAP_PROP_FPS), size)
    smoother: mf.MaskSmoother[np.ndarray] = mf.MaskSmoother(method="motion", radius=3)

    def write(pairs: list[tuple[np.ndarray, np.ndarray]]) -> None:
        for bgr, mask in pairs:
            bgr[mask >= 128] = bgr[mask >= 128] // 2 + (0, 100, 0)
            writer.write(bgr)

    while True:
        there, bgr = reader.read()
        if not there:
            break
        # The frame is handed through; motion is followed in the RGB picture.
        write(smoother.push(bgr, segment(bgr), picture=cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)))
    write(smoother.flush())
    writer.release()


if __name__ == "__main__":
    main(*sys.argv[1:])
