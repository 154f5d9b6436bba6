"""The whole chain as one filter: decoded frames in, drawn frames out, for loops that are not ours."""

from __future__ import annotations

import dataclasses
import logging
from fractions import Fraction
from typing import Any

from masksmooth_filter.cores import usable_cores
from masksmooth_filter.errors import OptionError
from masksmooth_filter.filter import Chain, Filter
from masksmooth_filter.modes import milliseconds
from masksmooth_filter.options import Options
from masksmooth_filter.run.drawing import drawing_filter
from masksmooth_filter.segment.masks_file import MasksFromFile
from masksmooth_filter.segment.registry import SegmenterOptions, choose_auto, create_model
from masksmooth_filter.segment.segmenter import Segmenter
from masksmooth_filter.segment.sparing import Sparing
from masksmooth_filter.settings import MAX_EVERY, Smoothing
from masksmooth_filter.smoothing.carry import Carry
from masksmooth_filter.smoothing.hold import Hold
from masksmooth_filter.smoothing.keyframes import Keyframes
from masksmooth_filter.smoothing.smoother import Smoother

LOG = logging.getLogger("masksmooth_filter")

MOST_THREADS = 4
"""Threads of the smoother: the encoder and the network want the others."""

ON_THE_CPU = ("selfie", "tflite")
"""Networks of LiteRT: a device that is named is the smoother's alone."""

ABOUT_FILES = (
    "save_masks", "codec", "crf", "preset", "pix_fmt", "encoder_options",
    "report", "truth", "compare", "work_dir", "export", "export_size", "overwrite", "resume",
    "drop_unsupported", "allow_protocols",
)  # fmt: skip
"""Options that are about the files `convert` reads and writes."""


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
        If a value is not allowed, or an option is about files.
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
        if field.name in ABOUT_FILES and getattr(settings, field.name) != field.default:
            raise OptionError(f"{field.name} is about files; here only frames come and go")
    settings.smoothing()  # what is wrong with it is said before a network is loaded
    masks = mask_filter(settings)
    smoother = smoother_filter(smoothing_of(settings, masks))
    draw = drawing_filter(settings, labels=masks.labels)
    return Chain(*carrying(settings, masks), smoother, *hold_filters(settings), draw)


def carrying(options: Options, masks: MasksFromFile | Segmenter) -> list[Filter[Any, Any]]:
    """Return the filters that give every frame a mask, where the network sees only some frames."""
    if isinstance(masks, MasksFromFile):
        # Which frames have masks is settled; they are followed for what their motion is.
        return [Keyframes(MAX_EVERY), masks, Carry()] if masks.sparse else [masks]
    if options.every == 1:
        return [masks]
    sparing = Sparing(lambda: masks, gap=MAX_EVERY, batch=masks.latency + 1)
    return [Keyframes(options.every), sparing, Carry()]


def smoothing_of(options: Options, masks: MasksFromFile | Segmenter) -> Smoothing:
    """Return how masks are smoothed: in a window of its own where most of a file's are carried."""
    sparse = masks.sparse if isinstance(masks, MasksFromFile) else None
    return options.smoothing(threads=smoother_threads(), carried=sparse)


def mask_filter(
    options: Options, *, follow_seeks: bool = False, batch: int | None = None
) -> MasksFromFile | Segmenter:
    """Return the filter that masks come from.

    Parameters
    ----------
    options : Options
        What the user chose.
    follow_seeks : bool
        As for `MasksFromFile`.
    batch : int, optional
        Pictures the network is given at a time; by default its own number.
    """
    if options.masks_from is not None:
        return masks_file(options, follow_seeks=follow_seeks)
    name, settings = chosen_segmenter(options, batch=batch)
    return Segmenter(create_model(name, options=settings))


def masks_file(options: Options, *, follow_seeks: bool = False) -> MasksFromFile:
    """Return the filter that takes masks from a file or folder.

    Raises
    ------
    InputError, OptionError
        If there are none, or they have no classes where those are to be named.
    """
    classes = named_classes(options)
    masks = MasksFromFile(options.masks_from or "", classes=classes, follow_seeks=follow_seeks)
    if options.legend and not masks.classes:
        raise OptionError(f"--legend names classes, and the masks of {masks.path} have none; leave it out")
    return masks


def chosen_segmenter(
    options: Options, *, on_progress: Any = None, batch: int | None = None
) -> tuple[str, SegmenterOptions]:
    """Return the segmenter's name, 'auto' decided, and what the user said about it."""
    name, settings = options.segmenter, SegmenterOptions(
        weights=options.weights, offline=options.offline, device=options.device,
        precision=options.precision, size=options.size, classes=named_classes(options),
        exact=options.exact, compiled=options.compiled, batch=batch, on_progress=on_progress,
    )  # fmt: skip
    if name == "auto":
        name, reason = choose_auto(settings)
        LOG.info("segmenter %s", reason)
    smooths_there = options.method == "motion" and options.device.startswith("cuda")
    if smooths_there and name.partition(":")[0] in ON_THE_CPU:
        LOG.info("%s runs on the CPU; --device %s is where its masks are smoothed", name, options.device)
        settings = dataclasses.replace(settings, device="cpu")
    return name, settings


def named_classes(options: Options) -> tuple[str, ...] | None:
    """Return the classes that were asked for, one by one."""
    return None if options.classes is None else tuple(options.classes.split(","))


def smoother_filter(smoothing: Smoothing) -> Smoother:
    """Return the filter that smooths; masks leave it at the frame's size where the method knows better."""
    return Smoother(output_size="frame", **dataclasses.asdict(smoothing))


def smoother_threads() -> int:
    """Return how many threads a smoother gets."""
    return min(usable_cores(), MOST_THREADS)


def hold_filters(options: Options, *, rate: Fraction | None = None) -> list[Hold]:
    """Return the filter that keeps masks for a while, if that is wanted.

    Parameters
    ----------
    options : Options
        What the user chose.
    rate : Fraction, optional
        The most frames a second there are, where that is known.
    """
    held = milliseconds("hold", options.hold)
    return [Hold(held, rate=rate, causal=options.causal)] if held else []
