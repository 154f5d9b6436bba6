"""The first run on a machine: a process of its own compiles the kernels, and its memory goes with it."""

from __future__ import annotations

import logging
import subprocess
import sys
from fractions import Fraction

LOG = logging.getLogger("masksmooth_filter")

_FRAMES, _WIDTH, _HEIGHT = 8, 512, 320
"""Of the film they are compiled for: larger than the small picture, so that full size is refined as well."""


def compile_apart(method: str) -> None:
    """Have another process compile what a method needs, unless it is on disk; wait for it.

    numba keeps what it has made on the way for as long as the process lives: a 1080p run by motion that
    compiles peaks at 530 MB, not 470. Apart, it takes a second more, once. Other methods have few kernels.
    Should it fail, that is said, and the run itself compiles.
    """
    if method != "motion" or not _missing():
        return
    LOG.info("compiling the smoother's loops; later runs load them")
    command = [sys.executable, "-c", f"from {__name__} import compile_kernels; compile_kernels()"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        LOG.warning("that failed (%s); this run compiles them itself and needs 60 MB more", reason)


def compile_kernels() -> None:
    """Smooth and draw a few small frames, so that all is compiled and kept that a usual run calls."""
    import av
    import numpy as np

    from masksmooth_filter.composite.overlay import Overlay
    from masksmooth_filter.frames import MaskedFrame
    from masksmooth_filter.smoothing.smoother import Smoother

    smoother, draw = Smoother(output_size="frame", method="motion", radius=2, threads=2), Overlay()
    picture = np.random.default_rng(0).integers(0, 256, (_HEIGHT * 3 // 2, _WIDTH), np.uint8)
    mask = np.zeros((_HEIGHT // 2, _WIDTH // 2), np.uint8)
    mask[_HEIGHT // 8 : _HEIGHT // 3, _WIDTH // 8 : _WIDTH // 3] = 255
    steadied = []
    for number in range(_FRAMES):
        frame = av.VideoFrame.from_ndarray(np.roll(picture, 2 * number, axis=1), format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, 25)
        steadied += smoother.push(MaskedFrame(frame, np.roll(mask, number, axis=1)))
    for item in steadied + smoother.flush():
        draw.push(item)


def _missing() -> bool:
    """Tell by the loop that a frame needs last whether the kernels are to be compiled."""
    from masksmooth_kernels.crf import _mean_field

    return _mean_field.is_missing
