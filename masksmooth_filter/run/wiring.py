"""From options to the filters of a chain, in their order."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from masksmooth_filter.composite.edges import level
from masksmooth_filter.composite.planes import drawable
from masksmooth_filter.exports.export import ExportMasks
from masksmooth_filter.exports.writer import About
from masksmooth_filter.filter import Filter
from masksmooth_filter.media import VideoInfo
from masksmooth_filter.options import Options
from masksmooth_filter.report.tap import ReportTap
from masksmooth_filter.report.workdir import WorkDir
from masksmooth_filter.run.before import BeforeVideo
from masksmooth_filter.run.drawing import drawing_filter, drawn_info, matte_pixels, overlay_filter
from masksmooth_filter.run.frame_filter import hold_filters, named_classes, smoother_filter, smoother_threads
from masksmooth_filter.run.origin import Origin
from masksmooth_filter.run.rivals import Rivalry
from masksmooth_filter.run.runner import Stage
from masksmooth_filter.segment.masks_file import MasksFromFile
from masksmooth_filter.settings import Smoothing
from masksmooth_filter.smoothing.carry import Carry
from masksmooth_filter.smoothing.keyframes import Keyframes
from masksmooth_filter.smoothing.smoother import Smoother
from masksmooth_filter.smoothing.two_steps import Finish, Settle

LOG = logging.getLogger("masksmooth_filter")


@dataclass(slots=True)
class Wired:
    """A chain from decoded to drawn frames.

    Attributes
    ----------
    stages : list of Stage
        Its filters.
    drawn : VideoInfo
        What the frames at its end look like.
    smoother : Filter
        The filter that smooths, and holds frames back.
    smoothing : Smoothing
        How it does.
    origin : Origin
        Where the masks come from.
    tap : ReportTap or WorkDir, optional
        The filter that measures, if figures are wanted.
    """

    stages: list[Stage]
    drawn: VideoInfo
    smoother: Filter[Any, Any]
    smoothing: Smoothing
    origin: Origin
    tap: ReportTap | WorkDir | None


def wire(
    options: Options, info: VideoInfo, codec: str, make_origin: Callable[[], Origin], stack: ExitStack
) -> Wired:
    """Make the filters a run needs; the stack closes them if the run does not come to it.

    Parameters
    ----------
    options : Options
        What the user chose.
    info : VideoInfo
        The film.
    codec : str
        The output's encoder, which decides a matte's pixels.
    make_origin : callable
        Returns where the masks come from; called once what costs less to check is right.
    stack : ExitStack
        Takes the filters' ``close``.

    Raises
    ------
    OptionError, InputError, ModelError, DeviceError, OutputError
        If an option cannot be fulfilled.
    """
    threads = smoother_threads()
    smoothing = options.smoothing(rate=info.rate, threads=threads)
    origin = make_origin()
    if origin.followed is not None:
        smoothing = options.smoothing(rate=info.rate, threads=threads, carried=True)
    taps = _taps(options, smoothing, info)
    draw = drawing_filter(
        options,
        matte=matte_pixels(codec),
        labels=origin.labels,
        pixel_aspect=info.sample_aspect_ratio,
        start=info.start,
    )
    filters: list[tuple[str, Filter[Any, Any]]] = []
    if origin.followed is not None:
        filters.append(("follow", Keyframes(origin.followed, threads=threads)))
    filters.append((origin.name, origin.masks))
    if origin.save is not None:
        filters.append(("save masks", origin.save))
    if origin.followed is not None:
        filters.append(("carry", Carry()))
    smoothers = _smoothers(smoothing, options, info)
    filters += smoothers.items()
    filters += taps.items()
    filters += [("hold", hold) for hold in hold_filters(options, rate=info.grid or info.rate)]
    if options.export:
        replaced = options.overwrite or options.resume
        about = About(origin.labels, level(options.threshold), options.export_size, replaced)
        filters.append(("export", ExportMasks(options.export, about)))
    filters.append(("draw", draw))
    for _, filter_ in filters:
        stack.callback(filter_.close)
    stages = [Stage(name, filter_) for name, filter_ in filters]
    drawn = drawn_info(options, info, codec)
    return Wired(stages, drawn, smoothers["smooth"], smoothing, origin, next(iter(taps.values()), None))


def _smoothers(
    smoothing: Smoothing, options: Options, info: VideoInfo
) -> dict[str, Smoother | Rivalry | Settle | Finish]:
    """Return the filters that smooth, the one that holds frames back first; say how long that is."""
    smoothers: dict[str, Smoother | Rivalry | Settle | Finish]
    if options.compare is not None:
        others = {
            name: smoother_filter(replace(rival, threads=smoothing.threads))
            for name, rival in options.rivals().items()
        }
        smoothers = {"smooth": Rivalry(smoother_filter(smoothing), others)}
    elif smoothing.method == "motion":
        finish = Finish(threads=smoothing.threads, device=smoothing.device)
        smoothers = {"smooth": Settle(smoothing, output_size="frame"), "full size": finish}
    else:
        smoothers = {"smooth": smoother_filter(smoothing)}
    frames = smoothers["smooth"].latency
    wait = f" ({round(1000 * frames / info.rate)} ms)" if info.rate else ""
    LOG.info("smoothing by %s; a frame waits for %d more%s", smoothing.method, frames, wait)
    return smoothers


def _taps(options: Options, smoothing: Smoothing, info: VideoInfo) -> dict[str, Any]:
    """Return the filters that only look, the one that measures first."""
    if options.report is None and options.work_dir is None:
        return {}
    tap = _report_tap(options)
    if options.work_dir is None:
        return {"report": tap}
    work_dir = WorkDir(
        options.work_dir,
        radius=smoothing.window,
        sigma=None if smoothing.method == "motion" else smoothing.sigma,
        threshold=options.threshold,
        overwrite=options.overwrite or options.resume,
        tap=tap,
    )
    plain = replace(info, pix_fmt=drawable(info.pix_fmt))
    before = BeforeVideo(work_dir.path / "videos" / "before.mp4", overlay_filter(options), plain)
    return {"work dir": work_dir, "before video": before}


def _report_tap(options: Options) -> ReportTap:
    """Return the filter that measures."""
    truth = None if options.truth is None else _truth(options.truth, named_classes(options))
    return ReportTap(threshold=options.threshold, truth=truth, methods=("smoothed", *options.rivals()))


def _truth(path: str, classes: tuple[str, ...] | None) -> MasksFromFile:
    """Open the right masks; where they are class ids, only the classes that were asked for count."""
    masks = MasksFromFile(path)
    return MasksFromFile(path, classes=classes) if classes and masks.holds_labels else masks
