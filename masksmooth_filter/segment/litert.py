"""TensorFlow Lite networks, run by LiteRT: the embedded ``selfie`` and any ``tflite:PATH``."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.errors import ModelError
from masksmooth_filter.frames import Mask
from masksmooth_filter.segment.interpreter import Interpreter
from masksmooth_filter.segment.margin import probability_confidence
from masksmooth_filter.segment.scores import ScoreReader, probe_images

Range = tuple[float, float]

# One thread: a second one gains nothing on selfie (2.5 against 2.6 ms a frame, landscape; 4.5 against
# 5.1 square) and costs 1.6 times the CPU time, which decoding and encoding need.
_SELFIE_THREADS = 1
# DeepLabV3-MobileNetV2 at 257 x 257: 26 ms with one thread, 15 ms with two, on the same CPU time.
_TFLITE_THREADS = 2


class Selfie:
    """People, by MediaPipe's selfie segmentation; embedded, so that it needs no network.

    Wide pictures (3:2 and up) go to the 256 x 144 model, others to the 256 x 256 one: models/README.md
    has the measurement. Both stretch the picture to their shape, as MediaPipe's own graph does.
    """

    classes: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    batch = 1

    def __init__(self) -> None:
        self._networks: dict[str, Interpreter] = {}

    def input_size(self, width: int, height: int) -> tuple[int, int]:
        """Return 256 x 144 for a picture at least 1.5 times as wide as high, else 256 x 256."""
        return (256, 144) if 2 * width >= 3 * height else (256, 256)

    def predict(self, images: NDArray[np.uint8]) -> Mask:
        """Segment pictures of either size into ``(N, h, w)`` confidence."""
        name = "selfie_segmentation_landscape" if images.shape[1] == 144 else "selfie_segmentation"
        if name not in self._networks:
            model = files("masksmooth_filter").joinpath("models", f"{name}.tflite").read_bytes()
            self._networks[name] = Interpreter(model, name=name, threads=_SELFIE_THREADS)
        inputs = images.astype(np.float32) / np.float32(255)
        return probability_confidence(self._networks[name].run(inputs)[..., 0])

    def close(self) -> None:
        """Free the interpreters."""
        self._networks.clear()


class TfliteModel:
    """Any TensorFlow Lite segmentation network that takes one RGB picture.

    `masksmooth_filter.segment.scores` says what its numbers are taken for.

    Parameters
    ----------
    path : path
        The .tflite file.
    classes : sequence of str, optional
        Names or ids, for one plane each; None for every foreground class as one plane.
    input_range : (float, float), optional
        What black and white become. By default 0..1 for a network with one output channel and -1..1 for
        others, as the published ones want; a quantised input takes the bytes as they are.

    Raises
    ------
    ModelError
        If the file is missing, no TFLite file, or does not take one picture and give one score map.
    OptionError
        If the network has no such class.
    """

    batch = 1

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        classes: tuple[str, ...] | None = None,
        input_range: Range | None = None,
    ) -> None:
        self._network: Interpreter | None = Interpreter(
            _read(Path(path)), name=str(path), threads=_TFLITE_THREADS
        )
        _, self._height, self._width, _ = self._network.input_shape
        self.channels = self._network.channels
        if input_range is None and not self._network.quantised_input:
            input_range = (0.0, 1.0) if self.channels == 1 else (-1.0, 1.0)
        self._range = input_range
        probe = self._scores(probe_images(self._width, self._height))
        self.reader = ScoreReader(probe, classes=classes)
        self.classes, self.labels = self.reader.classes, self.reader.labels

    def input_size(self, width: int, height: int) -> tuple[int, int]:
        """Return the network's own size, whatever the picture's."""
        return self._width, self._height

    def predict(self, images: NDArray[np.uint8]) -> Mask:
        """Segment pictures into ``(N, h, w)``, or ``(N, C, h, w)`` if classes were asked for."""
        return self.reader.confidence(self._scores(images))

    def close(self) -> None:
        """Free the interpreter."""
        self._network = None

    def _scores(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        if self._network is None:
            raise ModelError("the segmenter is closed")
        if self._range is None:
            return self._network.run(images)
        low, high = self._range
        return self._network.run(images * np.float32((high - low) / 255) + np.float32(low))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}; give tflite:PATH of a model") from error
