"""Progress on stderr: a bar with frames per second and the time that is left."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from masksmooth_filter.run.progress import Progress


class ProgressBar:
    """Shows `Progress`, on a terminal only.

    Parameters
    ----------
    enabled : bool
        False with ``--quiet``.
    """

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled and sys.stderr.isatty()
        self._bar: Any = None

    def __call__(self, progress: Progress) -> None:
        """Show how far a run has come."""
        if not self._enabled:
            return
        if self._bar is None:
            self._bar = self._open(progress.total)
        step = progress.done - self._bar.pos
        if self._bar.length:
            step = min(step, self._bar.length - self._bar.pos)
        self._bar.update(step, f"{progress.fps:.1f} fps, slowest: {progress.slowest}")

    def close(self) -> None:
        """Leave the terminal's line."""
        if self._bar is not None:
            self._bar.render_finish()

    @staticmethod
    def _open(total: int) -> Any:
        """Open click's bar; a length of 0 means that nobody knows how many frames there are."""
        bar = click.progressbar(
            length=total, file=sys.stderr, show_pos=True, item_show_func=lambda text: text or "",
            update_min_steps=1,
        )  # fmt: skip
        bar.render_progress()
        return bar
