"""Segmenters by name: ours, any TFLite or ONNX file, and those other packages offer.

A package offers one with an entry point in the group ``masksmooth_filter.segmenters``: a callable that
takes `SegmenterOptions` and returns a `Model` or `FrameModel` of `masksmooth_filter.segment.model`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from masksmooth_filter import plugins
from masksmooth_filter.cuda import has_nvidia_driver
from masksmooth_filter.errors import ModelError, OptionError
from masksmooth_filter.options import PRECISIONS, Precision, check_exact
from masksmooth_filter.segment.device import resolve_device, resolve_precision
from masksmooth_filter.segment.labels import VOC_LABELS, parse_classes
from masksmooth_filter.segment.model import FrameModel, Model
from masksmooth_filter.segment.torchvision_nets import ARCHITECTURES
from masksmooth_filter.segment.weights import ENVIRONMENT, Progress, at_hand, find_weights
from masksmooth_filter.settings import check_choice

AnyModel = Model | FrameModel

BEST = "deeplabv3_resnet50"
"""What ``auto`` takes where it is fast."""

BUILT_IN = ("auto", "selfie", *ARCHITECTURES, "tflite:PATH", "onnx:PATH")
"""The segmenters of this package, as a user writes them."""

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
    precision : {'auto', 'fp32', 'bf16', 'fp16'}
        Number format of the convolutions.
    size : int, optional
        Short side in pixels that the network sees.
    classes : tuple of str, optional
        Names or ids, one plane each; None for everything but background as one plane.
    batch : int, optional
        Pictures at a time.
    exact : bool
        Torchvision's own 21-channel argmax, in fp32.
    compiled : bool
        Whether to compile the network.
    on_progress : callable, optional
        Told the bytes fetched so far, and of how many.

    Raises
    ------
    OptionError
        If ``size`` or ``batch`` is less than 1, or ``exact`` is asked for with what it excludes.
    """

    weights: str | os.PathLike[str] | None = None
    offline: bool = False
    device: str = "auto"
    precision: Precision = "auto"
    size: int | None = None
    classes: tuple[str, ...] | None = None
    batch: int | None = None
    exact: bool = False
    compiled: bool = False
    on_progress: Progress | None = None

    def __post_init__(self) -> None:
        for name, value in (("size", self.size), ("batch", self.batch)):
            if value is not None and value < 1:
                raise OptionError(f"--{name} is {value}; give a whole number of at least 1")
        check_choice("precision", self.precision, PRECISIONS)
        check_exact(self.exact, self.precision, compiled=self.compiled)


def create_model(name: str, *, options: SegmenterOptions | None = None) -> AnyModel:
    """Make the network of a segmenter.

    Parameters
    ----------
    name : str
        ``selfie``, ``deeplabv3_resnet50``, ``deeplabv3_mobilenet_v3_large``, ``lraspp_mobilenet_v3_large``,
        ``tflite:PATH`` (or ``tflite:PATH?range=-1,1``), ``onnx:PATH`` (likewise), ``auto``, or a name that
        an installed package offers. A name is taken or refused, never replaced.
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
        name, _ = choose_auto(options)
    kind, colon, spec = name.partition(":")
    if colon and kind in _FILES:
        return _FILES[kind](spec, options)
    if name in ARCHITECTURES:
        return _torchvision(name, options)
    return _selfie(options) if name == "selfie" else _offered(name, options)


def choose_auto(options: SegmenterOptions | None = None, *, fetch: bool = True) -> tuple[str, str]:
    """Choose a segmenter: deeplabv3_resnet50 where it runs on CUDA and has its weights, else selfie.

    Cheap where there is no NVIDIA driver: torch is imported only where there is one.

    Parameters
    ----------
    options : SegmenterOptions, optional
        What the user asked for: ``--device cpu`` means selfie, cuda and weights mean deeplabv3_resnet50.
    fetch : bool
        Whether to fetch missing weights, unless the options forbid it; if that fails it is selfie.

    Returns
    -------
    name, reason : str, str
        The segmenter, and a sentence for the user.
    """
    options = options or SegmenterOptions()
    if options.device.startswith("cuda"):
        return BEST, f"{BEST} (20 classes): --device {options.device} was given; {_ASK}"
    trouble = _no_cuda(options.device) or (_no_weights(options) if fetch or options.offline else None)
    if trouble:
        return "selfie", f"selfie (people only): {trouble}; {_ASK}"
    return BEST, f"{BEST} (20 classes): there is a CUDA device; {_ASK}"


def _no_cuda(device: str) -> str | None:
    """Say why deeplabv3_resnet50 would not run on CUDA, or None if it would."""
    missing = [package for package in ("torch", "torchvision") if find_spec(package) is None]
    if missing:
        return f"{' and '.join(missing)} {'are' if missing[1:] else 'is'} not installed"
    if device == "cpu":
        return f"--device cpu was given, and {BEST} needs seconds a frame there"
    if not has_nvidia_driver():
        return f"there is no NVIDIA driver, and {BEST} needs seconds a frame without"
    return None if resolve_device(device) == "cuda" else "there is no CUDA device that PyTorch can use"


def _no_weights(options: SegmenterOptions) -> str | None:
    """Say why there are no weights, or None if there are; those the user names are his to answer for."""
    published = ARCHITECTURES[BEST].published
    if options.weights or os.environ.get(ENVIRONMENT) or at_hand(published):
        return None
    try:
        find_weights(published, offline=options.offline, on_progress=options.on_progress)
    except ModelError as error:
        return f"there is a CUDA device, but for {BEST} {error}"
    return None


def _selfie(options: SegmenterOptions) -> Model:
    from masksmooth_filter.segment.litert import Selfie

    people = options.classes is None or parse_classes(options.classes, VOC_LABELS) in ((), (_PERSON,))
    reasons = {"weights": "brings its own weights"} | ({} if people else {"classes": "finds people only"})
    _refuse_litert(options, "selfie", **reasons)
    return Selfie()


def _tflite(spec: str, options: SegmenterOptions) -> Model:
    from masksmooth_filter.segment.litert import TfliteModel

    path, values = _path_and_range("tflite", spec)
    _refuse_litert(options, "tflite:PATH", weights="names its file itself")
    return TfliteModel(path, classes=options.classes, input_range=values)


def _onnx(spec: str, options: SegmenterOptions) -> Model:
    if find_spec("onnxruntime") is None:
        hint = "pip install 'masksmooth-filter[onnx]'"
        raise ModelError(f"onnx:PATH needs onnxruntime, which is not installed; {hint}")
    from masksmooth_filter.segment.onnx import OnnxModel

    path, values = _path_and_range("onnx", spec)
    _refuse(options, "onnx:PATH", weights="names its file itself")
    return OnnxModel(path, options=options, input_range=values)


def _torchvision(name: str, options: SegmenterOptions) -> AnyModel:
    for package in ("torch", "torchvision"):
        if find_spec(package) is None:
            hint = "pip install 'masksmooth-filter[deeplab]'"
            raise ModelError(f"{name} needs {package}, which is not installed; {hint}")
    # What costs nothing to check is checked before 160 MB are fetched.
    classes = () if options.classes is None else parse_classes(options.classes, VOC_LABELS)
    device = resolve_device(options.device)
    precision = resolve_precision(options.precision, device)
    path = find_weights(
        ARCHITECTURES[name].published,
        path=options.weights,
        offline=options.offline,
        on_progress=options.on_progress,
    )
    if options.exact:
        from masksmooth_filter.segment.exact import ExactTorchvisionModel

        return ExactTorchvisionModel(name, path, classes=classes, device=device, size=options.size)
    from masksmooth_filter.segment.torchvision_model import NetworkOptions, TorchvisionModel

    settings = NetworkOptions(classes, device, precision, options.size, options.batch, options.compiled)
    return TorchvisionModel(name, path, options=settings)


def _refuse(options: SegmenterOptions, name: str, **reasons: str) -> None:
    """Raise OptionError for an option that a network which comes as a file cannot use."""
    reasons |= {
        "batch": "runs one picture at a time",
        "precision": "has its own number format",
        "exact": "has no other way",
        "compiled": "is compiled",
    }
    for option, reason in reasons.items():
        value = getattr(options, option)
        if value not in (None, False, "auto") and (option, value) != ("batch", 1):
            hint = f"leave it out, or take --segmenter {BEST}"
            shown = option.replace("compiled", "compile")
            raise OptionError(f"--{shown} is of no use with {name}, which {reason}; {hint}")


def _refuse_litert(options: SegmenterOptions, name: str, **reasons: str) -> None:
    """Raise OptionError for an option that a LiteRT network cannot use."""
    _refuse(options, name, size="has a fixed size", **reasons)
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


def _offered(name: str, options: SegmenterOptions) -> AnyModel:
    """Make another package's segmenter."""
    others = plugins.offered(plugins.SEGMENTERS)
    if name not in others:
        raise OptionError(f"there is no segmenter {name!r}; choose from {', '.join((*BUILT_IN, *others))}")
    model: AnyModel = plugins.make(plugins.SEGMENTERS, name, options, needs=("classes", "labels", "close"))
    return model


_FILES: dict[str, Callable[[str, SegmenterOptions], Model]] = {"tflite": _tflite, "onnx": _onnx}
"""Kinds of networks that come as a file, by the word before the colon."""
