"""ONNX networks, run by ONNX Runtime: any ``onnx:PATH``."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.cuda import has_nvidia_driver
from masksmooth_filter.errors import DeviceError, ModelError, OptionError
from masksmooth_filter.frames import Mask
from masksmooth_filter.segment.scores import ScoreReader, probe_images

DEFAULT_SIZE = 512
"""Short side of the picture for a network that takes any size: what torchvision's were trained near."""

_MULTIPLE = 32
"""Networks halve the picture up to five times."""

_PROBE = 128
"""Side of what a network of any size is tried on: enough to tell a probability from a score."""

_MEAN = np.array((0.485, 0.456, 0.406), np.float32)
_STD = np.array((0.229, 0.224, 0.225), np.float32)
"""Of ImageNet's RGB values in 0..1: what PyTorch's networks are trained with."""

_THREADS = 2
"""As for TFLite networks: the encoder wants the other cores."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a network takes.

    Attributes
    ----------
    channels_first : bool
        Whether it takes ``(N, 3, h, w)``, as PyTorch does, or ``(N, h, w, 3)``.
    height, width : int, optional
        The only size it takes; None where any will do.
    """

    channels_first: bool
    height: int | None
    width: int | None

    @classmethod
    def of(cls, dimensions: list[Any], *, name: str) -> Shape:
        """Read the dimensions of a network's input; an open one has a name instead of a number."""
        sizes = [size if isinstance(size, int) else None for size in dimensions]
        if len(sizes) == 4 and sizes[0] in (1, None) and 3 in (sizes[1], sizes[3]):
            first = sizes[1] == 3
            return cls(first, *(sizes[2:] if first else sizes[1:3]))
        wanted = "(1, 3, height, width) or (1, height, width, 3)"
        raise ModelError(f"{name} takes {dimensions}; a segmenter takes one picture, {wanted}")


class OnnxModel:
    """Any ONNX segmentation network that takes one RGB picture; its first output is the map of scores.

    `masksmooth_filter.segment.scores` says what its numbers are taken for.

    Parameters
    ----------
    path : path
        The .onnx file.
    options : SegmenterOptions
        ``classes``, ``device``, and for a network that takes any size the ``size`` of the short side,
        rounded to a multiple of 32; 512 by default.
    input_range : (float, float), optional
        What black and white become. By default values are normalised by ImageNet's mean and deviation, as
        PyTorch's networks want; uint8 inputs take the bytes as they are.

    Raises
    ------
    ModelError
        If the file is missing, cannot be loaded, or does not take one picture and give one score map.
    OptionError
        If the network has no such class, or one size only and another is asked for.
    DeviceError
        If CUDA is asked for and ONNX Runtime has none.
    """

    batch = 1

    def __init__(
        self, path: str | os.PathLike[str], *, options: Any, input_range: tuple[float, float] | None = None
    ) -> None:
        self._name, self._range, self._size = os.fspath(path), input_range, options.size
        self._session: Any = _session(Path(path), device=options.device)
        put = self._session.get_inputs()
        if len(put) != 1 or put[0].type not in ("tensor(float)", "tensor(uint8)"):
            kinds = ", ".join(f"{i.name}: {i.type}" for i in put)
            raise ModelError(f"{self._name} takes {kinds}; a segmenter takes one float or uint8 picture")
        self._input, self._bytes = put[0].name, put[0].type == "tensor(uint8)"
        self._shape = Shape.of(put[0].shape, name=self._name)
        if self._size is not None and self._shape.height is not None:
            raise OptionError(f"--size is of no use with {self._name}, which has a fixed size; leave it out")
        self.reader = ScoreReader(
            self._scores(probe_images(*self.input_size(640, 360))), classes=options.classes
        )
        self.classes, self.labels = self.reader.classes, self.reader.labels

    def input_size(self, width: int, height: int) -> tuple[int, int]:
        """Return the network's own size, or the picture's with the short side as asked for."""
        scale = (self._size or DEFAULT_SIZE) / min(width, height)
        return (
            self._shape.width or _rounded(width * scale),
            self._shape.height or _rounded(height * scale),
        )

    def predict(self, images: NDArray[np.uint8]) -> Mask:
        """Segment pictures into ``(N, h, w)``, or ``(N, C, h, w)`` if classes were asked for."""
        return self.reader.confidence(self._scores(images))

    def close(self) -> None:
        """Free the session."""
        self._session = None

    def _scores(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        if self._session is None:
            raise ModelError("the segmenter is closed")
        return np.concatenate([self._run(image[np.newaxis]) for image in images])

    def _run(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        values = self._values(image)
        feed = np.ascontiguousarray(np.moveaxis(values, 3, 1) if self._shape.channels_first else values)
        out = self._session.run(None, {self._input: feed})[0]
        if out.dtype.kind != "f" or out.ndim not in (3, 4) or len(out) != 1:
            found = f"{out.dtype} of shape {out.shape}"
            raise ModelError(f"{self._name} gives {found}; a segmenter gives (1, classes, h, w) scores")
        scores: NDArray[np.float32] = out.astype(np.float32, copy=False)
        if scores.ndim == 3:
            return scores[..., np.newaxis]
        return np.moveaxis(scores, 1, 3) if self._shape.channels_first else scores

    def _values(self, image: NDArray[np.uint8]) -> NDArray[Any]:
        if self._bytes:
            return image
        unit = image.astype(np.float32) / np.float32(255)
        if self._range is None:
            return (unit - _MEAN) / _STD
        low, high = map(np.float32, self._range)
        return unit * (high - low) + low


def _rounded(length: float) -> int:
    return max(1, round(length / _MULTIPLE)) * _MULTIPLE


def _session(path: Path, *, device: str) -> Any:
    """Load a network onto a device; one that is asked for is taken or refused."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = _THREADS, 3
    if not path.is_file():
        raise ModelError(f"there is no file {path}; give onnx:PATH of a model")
    providers = _providers(device)
    try:
        session = onnxruntime.InferenceSession(path, options, providers=providers)
    except Exception as error:  # ONNX Runtime's own classes have no common public base
        raise ModelError(
            f"{path} cannot be loaded by ONNX Runtime: {' '.join(str(error).split())}"
        ) from error
    return session


def _providers(device: str) -> list[Any]:
    import onnxruntime

    there = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    if device.startswith("cuda") and not there:
        hint = "pip install onnxruntime-gpu"
        raise DeviceError(f"{device} cannot be used: this ONNX Runtime was built without CUDA; {hint}")
    if device == "auto":
        device = "cuda" if there and has_nvidia_driver() else "cpu"
    if device == "cpu":
        return ["CPUExecutionProvider"]
    if not device.startswith("cuda"):
        raise OptionError(f"there is no device {device!r}; choose auto, cpu, cuda or cuda:N")
    return [("CUDAExecutionProvider", {"device_id": int(device.partition(":")[2] or 0)})]
