"""OpenCV's spatial filters on the volume seen as an image: a row a frame, a column a pixel."""

from __future__ import annotations

import cv2
import numpy as np

from benchmarks.kernels.peers import Bytes, Peer, Prepared, weights_for
from benchmarks.kernels.peers.calls import ArrayCall

BORDER = cv2.BORDER_REPLICATE


def gaussian_blur(volume: Bytes, radius: int) -> Prepared:
    """``cv2.GaussianBlur`` with a window of one column."""
    rows, sigma = volume.reshape(len(volume), -1), max(radius / 2, 0.5)
    out = np.empty_like(rows)

    def run() -> Bytes:
        cv2.GaussianBlur(rows, (1, 2 * radius + 1), sigma, dst=out, sigmaY=sigma, borderType=BORDER)
        return out.reshape(volume.shape)

    return ArrayCall(run, radius)


def separable(volume: Bytes, radius: int) -> Prepared:
    """``cv2.sepFilter2D`` with our weights down the columns."""
    rows, weights = volume.reshape(len(volume), -1), weights_for(radius)
    out, one = np.empty_like(rows), np.ones(1)

    def run() -> Bytes:
        cv2.sepFilter2D(rows, -1, one, weights, dst=out, borderType=BORDER)
        return out.reshape(volume.shape)

    return ArrayCall(run, radius)


PEERS = [
    Peer(
        name="OpenCV GaussianBlur",
        functions=("gaussian", "gaussian 0/255"),
        prepare=gaussian_blur,
        rate=2.5,
        tolerance=3,
        differs="fixed-point weights of 8 bits (off by up to 3 levels); the ends repeat the border frame",
    ),
    Peer(
        name="OpenCV sepFilter2D",
        functions=("gaussian",),
        prepare=separable,
        rate=1.0,
        tolerance=3,
        differs="fixed-point weights of 8 bits (off by up to 3 levels); the ends repeat the border frame",
    ),
]
