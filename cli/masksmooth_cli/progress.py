"""Progress on stderr: a bar with frames per second, or films, and the time that is left."""

from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from masksmooth_filter.run.progress import Progress
    from masksmooth_filter.scale.batch_result import FilmResult

LOG = logging.getLogger("masksmooth_filter")


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
            self._bar = _bar(progress.total)
        step = progress.done - self._bar.pos
        if self._bar.length:
            step = min(step, self._bar.length - self._bar.pos)
        self._bar.update(step, f"{progress.fps:.1f} fps, slowest: {progress.slowest}")

    def close(self) -> None:
        """Leave the terminal's line."""
        if self._bar is not None:
            self._bar.render_finish()


class FilmBar:
    """Shows what became of films: a bar on a terminal, elsewhere a line each; failures and warnings always.

    Parameters
    ----------
    enabled : bool
        False with ``--quiet``.
    """

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled and sys.stderr.isatty()
        self._bar: Any = None
        self._start = time.perf_counter()
        self._frames = 0

    def __call__(self, result: FilmResult, over: int, total: int) -> None:
        """Note a film that is over."""
        self._frames += result.frames or 0 if result.status == "done" else 0
        if result.status == "failed" or (result.status == "done" and result.warnings):
            self._clear()
            LOG.warning("%d of %d: %s", over, total, result.line())
        elif not self._enabled:
            LOG.info("%d of %d: %s", over, total, result.line())
        if self._enabled:
            if self._bar is None:
                self._bar = _bar(total)
            fps = self._frames / (time.perf_counter() - self._start)
            self._bar.update(over - self._bar.pos, f"{fps:.1f} fps, last: {result.line()[:60]}")

    def close(self) -> None:
        """Leave the terminal's line."""
        if self._bar is not None:
            self._bar.render_finish()

    def _clear(self) -> None:
        """Let a line of its own begin beside the bar."""
        if self._bar is not None:
            click.echo(err=True)


def _bar(length: int) -> Any:
    """Open click's bar; a length of 0 means that nobody knows how many there are."""
    bar = click.progressbar(
        length=length, file=sys.stderr, show_pos=True, item_show_func=lambda text: text or "",
        update_min_steps=1,
    )  # fmt: skip
    bar.render_progress()
    return bar
