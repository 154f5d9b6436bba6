"""What is filtered: masks as a network gives them, by a seeded recipe or from a network itself.

The recipe draws scores at a quarter of 480p, as a network does, and enlarges them bilinearly: a few bodies
that wander and breathe, a border that crawls, and now and then an object that is gone for a frame. With the
private material the masks are OSVOS's and DeepLabV3's of DAVIS sequences, enlarged bilinearly as well.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.kernels.copying import aligned

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Kind = Literal["soft", "binary", "labels"]
Source = Literal["recipe", "network", "noise"]

LOW = (120, 214)
"""Rows and columns of the recipe's scores."""
CLASSES = 21
BODIES = 5
SEQUENCE = {"soft": ("osvos", "dog"), "binary": ("osvos", "dog"), "labels": ("deeplab_mnv2", "dog")}
"""Folder of the material for each kind. DeepLab sees a sheep or a cow in between."""


def material() -> Path | None:
    """Return the private test material's folder, or None where it is absent."""
    root = Path(__file__).resolve().parents[2]
    path = Path(os.environ.get("MASKSMOOTH_MATERIAL") or root.parent / "shared" / "material")
    return path if path.is_dir() else None


@functools.lru_cache(maxsize=1)
def volume(kind: Kind, source: Source, shape: tuple[int, int, int]) -> Bytes:
    """Return masks ``(T, H, W)`` uint8, read-only, starting at a multiple of 64 bytes."""
    if kind not in get_args(Kind) or source not in get_args(Source):
        raise ValueError(f"{kind!r} from {source!r}; give one of {get_args(Kind)} from {get_args(Source)}")
    made = {"recipe": recipe, "network": network, "noise": noise}[source](kind, shape)
    made.flags.writeable = False
    return made


def recipe(kind: Kind, shape: tuple[int, int, int], *, seed: int = 0) -> Bytes:
    """Draw masks; the same seed gives the same bytes."""
    rng = np.random.default_rng(seed)
    out, (_, height, width) = aligned(shape), shape
    bodies = Bodies(rng)
    for t, plane in enumerate(out):
        scores = bodies.scores(t)
        if kind == "labels":
            plane[:] = labelled(scores, bodies.classes(t), (width, height))
        else:
            low = (255 / (1 + np.exp(np.clip(-8 * scores.max(0), None, 80)))).astype(np.float32)
            finish(cv2.resize(low, (width, height), interpolation=cv2.INTER_LINEAR), kind, plane)
    return out


class Bodies:
    """Five bodies of an ellipse each, and the network's doubts about them."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._centre = rng.uniform(0.2, 0.8, (BODIES, 2))
        self._speed = rng.uniform(-0.004, 0.004, (BODIES, 2))
        self._size = rng.uniform(0.06, 0.18, (BODIES, 2))
        self._phase = rng.uniform(0, 2 * np.pi, BODIES)
        self._names = rng.choice(np.arange(1, CLASSES), BODIES, replace=False)
        self._grid = np.mgrid[0 : LOW[0], 0 : LOW[1]] / np.array(LOW)[:, None, None]

    def scores(self, t: int) -> Floats:
        """Return how sure the network is of each body, ``(5, 120, 214)``; above 0 is inside."""
        out = np.empty((BODIES, *LOW), np.float32)
        for i in range(BODIES):
            centre = self._centre[i] + t * self._speed[i]
            size = self._size[i] * (1 + 0.1 * np.sin(0.3 * t + self._phase[i]))
            far = np.hypot(*((self._grid - centre[:, None, None]) / size[:, None, None]))
            crawl = cv2.GaussianBlur(self._rng.normal(0, 1, LOW).astype(np.float32), (0, 0), 3)
            out[i] = 3 * (1 - far) + 2.5 * crawl - 6 * (self._rng.random() < 0.04)
        return out

    def classes(self, t: int) -> list[int]:
        """Return the class each body is taken for in a frame; one in ten times it is another."""
        wrong = self._rng.random(BODIES) < 0.1
        names: list[int] = np.where(wrong, (self._names + 1) % CLASSES, self._names).tolist()
        return names


def labelled(scores: Floats, names: list[int], size: tuple[int, int]) -> Bytes:
    """Enlarge scores and give each pixel its best class, 0 where none is above 0."""
    large = [cv2.resize(score, size, interpolation=cv2.INTER_LINEAR) for score in scores]
    best = np.argmax([np.zeros_like(large[0]), *large], axis=0)
    chosen: Bytes = np.array([0, *names], np.uint8)[best]
    return chosen


def finish(large: Floats, kind: Kind, plane: Bytes) -> None:
    """Write scores of 0 .. 255 as a soft or a binary mask."""
    if kind == "soft":
        plane[:] = np.rint(large)
    else:
        plane[:] = np.where(large >= 128, 255, 0)


def network(kind: Kind, shape: tuple[int, int, int]) -> Bytes:
    """Enlarge a network's masks; a sequence that is too short is run back and forth."""
    found = material()
    if found is None:
        raise FileNotFoundError("no private test material (set MASKSMOOTH_MATERIAL)")
    files = sorted(found.joinpath("davis", *SEQUENCE[kind]).glob("*.png"))[1:]  # OSVOS was given the first
    out, size = aligned(shape), (shape[2], shape[1])
    order = [*range(len(files)), *range(len(files) - 2, 0, -1)]
    for t, plane in enumerate(out):
        low = np.asarray(cv2.imread(str(files[order[t % len(order)]]), cv2.IMREAD_GRAYSCALE))
        if kind == "labels":
            names = [int(name) for name in np.unique(low) if name]
            scores = np.array([(low == name) - 0.5 for name in names], np.float32)
            plane[:] = labelled(scores, names, size) if names else 0
        else:
            inside = np.where(low > 0, 255, 0).astype(np.float32)
            finish(cv2.resize(inside, size, interpolation=cv2.INTER_LINEAR), kind, plane)
    return out


def noise(kind: Kind, shape: tuple[int, int, int]) -> Bytes:
    """Return random bytes, on which no shortcut helps."""
    out, rng = aligned(shape), np.random.default_rng(1)
    top, step = {"soft": (256, 1), "binary": (2, 255), "labels": (CLASSES, 1)}[kind]
    for plane in out:
        plane[:] = rng.integers(0, top, plane.shape, dtype=np.uint8) * np.uint8(step)
    return out


def still_share(masks: Bytes, window: int) -> float:
    """Return the share of 64-byte runs that hold one value over a whole window of frames, at mid volume."""
    middle = masks[(len(masks) - window) // 2 :][:window]
    runs = middle.reshape(window, -1)[:, : middle[0].size // 64 * 64].reshape(window, -1, 64)
    return float((runs == runs[:1, :, :1]).all(axis=(0, 2)).mean())
