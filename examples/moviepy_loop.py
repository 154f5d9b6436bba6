"""MoviePy's frames with the smoother behind a network, and the clip's sound beside them.

``pip install moviepy``, then ``python examples/moviepy_loop.py in.mp4 out.mp4``
"""

import sys

import numpy as np
from moviepy import VideoFileClip

import masksmooth_filter as mf


def segment(rgb: np.ndarray) -> np.ndarray:
    """Stand in for a network: ``(h, w)`` uint8, 0 background .. 255 foreground."""
    return np.where(rgb.max(axis=-1) > 180, 255, 0).astype(np.uint8)


def main(source: str, target: str) -> None:
    """Tint what the steady masks say is foreground."""
    clip = VideoFileClip(source)
    smoother: mf.MaskSmoother[np.ndarray] = mf.MaskSmoother(method="motion", radius=3)
    pairs = [
        pair for rgb in clip.iter_frames() for pair in smoother.push(rgb.copy(), segment(rgb), picture=rgb)
    ]
    pairs += smoother.flush()
    for rgb, mask in pairs:
        rgb[mask >= 128] = rgb[mask >= 128] // 2 + (0, 100, 42)
    drawn = clip.with_updated_frame_function(lambda t: pairs[min(round(t * clip.fps), len(pairs) - 1)][0])
    drawn.write_videofile(target, logger=None)
    clip.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
