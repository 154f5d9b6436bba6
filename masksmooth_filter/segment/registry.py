"""Segmenters by name: ours, any TFLite or ONNX file, and those other packages offer.

A package offers one with an entry point in the group ``masksmooth_filter.segmenters``: a callable that
takes `SegmenterOptions` and returns a `masksmooth_filter.segment.segmenter.Model`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from masksmooth_filter import plugins
from masksmooth_filter.errors import ModelError, OptionError
from masksmooth_filter.segment.deeplab import has_nvidia_driver, resolve_device
from masksmooth_filter.segment.labels import VOC_LABELS, parse_classes
from masksmooth_filter.segment.segmenter import Model
from masksmooth_filter.segment.weights import Progress

_PERSON = VOC_LABELS.index("person")
_ASK = "choose another with --segmenter"


@dataclass(frozen=True, slots=True)
class SegmenterOptions:
    """What a user may say about a segmenter; one that cannot use an option refuses it.

    Attributes
    ----------
    weights : path, optional
        A file of weights instead of the published one.
    offline : bool
        Never touch the network.
    device : str
        ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
    size : int, optional
        Short side in pixels that the network sees.
    classes : tuple of str, optional
        Names or ids, one plane each; None for everything but background as one plane.
    batch : int, optional
        Pictures at a time.
    on_progress : callable, optional
        Told the bytes fetched so far, and of how many.

    Raises
    ------
    OptionError
        If ``size`` or ``batch`` is less than 1.
    """

    weights: str | os.PathLike[str] | None = None
    offline: bool = False
    device: str = "auto"
    size: int | None = None
    classes: tuple[str, ...] | None = None
    batch: int | None = None
    on_progress: Progress | None = None

    def __post_init__(self) -> None:
        for name, value in (("size", self.size), ("batch", self.batch)):
            if value is not None and value < 1:
                raise OptionError(f"--{name} is {value}; give a whole number of at least 1")


def create_model(name: str, *, options: SegmenterOptions | None = None) -> Model:
    """Make the network of a segmenter.

    Parameters
    ----------
    name : str
        ``selfie``, ``deeplabv3_resnet50``, ``tflite:PATH`` (or ``tflite:PATH?range=-1,1``), ``onnx:PATH``
        (likewise), ``auto``, or a name that an installed package offers. A name is taken or refused,
        never replaced.
    options : SegmenterOptions, optional
        Defaults otherwise.

    Raises
    ------
    OptionError
        If there is no such segmenter (lists what there is), or it cannot use an option.
    ModelError
        If its weights or file are missing or wrong, or a package it needs is not installed.
    DeviceError
        If the device is not there.
    """
    options = options or SegmenterOptions()
    if name == "auto":
        name, _ = choose_auto(device=options.device)
    kind, colon, spec = name.partition(":")
    if colon and kind in _FILES:
        return _FILES[kind](spec, options)
    make = _BUILT_IN.get(name)
    return _offered(name, options) if make is None else make(options)


def choose_auto(*, device: str = "auto") -> tuple[str, str]:
    """Choose a segmenter: deeplabv3_resnet50 where it runs on CUDA, else the embedded selfie.

    Cheap where there is no NVIDIA driver: torch is imported only where there is one.

    Parameters
    ----------
    device : str
        What the user asked for; cpu means selfie, cuda means deeplabv3_resnet50.

    Returns
    -------
    name, reason : str, str
        The segmenter, and a sentence for the user.
    """
    if device.startswith("cuda"):
        return (
            "deeplabv3_resnet50",
            f"deeplabv3_resnet50 (20 classes): --device {device} was given; {_ASK}",
        )
    trouble = _no_deeplab(device)
    if trouble:
        return "selfie", f"selfie (people only): {trouble}; {_ASK}"
    return "deeplabv3_resnet50", f"deeplabv3_resnet50 (20 classes): there is a CUDA device; {_ASK}"


def _no_deeplab(device: str) -> str | None:
    """Say why deeplabv3_resnet50 is not the one to choose, or None if it is."""
    missing = [package for package in ("torch", "torchvision") if find_spec(package) is None]
    if missing:
        return f"{' and '.join(missing)} {'are' if missing[1:] else 'is'} not installed"
    if device == "cpu":
        return "--device cpu was given, and deeplabv3_resnet50 needs seconds a frame there"
    if not has_nvidia_driver():
        return "there is no NVIDIA driver, and deeplabv3_resnet50 needs seconds a frame without"
    return None if resolve_device(device) == "cuda" else "there is no CUDA device that PyTorch can use"


def _selfie(options: SegmenterOptions) -> Model:
    from masksmooth_filter.segment.litert import Selfie

    people = options.classes is None or parse_classes(options.classes, VOC_LABELS) in ((), (_PERSON,))
    reasons = {"weights": "brings its own weights"} | ({} if people else {"classes": "finds people only"})
    _refuse(options, "selfie", **reasons)
    return Selfie()


def _tflite(spec: str, options: SegmenterOptions) -> Model:
    from masksmooth_filter.segment.litert import TfliteModel

    path, values = _path_and_range("tflite", spec)
    _refuse(options, "tflite:PATH", weights="names its file itself")
    return TfliteModel(path, classes=options.classes, input_range=values)


def _onnx(spec: str, options: SegmenterOptions) -> Model:
    if find_spec("onnxruntime") is None:
        hint = "pip install 'masksmooth-filter[onnx]'"
        raise ModelError(f"onnx:PATH needs onnxruntime, which is not installed; {hint}")
    from masksmooth_filter.segment.onnx import OnnxModel

    path, values = _path_and_range("onnx", spec)
    if options.weights is not None:
        raise OptionError("--weights is of no use with onnx:PATH, which names its file itself; leave it out")
    if options.batch is not None:
        raise OptionError(
            "--batch is of no use with onnx:PATH, which runs one picture at a time; leave it out"
        )
    return OnnxModel(path, options=options, input_range=values)


def _deeplab(options: SegmenterOptions) -> Model:
    for package in ("torch", "torchvision"):
        if find_spec(package) is None:
            hint = "pip install 'masksmooth-filter[deeplab]'"
            raise ModelError(f"deeplabv3_resnet50 needs {package}, which is not installed; {hint}")
    from masksmooth_filter.segment import deeplab, weights

    # What costs nothing to check is checked before 160 MB are fetched.
    classes = () if options.classes is None else parse_classes(options.classes, VOC_LABELS)
    device = deeplab.resolve_device(options.device)
    path = weights.find_weights(
        deeplab.published_weights(),
        path=options.weights,
        offline=options.offline,
        on_progress=options.on_progress,
    )
    return deeplab.DeepLabV3(path, classes=classes, device=device, size=options.size, batch=options.batch)


def _refuse(options: SegmenterOptions, name: str, **reasons: str) -> None:
    """Raise OptionError for an option that a LiteRT segmenter cannot use."""
    reasons |= {"size": "has a fixed size", "batch": "runs one picture at a time"}
    for option, reason in reasons.items():
        if getattr(options, option) is not None:
            hint = "leave it out, or take --segmenter deeplabv3_resnet50"
            raise OptionError(f"--{option} is of no use with {name}, which {reason}; {hint}")
    if options.device not in ("auto", "cpu"):
        raise OptionError(
            f"--device {options.device} is of no use with {name}, which runs on the CPU; use cpu"
        )


def _path_and_range(kind: str, spec: str) -> tuple[str, tuple[float, float] | None]:
    """Take ``PATH`` or ``PATH?range=LOW,HIGH`` apart."""
    path, _, text = spec.partition("?range=")
    if not path:
        raise OptionError(f"{kind}: lacks its file; write {kind}:PATH")
    try:
        low, high = map(float, text.split(",")) if text else (0.0, 0.0)
    except ValueError:
        raise OptionError(f"range={text} is not a range; write ?range=-1,1 or ?range=0,1") from None
    return path, (low, high) if text else None


def _offered(name: str, options: SegmenterOptions) -> Model:
    """Make another package's segmenter."""
    others = plugins.offered(plugins.SEGMENTERS)
    if name not in others:
        names = ["auto", *_BUILT_IN, *(f"{kind}:PATH" for kind in _FILES), *others]
        raise OptionError(f"there is no segmenter {name!r}; choose from {', '.join(names)}")
    needs = ("classes", "labels", "batch", "input_size", "predict", "close")
    model: Model = plugins.make(plugins.SEGMENTERS, name, options, needs=needs)
    return model


_BUILT_IN: dict[str, Callable[[SegmenterOptions], Model]] = {
    "selfie": _selfie,
    "deeplabv3_resnet50": _deeplab,
}

_FILES: dict[str, Callable[[str, SegmenterOptions], Model]] = {"tflite": _tflite, "onnx": _onnx}
"""Kinds of networks that come as a file, by the word before the colon."""
