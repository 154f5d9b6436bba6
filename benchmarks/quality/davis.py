"""DAVIS sequences with the masks of two real networks, from the private material folder.

Frame 0 is left out, of the scores and of what the smoother sees: OSVOS was given its truth, so its mask
there is the truth itself. "Object" is any id above 0 in the networks' files, for DeepLab too (it calls the
dog sheep or cow from frame to frame): with masks, truth and frames brought to 240 rows by area averaging
and cut at half, frames 1 to 40, that reading gives the known mean J of the raw masks to the last digit
(OSVOS .8301, DeepLab .6267; nearest-neighbour scaling .8282 / .6247).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.clips import Clip
from masksmooth_filter.errors import InputError

Net = Literal["osvos", "deeplab"]
FOLDER = {"osvos": "osvos", "deeplab": "deeplab_mnv2"}

TUNE = ("blackswan", "dog", "scooter-black")
TEST = ("car-shadow", "motocross-jump", "parkour")
"""Constants may be fixed on TUNE and on synthetic clips; TEST is for reporting."""


def material() -> Path:
    """Return the folder of the private test material.

    Raises
    ------
    InputError
        If it is not there.
    """
    here = Path(__file__).resolve().parents[3] / "shared" / "material"
    path = Path(os.environ.get("MASKSMOOTH_MATERIAL") or here)
    if not (path / "davis").is_dir():
        raise InputError(f"no davis folder in {path}; set MASKSMOOTH_MATERIAL, or use --data synthetic")
    return path


def load(net: Net, sequence: str, *, frames: int, height: int) -> Clip:
    """Read one sequence, from frame 1 on.

    Parameters
    ----------
    net : {'osvos', 'deeplab'}
        Whose masks.
    sequence : str
        One of ``TUNE + TEST``.
    frames : int
        How many frames at most.
    height : int
        Rows; the width follows.

    Raises
    ------
    InputError
        If the material, or a file of it, is missing.
    """
    root = material() / "davis"
    names = [path.stem for path in sorted((root / "truth" / sequence).glob("*.png"))][1 : frames + 1]
    if not names:
        raise InputError(f"no sequence {sequence!r} in {root}; there are {', '.join(TUNE + TEST)}")
    pictures = [_picture(root / "frames" / sequence / f"{name}.jpg", height) for name in names]
    truth = [_object(root / "truth" / sequence / f"{name}.png", height) for name in names]
    masks = [_object(root / FOLDER[net] / sequence / f"{name}.png", height) for name in names]
    return Clip(net, sequence, np.stack(pictures), np.stack(truth) > 0, np.stack(masks))


def _picture(path: Path, height: int) -> NDArray[np.uint8]:
    import cv2

    return _fit(np.ascontiguousarray(_read(path, cv2.IMREAD_COLOR)[:, :, ::-1]), height)


def _object(path: Path, height: int) -> NDArray[np.uint8]:
    """Read ids or colours as grey; whatever is not black is the object (palettes have black for id 0)."""
    import cv2

    found = np.asarray(np.where(_read(path, cv2.IMREAD_GRAYSCALE) > 0, 255, 0), np.uint8)
    return np.asarray(np.where(_fit(found, height) >= 128, 255, 0), np.uint8)


def _read(path: Path, how: int) -> NDArray[np.uint8]:
    import cv2

    pixels = cv2.imread(str(path), how)
    if pixels is None:
        raise InputError(f"cannot read the picture {path}")
    return np.asarray(pixels, np.uint8)


def _fit(pixels: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    import cv2

    rows, columns = pixels.shape[:2]
    size = (round(columns * height / rows), height)
    scaled = pixels if rows == height else cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(scaled)
