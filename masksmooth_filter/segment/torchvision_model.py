"""torchvision's networks as segmenters: planes in, confidence out, on CUDA or the CPU by the same code."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.errors import DeviceError, ModelError
from masksmooth_filter.frames import Mask
from masksmooth_filter.segment.device import dtype_of, resolve_device, resolve_precision
from masksmooth_filter.segment.labels import VOC_LABELS
from masksmooth_filter.segment.network_input import PlaneLayout, network_input
from masksmooth_filter.segment.network_output import confidence
from masksmooth_filter.segment.pictures import quarter_turns
from masksmooth_filter.segment.planes import layout_of, pack, planar
from masksmooth_filter.segment.slots import CudaSlot, HostSlot, Slot, Streams
from masksmooth_filter.segment.torchvision_nets import (
    ARCHITECTURES,
    DEFAULT_SIZE,
    Scores,
    build,
    fast_scores,
)

if TYPE_CHECKING:
    import torch

LOG = logging.getLogger("masksmooth_filter")

# Eight pictures fill a GPU; on a CPU a batch of four gains 13 % and costs four times the memory.
_BATCH = {"cpu": 1, "cuda": 8}

# Two on CUDA: one in the network, one on its way up or down. On a CPU there is nothing to overlap with.
_SLOTS = {"cpu": 1, "cuda": 2}


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """How a network of torchvision shall run.

    Attributes
    ----------
    classes : tuple of int
        Ids for one plane each; empty for every class but background as one plane.
    device : str
        ``auto`` (CUDA if there is one), ``cpu``, ``cuda`` or ``cuda:N``.
    precision : {'auto', 'fp32', 'bf16', 'fp16'}
        Number format of the convolutions.
    size : int, optional
        Short side the network sees, in pixels; 520 by default.
    batch : int, optional
        Pictures at a time; 8 on CUDA and 1 on a CPU by default.
    compiled : bool
        Whether to compile the network.
    """

    classes: tuple[int, ...] = ()
    device: str = "auto"
    precision: str = "auto"
    size: int | None = None
    batch: int | None = None
    compiled: bool = False


class TorchvisionModel:
    """A network of torchvision as a `FrameModel`.

    Parameters
    ----------
    name : str
        One of `ARCHITECTURES`.
    weights : Path
        A checked file; see `masksmooth_filter.segment.weights.find_weights`.
    options : NetworkOptions, optional

    Raises
    ------
    DeviceError
        If the device is not there.
    ModelError
        If the weights are not this network's.
    OptionError
        If there is no such kind of device, or it cannot compute in that precision.
    """

    labels = VOC_LABELS

    def __init__(self, name: str, weights: Path, *, options: NetworkOptions | None = None) -> None:
        import torch

        options = options or NetworkOptions()
        self.device = resolve_device(options.device)
        self.precision = resolve_precision(options.precision, self.device)
        if self.device != "cpu":
            torch.backends.cudnn.benchmark = True  # every batch has one shape: tuning pays
        architecture = ARCHITECTURES[name]
        scores = fast_scores(
            architecture,
            build(architecture, weights),
            device=self.device,
            dtype=dtype_of(self.precision),
            compiled=options.compiled,
        )
        kind = self.device.partition(":")[0]
        self.classes = options.classes
        self.batch, self.in_flight = options.batch or _BATCH[kind], _SLOTS[kind]
        self._size = options.size or DEFAULT_SIZE
        self._network: Network | None = Network(scores, classes=self.classes, batch=self.batch)
        self._streams = None if kind == "cpu" else Streams(self.device)
        self._layout: PlaneLayout | None = None
        self._slots: deque[Slot] = deque()

    def key(self, frame: av.VideoFrame) -> tuple[object, ...]:
        """Return what decides the layout of the frame's planes."""
        colours = frame.format.name, frame.colorspace, frame.color_range
        return frame.width, frame.height, frame.rotation, *colours

    def start(self, frames: Sequence[av.VideoFrame]) -> Callable[[], Mask]:
        """Copy the frames' planes and begin to segment them; see `FrameModel`."""
        if self._network is None:
            raise ModelError("the segmenter is closed")
        pictures = [planar(frame) for frame in frames]
        layout, network = layout_of(pictures[0], quarter_turns(frames[0])), self._network
        slot = self._slot(layout)
        for picture, row in zip(pictures, slot.rows, strict=False):
            pack(picture, layout, row)
        size = input_size(*layout.upright, short=self._size)
        slot.launch(lambda raw: network(raw, layout, size), len(frames))
        return lambda: self._planes(slot.masks())

    def close(self) -> None:
        """Let go of the network and the slots."""
        self._network, self._layout = None, None
        self._slots.clear()

    def _planes(self, masks: NDArray[np.uint8]) -> Mask:
        return masks if self.classes else masks[:, 0]

    def _slot(self, layout: PlaneLayout) -> Slot:
        """Return the slot whose turn it is; new ones if pictures are of another kind than before."""
        if layout != self._layout:
            self._layout = layout
            self._slots = deque(self._new_slot(layout.nbytes) for _ in range(self.in_flight))
        self._slots.rotate(-1)
        return self._slots[-1]

    def _new_slot(self, nbytes: int) -> Slot:
        if self._streams is None:
            return HostSlot(self.batch, nbytes)
        return CudaSlot(self.batch, nbytes, self._streams)


class Network:
    """Bytes in, confidence out, in parts that the device's memory can take.

    Parameters
    ----------
    scores : callable
        The network proper.
    classes : tuple of int
        Ids for one plane each; empty for every class but background as one plane.
    batch : int
        Pictures at a time, until memory runs out.
    """

    def __init__(self, scores: Scores, *, classes: tuple[int, ...], batch: int) -> None:
        self._scores, self._classes = scores, classes
        self.batch = batch

    def __call__(self, raw: torch.Tensor, layout: PlaneLayout, size: tuple[int, int]) -> torch.Tensor:
        """Segment ``(N, nbytes)`` pictures into ``(N, C, h, w)`` uint8.

        Where memory runs out the batch becomes the largest part of itself that divides it, for good: every
        batch then still has the same shape.

        Raises
        ------
        DeviceError
            If it does not even suffice for one picture.
        """
        import torch

        while True:
            try:
                parts = [self._segment(part, layout, size) for part in raw.split(self.batch)]
                return torch.cat(parts)
            except torch.OutOfMemoryError as error:
                if self.batch == 1:
                    hint = "use a smaller --size, or --device cpu"
                    raise DeviceError(
                        f"the device's memory does not suffice for one picture; {hint}"
                    ) from error
            # Outside the handler, whose traceback would keep the tensors alive.
            self.batch = next(n for n in range(self.batch // 2, 0, -1) if self.batch % n == 0)
            LOG.warning(
                "the device's memory is full: the network takes %d pictures at a time now", self.batch
            )
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def _segment(self, raw: torch.Tensor, layout: PlaneLayout, size: tuple[int, int]) -> torch.Tensor:
        import torch

        with torch.inference_mode():
            scores = self._scores(network_input(raw, layout, size))
            return confidence(scores, self._classes, size)


def input_size(width: int, height: int, *, short: int) -> tuple[int, int]:
    """Return the size with the short side as asked for, in the picture's shape; torchvision rounds so."""
    shorter = min(width, height)
    return short * width // shorter, short * height // shorter
