"""The whole chain as one filter: decoded frames in, drawn frames out, for loops that are not ours."""

from __future__ import annotations

import dataclasses
import logging
import os
from typing import Any

from masksmooth_filter.composite.colour import parse_colour
from masksmooth_filter.composite.matte import Matte, MattePixels
from masksmooth_filter.composite.overlay import Overlay
from masksmooth_filter.errors import OptionError
from masksmooth_filter.filter import Chain
from masksmooth_filter.options import Options
from masksmooth_filter.segment.masks_file import MasksFromFile
from masksmooth_filter.segment.registry import SegmenterOptions, choose_auto, create_model
from masksmooth_filter.segment.segmenter import Segmenter
from masksmooth_filter.settings import Smoothing
from masksmooth_filter.smoothing.smoother import Smoother

LOG = logging.getLogger("masksmooth_filter")

MOST_THREADS = 4
"""Threads of the smoother: the encoder and the network want the others."""

_OF_FILES = (
    "save_masks", "codec", "crf", "preset", "pix_fmt", "encoder_options",
    "report", "work_dir", "overwrite", "drop_unsupported",
)  # fmt: skip
"""Options that are about the file `convert` writes."""


def frame_filter(**options: Any) -> Chain:
    """Make one filter of the whole chain: an av.VideoFrame in, the drawn av.VideoFrame out.

    ``push`` gives the frames that are ready, in order, each with its own time; ``flush`` the rest.
    ``flush`` also between pictures of different sizes.

    Parameters
    ----------
    **options
        The fields of `Options` that are about masks, smoothing and drawing: ``segmenter``, ``method``,
        ``radius``, ``mode``, ...

    Raises
    ------
    OptionError
        If a value is not allowed, or an option is about a file that is written.
    ModelError, DeviceError, InputError
        If the network or the masks are not there.
    TypeError
        If an option does not exist.

    Examples
    --------
    >>> import av
    >>> steady = frame_filter(segmenter="selfie", method="median", radius=1)
    >>> steady.latency
    1
    >>> out = [drawn for n in range(3) for drawn in steady.push(av.VideoFrame(64, 48, "yuv420p"))]
    >>> len(out) + len(steady.flush())
    3
    """
    settings = Options(**options)
    for field in dataclasses.fields(settings):
        if field.name in _OF_FILES and getattr(settings, field.name) != field.default:
            raise OptionError(f"{field.name} is about a file that is written; here only frames come out")
    smoothing = settings.smoothing(threads=smoother_threads())
    _, masks, _ = mask_filter(settings)
    return Chain(masks, smoother_filter(smoothing), drawing_filter(settings))


def mask_filter(
    options: Options, *, on_progress: Any = None, follow_seeks: bool = False
) -> tuple[str, MasksFromFile | Segmenter, tuple[str, ...]]:
    """Return what the masks come from by name, the filter, and the names of the classes.

    Parameters
    ----------
    options : Options
        What the user chose.
    on_progress : callable, optional
        Told how far a download of weights is.
    follow_seeks : bool
        As for `MasksFromFile`.
    """
    classes = None if options.classes is None else tuple(options.classes.split(","))
    if options.masks_from is not None:
        masks = MasksFromFile(options.masks_from, classes=classes, follow_seeks=follow_seeks)
        return f"masks from {options.masks_from}", masks, masks.labels
    name, settings = options.segmenter, SegmenterOptions(
        weights=options.weights, offline=options.offline, device=options.device,
        precision=options.precision, size=options.size, classes=classes, exact=options.exact,
        compiled=options.compiled, on_progress=on_progress,
    )  # fmt: skip
    if name == "auto":
        name, reason = choose_auto(settings)
        LOG.info("segmenter %s", reason)
    model = create_model(name, options=settings)
    return name, Segmenter(model), model.labels


def smoother_filter(smoothing: Smoothing) -> Smoother:
    """Return the filter that smooths; masks leave it at the frame's size where the method knows better."""
    return Smoother(output_size="frame", **dataclasses.asdict(smoothing))


def smoother_threads() -> int:
    """Return how many threads a smoother gets."""
    return min(os.cpu_count() or 1, MOST_THREADS)


def drawing_filter(options: Options, *, matte: MattePixels = "yuv420p") -> Overlay | Matte:
    """Return the filter that draws.

    Parameters
    ----------
    options : Options
        What the user chose.
    matte : {'yuv420p', 'yuv444p', 'gray'}
        The pixels of a matte.
    """
    if options.mode == "matte":
        return Matte(threshold=options.threshold, pix_fmt=matte)
    return overlay_filter(options)


def overlay_filter(options: Options) -> Overlay:
    """Return the filter that tints, by the options' threshold, alpha and colour."""
    colour = None if options.color is None else parse_colour(options.color)
    return Overlay(threshold=options.threshold, alpha=options.alpha, colour=colour)
