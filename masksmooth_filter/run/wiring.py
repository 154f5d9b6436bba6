"""From options to the filters of a chain, in their order."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from masksmooth_filter.composite.colour import FULL_RANGE
from masksmooth_filter.composite.matte import Matte, MattePixels
from masksmooth_filter.composite.overlay import Overlay
from masksmooth_filter.composite.planes import drawable
from masksmooth_filter.filter import Filter
from masksmooth_filter.media import Demuxer, VideoInfo
from masksmooth_filter.media.probe import UNSET
from masksmooth_filter.options import Options
from masksmooth_filter.report.tap import ReportTap
from masksmooth_filter.report.workdir import WorkDir
from masksmooth_filter.run.before import BeforeVideo
from masksmooth_filter.run.frame_filter import (
    drawing_filter,
    overlay_filter,
    smoother_filter,
    smoother_threads,
)
from masksmooth_filter.run.origin import Origin, masks_origin
from masksmooth_filter.run.runner import Stage
from masksmooth_filter.settings import Smoothing
from masksmooth_filter.smoothing.carry import Carry
from masksmooth_filter.smoothing.keyframes import Keyframes
from masksmooth_filter.smoothing.smoother import Smoother

LOG = logging.getLogger("masksmooth_filter")

LOSSLESS_GRAY = ("ffv1",)
"""Encoders that a matte is given to as gray: exact, and nobody plays them in a browser."""


@dataclass(slots=True)
class Wired:
    """A chain from packets of the film to drawn frames.

    Attributes
    ----------
    stages : list of Stage
        Its filters.
    drawn : VideoInfo
        What the frames at its end look like.
    latency : int
        Frames the smoother holds back.
    origin : Origin
        Where the masks come from.
    tap : ReportTap or WorkDir, optional
        The filter that measures, if figures are wanted.
    """

    stages: list[Stage]
    drawn: VideoInfo
    latency: int
    origin: Origin
    tap: ReportTap | WorkDir | None


def wire(options: Options, demuxer: Demuxer, codec: str, paths: tuple[Path, Path], stack: ExitStack) -> Wired:
    """Make the filters a run needs; the stack closes them if the run does not come to it.

    Parameters
    ----------
    options : Options
        What the user chose.
    demuxer : Demuxer
        The open input.
    codec : str
        The output's encoder, which decides a matte's pixels.
    paths : (Path, Path)
        The input and the output.
    stack : ExitStack
        Takes the filters' ``close``.

    Raises
    ------
    OptionError, InputError, ModelError, DeviceError, OutputError
        If an option cannot be fulfilled.
    """
    draw, drawn = _drawing(options, demuxer.info, codec)
    threads = smoother_threads()
    smoothing = options.smoothing(rate=demuxer.info.rate, threads=threads)
    origin = masks_origin(options, *paths)
    if origin.followed is not None:
        smoothing = options.smoothing(rate=demuxer.info.rate, threads=threads, carried=True)
    taps = _taps(options, smoothing, demuxer.info)
    filters: list[tuple[str, Filter[Any, Any]]] = [("decode", demuxer.decoder)]
    if origin.followed is not None:
        filters.append(("follow", Keyframes(origin.followed, threads=threads)))
    filters.append((origin.name, origin.masks))
    if origin.save is not None:
        filters.append(("save masks", origin.save))
    if origin.followed is not None:
        filters.append(("carry", Carry()))
    smoother = _smoother(smoothing, demuxer.info)
    filters.append(("smooth", smoother))
    filters += [*taps.items(), ("draw", draw)]
    for _, filter_ in filters:
        stack.callback(filter_.close)
    stages = [Stage(name, filter_) for name, filter_ in filters]
    return Wired(stages, drawn, smoother.latency, origin, next(iter(taps.values()), None))


def _drawing(options: Options, info: VideoInfo, codec: str) -> tuple[Overlay | Matte, VideoInfo]:
    """Return the filter that draws, and what its frames look like."""
    if options.mode == "overlay":
        return _overlay(options, info)
    pixels: MattePixels = "gray" if codec in LOSSLESS_GRAY else "yuv420p"
    drawn = replace(info, pix_fmt=pixels, color_range=FULL_RANGE, colorspace=UNSET)
    drawn = replace(drawn, color_primaries=UNSET, color_trc=UNSET)
    return drawing_filter(options, matte=pixels), drawn


def _overlay(options: Options, info: VideoInfo) -> tuple[Overlay, VideoInfo]:
    return overlay_filter(options), replace(info, pix_fmt=drawable(info.pix_fmt))


def _smoother(smoothing: Smoothing, info: VideoInfo) -> Smoother:
    """Return the filter that smooths; say how long a frame waits for it."""
    smoother = smoother_filter(smoothing)
    frames = smoother.latency
    wait = f" ({round(1000 * frames / info.rate)} ms)" if info.rate else ""
    LOG.info("smoothing by %s; a frame waits for %d more%s", smoothing.method, frames, wait)
    return smoother


def _taps(options: Options, smoothing: Smoothing, info: VideoInfo) -> dict[str, Any]:
    """Return the filters that only look, the one that measures first."""
    sigma = None if smoothing.method == "motion" else smoothing.sigma
    settings: dict[str, Any] = {"radius": smoothing.window, "sigma": sigma, "threshold": options.threshold}
    if options.work_dir is not None:
        work_dir = WorkDir(options.work_dir, overwrite=options.overwrite or options.resume, **settings)
        before = BeforeVideo(work_dir.path / "videos" / "before.mp4", *_overlay(options, info))
        return {"work dir": work_dir, "before video": before}
    return {} if options.report is None else {"report": ReportTap(**settings)}
