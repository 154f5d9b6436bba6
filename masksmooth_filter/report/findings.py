"""What the figures of a run say about it, in words: did smoothing help, and what to try where it did not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from masksmooth_filter.report.metrics import mean
from masksmooth_filter.report.series import RunFigures
from masksmooth_filter.settings import Smoothing

LEAST_SHARE = 0.01
"""Less than one frame in a hundred is not worth a line."""

LATE_MS = 20.0
"""Lags under half a frame at 25 a second are not seen."""

REWRITTEN = 0.5
"""Where smoothing changed more than this share of the raw mask, it has overruled the network."""

FROZEN = 0.9995


def verdict(figures: RunFigures) -> str:
    """Return one sentence that says what smoothing did to the masks."""
    raw, smoothed = figures.raw, figures.smoothed
    if figures.frames < 2:
        return "One frame alone neither flickers nor holds still: there is nothing to compare."
    if not np.any(raw.stability.area) and not np.any(smoothed.stability.area):
        return "All masks are empty: nothing was found in this video."
    parts = []
    before, after = (one.following.flicker(figures.span) for one in (raw, smoothed))
    if before and after is not None:
        parts.append(_went("flicker", before, after))
    shaken, calm = (mean(one.following.jitter) for one in (raw, smoothed))
    if shaken is not None and calm is not None:
        parts.append(
            f"borders are {calm:.1f} instead of {shaken:.1f} px off from where the motion takes them"
        )
    if not parts:
        return "The raw masks do not flicker, and there was little to smooth."
    text = " and ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def findings(figures: RunFigures, smoothing: Smoothing) -> tuple[str, ...]:
    """Return lines that warn of what the figures show, the gravest first.

    Parameters
    ----------
    figures : RunFigures
        What was counted.
    smoothing : Smoothing
        How the run's own masks were smoothed.
    """
    if figures.frames < 2:
        return ()
    return tuple(
        line
        for part in (_accuracy(figures), _outrun(figures, smoothing), _late(figures, smoothing),
                     _rewritten(figures, smoothing), _empty(figures), _still(figures))
        for line in part
    )  # fmt: skip


def _went(name: str, before: float, after: float) -> str:
    share = after / before - 1
    if abs(share) < 0.005:
        return f"{name} is as it was"
    return f"{name} {'fell' if share < 0 else 'rose'} by {abs(share):.0%}"


def _accuracy(figures: RunFigures) -> Iterator[str]:
    before, after = (mean(one.accuracy.j) for one in (figures.raw, figures.smoothed))
    if before is not None and after is not None and after < before - 0.001:
        yield (
            f"smoothing made the masks less right: J against the truth went from {before:.3f} to "
            f"{after:.3f}; look at the places where it changed most"
        )


def _outrun(figures: RunFigures, smoothing: Smoothing) -> Iterator[str]:
    """Warn where a window at a fixed place reaches over more motion than the object is wide."""
    if smoothing.method not in ("gaussian", "median", "ema") or not smoothing.window:
        return
    reach = figures.speed * smoothing.window
    far = reach > figures.width / 2
    share = float(np.mean(far))
    if share < LEAST_SHARE:
        return
    most = float(np.nanmax(figures.speed))
    yield (
        f"the radius of {smoothing.window} frames is too long for {share:.0%} of the frames: motion of up to "
        f"{most:.0f} px a frame takes the object farther than half its own width within the window, and its "
        "thin parts are averaged away; try --method motion, or a shorter --radius"
    )


def _late(figures: RunFigures, smoothing: Smoothing) -> Iterator[str]:
    lag, step = figures.smoothed.lag.frames, figures.step
    if lag is None or step is None or 1000 * lag * step < LATE_MS:
        return
    remedy = {"ema": "; --method motion does not trail"}.get(smoothing.method, "")
    if smoothing.lookahead is not None and smoothing.lookahead < smoothing.window:
        remedy = "; let it look ahead (leave out --causal, or a greater --lookahead)"
    yield f"the smoothed masks trail by {1000 * lag * step:.0f} ms, which is seen in fast motion{remedy}"


def _rewritten(figures: RunFigures, smoothing: Smoothing) -> Iterator[str]:
    area = figures.raw.stability.area
    some = area > 0
    if not some.any():
        return
    share = float(np.mean((figures.corrected > REWRITTEN * area) & some))
    if share >= LEAST_SHARE:
        yield (
            f"in {share:.0%} of the frames smoothing changed more than half as many pixels as the raw mask "
            "has: it overruled the network there; look at the places where it changed most"
        )


def _empty(figures: RunFigures) -> Iterator[str]:
    raw, smoothed = (one.stability.area == 0 for one in (figures.raw, figures.smoothed))
    if raw.all():
        yield "no frame has a mask; is it the right segmenter, and the right --classes?"
    elif raw.mean() >= LEAST_SHARE:
        yield (
            f"the raw mask is empty in {raw.mean():.0%} of the frames, "
            f"the smoothed one in {smoothed.mean():.0%}"
        )


def _still(figures: RunFigures) -> Iterator[str]:
    same = figures.smoothed.stability.mean_iou
    speed = mean(figures.speed)
    if same is not None and same > FROZEN and speed is not None and speed > 1:
        yield "the smoothed masks hardly move though the picture does: they may be frozen, not steady"
