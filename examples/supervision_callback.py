"""The smoother in supervision's callback, which takes one frame and must give one: so, without look-ahead.

``pip install supervision``, then ``python examples/supervision_callback.py in.mp4 out.mp4``
"""

import sys

import cv2
import numpy as np
import supervision as sv

import masksmooth_filter as mf


def segment(bgr: np.ndarray) -> np.ndarray:
    """Stand in for a network: ``(h, w)`` uint8, 0 background .. 255 foreground."""
    return np.where(bgr.max(axis=-1) > 180, 255, 0).astype(np.uint8)


def main(source: str, target: str) -> None:
    """Annotate every frame with its steady mask."""
    smoother: mf.MaskSmoother[np.ndarray] = mf.MaskSmoother(method="motion", radius=3, lookahead=0)
    annotator = sv.MaskAnnotator(color=sv.Color.GREEN, color_lookup=sv.ColorLookup.INDEX)

    def callback(bgr: np.ndarray, _index: int) -> np.ndarray:
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        ((frame, mask),) = smoother.push(bgr, segment(bgr), picture=rgb)
        inside = mask[np.newaxis] >= 128
        if not inside.any():
            return frame
        return annotator.annotate(frame, sv.Detections(xyxy=sv.mask_to_xyxy(inside), mask=inside))

    sv.process_video(source_path=source, target_path=target, callback=callback)


if __name__ == "__main__":
    main(*sys.argv[1:])
