"""The founding study's folder: every frame, every mask, and what they look like together.

::

    DIR/frames_extracted/frame_000000.png   as the viewer sees it
        masks_raw/mask_000000.png           0 or 255, the same size, before smoothing
        masks_smoothed/mask_000000.png      the same, after
        analysis/stability_before.png       curves of the raw masks
        analysis/comparison_before_after.png   raw and smoothed
        analysis/before_after.png           of the worst moments the one smoothing calmed most
        analysis/table_000123.png           frame | raw | Gaussian | median | this run, at the worst moments
        videos/                             for the videos of the run
"""

from __future__ import annotations

import os
import re
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.errors import OutputError
from masksmooth_filter.frames import MaskedFrame
from masksmooth_filter.report.looks import Correction, Jump
from masksmooth_filter.report.moments import Moment, WorstMoments
from masksmooth_filter.report.pictures import make_folder, save_bytes, save_png, upright, upright_picture
from masksmooth_filter.report.plots import check_plotting
from masksmooth_filter.report.series import RunFigures
from masksmooth_filter.report.strips import strip
from masksmooth_filter.report.tap import ReportTap
from masksmooth_filter.report.writing import write_pictures

OURS = {
    "frames_extracted": r"frame_\d{6,}\.png",
    "masks_raw": r"mask_\d{6,}\.png",
    "masks_smoothed": r"mask_\d{6,}\.png",
    "analysis": r"(table_\d{6,}|stability_before|comparison_before_after|before_after)\.png",
    "videos": r"(?!)",
}
"""The folders, and the names of the files in them that are ours to replace; of the videos none."""

PACKERS, MOST_WAITING = 2, 6
"""Threads that pack pictures, and pictures that wait for them: those of two frames."""


class WorkDir:
    """Filter over `MaskedFrame`, right behind the smoother: hands each item on and keeps it on disk.

    ``flush`` writes ``analysis/``. Does all a `ReportTap` does, by one; a chain needs only one of the two.

    Parameters
    ----------
    path : path
        The folder; created, with those above it.
    radius : int
        Frames on each side of the window of the tables' filters, 0 to 15.
    sigma : float, optional
        Standard deviation of their Gaussian in frames; by default ``max(radius / 2, 0.5)``.
    threshold : float
        Confidence in 0..1 from which a pixel is foreground.
    overwrite : bool
        Whether the folder may hold something already. The files of an earlier run are removed with the
        first frame (a shorter run would else leave a mixture); other files stay.

    tap : ReportTap, optional
        What measures, with the same threshold; a plain one by default.

    Raises
    ------
    OptionError
        If a setting is not allowed, or matplotlib is not installed.
    OutputError
        If the folder is not empty and ``overwrite`` is false, or it cannot be created.
    """

    latency = 0

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        radius: int,
        sigma: float | None = None,
        threshold: float = 0.5,
        overwrite: bool = False,
        tap: ReportTap | None = None,
    ) -> None:
        check_plotting()
        self._pool: ThreadPoolExecutor | None = None
        self._writing: deque[Future[None]] = deque()
        self._tap = tap or ReportTap(threshold=threshold)
        self._worst = WorstMoments(radius=radius, sigma=sigma, threshold=threshold)
        self.path = make_folder(Path(path))
        if not overwrite and any(self.path.iterdir()):
            raise OutputError(f"{self.path} is not empty; give another folder or --overwrite")
        for name in OURS:
            make_folder(self.path / name)

    @property
    def figures(self) -> RunFigures:
        """All that was counted so far."""
        return self._tap.figures

    @property
    def worst(self) -> tuple[Jump, ...]:
        """As of `ReportTap`."""
        return self._tap.worst

    @property
    def corrected(self) -> tuple[Correction, ...]:
        """As of `ReportTap`."""
        return self._tap.corrected

    @property
    def warnings(self) -> list[str]:
        """As of `ReportTap`."""
        return self._tap.warnings

    @property
    def moments(self) -> tuple[Moment, ...]:
        """Where the raw mask changed most, worst first; complete after ``flush``."""
        return self._worst.moments

    def push(self, item: MaskedFrame) -> list[MaskedFrame]:
        """Write one frame and its masks; hand the item on.

        Raises
        ------
        OutputError
            If a file cannot be written.
        """
        if not self.figures.frames:
            self._remove_earlier(*OURS)
        shot = self._tap.observe(item)
        self._worst.add(shot)
        turn, number = item.frame.rotation, f"{shot.index:06d}.png"
        self._save("frames_extracted", f"frame_{number}", upright_picture(item.frame))
        self._save("masks_raw", f"mask_{number}", upright(shot.masks[0], turn))
        self._save("masks_smoothed", f"mask_{number}", upright(shot.masks[1], turn))
        self._finish(but=MOST_WAITING)
        return [item.without_rivals()]

    def flush(self) -> list[MaskedFrame]:
        """Write ``analysis/`` over all frames so far; return nothing: no frame is held.

        Raises
        ------
        OutputError
            If a file cannot be written.
        """
        self._tap.flush()
        self._worst.cut()
        self._finish()
        self._remove_earlier("analysis")  # a flush before this one may have drawn moments since surpassed
        analysis = self.path / "analysis"
        write_pictures(self.figures, analysis, jumps=self.moments)
        for moment in self.moments:
            save_bytes(analysis / f"table_{moment.now.index:06d}.png", strip(moment))
        return []

    def close(self) -> None:
        """Let go of the last frame; what is on disk stays."""
        self._tap.close()
        self._worst.cut()
        self._writing.clear()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def _save(self, folder: str, name: str, pixels: NDArray[np.uint8]) -> None:
        """Have a picture written beside the work: a frame takes longer to pack than to segment."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(PACKERS, "pack")
        self._writing.append(self._pool.submit(save_png, self.path / folder / name, pixels))

    def _finish(self, *, but: int = 0) -> None:
        """Wait until all but some of the pictures are written; raise what went wrong with them."""
        while len(self._writing) > but:
            self._writing.popleft().result()

    def _remove_earlier(self, *folders: str) -> None:
        """Remove the files of an earlier run from these folders, by their names; nothing else."""
        for folder in folders:
            for file in (self.path / folder).iterdir():
                if file.is_file() and re.fullmatch(OURS[folder], file.name):
                    file.unlink()
