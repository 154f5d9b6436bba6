"""One TensorFlow Lite interpreter: pictures in, real scores out; quantisation ends here."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.errors import ModelError

_CHATTER = b"Created TensorFlow Lite XNNPACK delegate"
_stderr_lock = threading.Lock()


class Interpreter:
    """A network that takes one RGB picture and gives one map of scores.

    Parameters
    ----------
    model : bytes
        The .tflite file.
    name : str
        What to call it in messages.
    threads : int
        Threads a picture.

    Attributes
    ----------
    input_shape : (1, h, w, 3)
    channels : int
        How many scores a pixel gets.

    Raises
    ------
    ModelError
        If it is no TFLite file, cannot be loaded, or is no such network.
    """

    def __init__(self, model: bytes, *, name: str, threads: int) -> None:
        from ai_edge_litert import interpreter  # imported here: 0.2 s

        if model[4:8] != b"TFL3":
            raise ModelError(f"{name} is not a TensorFlow Lite file")
        try:
            self._interpreter: Any = interpreter.Interpreter(model_content=model, num_threads=threads)
            with _without_chatter():
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{name} cannot be loaded by LiteRT: {error}") from error
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        self._input, self._output = _checked(inputs, outputs, name=name)
        self.input_shape: tuple[int, ...] = tuple(map(int, self._input["shape"]))
        shape = self._output["shape"]
        self.channels = int(shape[3]) if len(shape) == 4 else 1

    @property
    def quantised_input(self) -> bool:
        """Whether the network takes bytes."""
        return bool(self._input["dtype"] in (np.uint8, np.int8))

    def run(self, images: NDArray[Any]) -> NDArray[np.float32]:
        """Run pictures one after another; a batch gains nothing on a CPU.

        Parameters
        ----------
        images : (N, h, w, 3) uint8 or float32
            Bytes for a quantised input, else numbers in the range the network was trained with.

        Returns
        -------
        (N, h', w', K) float32
            Scores, dequantised.
        """
        return np.stack([self._run(image) for image in images])

    def _run(self, image: NDArray[Any]) -> NDArray[np.float32]:
        self._interpreter.set_tensor(self._input["index"], _quantise(image, self._input)[np.newaxis])
        self._interpreter.invoke()
        raw = self._interpreter.get_tensor(self._output["index"])[0]
        scores = _dequantise(raw, self._output)
        return scores if scores.ndim == 3 else scores[..., np.newaxis]


def _checked(inputs: list[Any], outputs: list[Any], *, name: str) -> tuple[Any, Any]:
    """Return the one input and the one output, or raise ModelError if they are not a segmenter's."""
    shapes = [tuple(map(int, tensor["shape_signature"])) for tensor in (*inputs, *outputs)]
    found = f"{name} takes {shapes[: len(inputs)]} and gives {shapes[len(inputs) :]}"
    wanted = "a segmenter takes one (1, height, width, 3) picture and gives one (1, h, w, channels) map"
    if len(inputs) != 1 or len(outputs) != 1 or len(shapes[0]) != 4 or shapes[0][3] != 3:
        raise ModelError(f"{found}; {wanted}")
    if len(shapes[1]) not in (3, 4) or -1 in shapes[0][1:] or shapes[1][0] not in (1, -1):
        raise ModelError(f"{found}; {wanted}, of fixed sizes")
    for tensor in (*inputs, *outputs):
        if tensor["dtype"] not in (np.float32, np.uint8, np.int8):
            kind = np.dtype(tensor["dtype"]).name
            raise ModelError(f"{name} uses {kind} numbers (labels?); float32, uint8 and int8 scores are read")
    return inputs[0], outputs[0]


def _quantise(image: NDArray[Any], tensor: Any) -> NDArray[Any]:
    """Bring a picture to the input's type: bytes stay bytes, real numbers go by scale and zero point."""
    kind = np.dtype(tensor["dtype"])
    if kind == np.float32:
        return image.astype(np.float32, copy=False)
    if image.dtype == np.uint8:
        return image if kind == np.uint8 else (image.astype(np.int16) - 128).astype(np.int8)
    scale, zero = tensor["quantization"]
    limits = np.iinfo(kind)
    levels = np.clip(np.rint(image / (scale or 1.0)) + zero, limits.min, limits.max)
    return np.asarray(levels, kind)


def _dequantise(raw: NDArray[Any], tensor: Any) -> NDArray[np.float32]:
    scale, zero = tensor["quantization"]
    if raw.dtype == np.float32 or not scale:
        return raw.astype(np.float32)
    return (raw.astype(np.float32) - np.float32(zero)) * np.float32(scale)


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Keep LiteRT's one line about its delegate off the user's stderr; pass on whatever else comes.

    The C++ logger writes straight to descriptor 2 and offers no switch: it knows no environment
    variable, the Python package exports no severity setter, and the newer CompiledModel prints 25
    lines where this prints one. So the descriptor itself leads to a temporary file meanwhile.
    """
    with _stderr_lock, tempfile.TemporaryFile() as log:
        sys.stderr.flush()
        try:
            saved = os.dup(2)
        except OSError:  # no stderr at all: nothing to keep clean
            yield
            return
        try:
            os.dup2(log.fileno(), 2)
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            log.seek(0)
            kept = [line for line in log if _CHATTER not in line]
            os.write(2, b"".join(kept))
