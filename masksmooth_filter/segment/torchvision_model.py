"""torchvision's networks as segmenters: planes in, confidence out, on CUDA or the CPU by the same code."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.errors import ModelError
from masksmooth_filter.frames import Mask
from masksmooth_filter.segment.device import dtype_of, resolve_device, resolve_precision
from masksmooth_filter.segment.labels import VOC_LABELS
from masksmooth_filter.segment.network import Network, input_size
from masksmooth_filter.segment.network_input import PlaneLayout
from masksmooth_filter.segment.pictures import quarter_turns
from masksmooth_filter.segment.planes import layout_of, pack, planar
from masksmooth_filter.segment.slots import CudaSlot, HostSlot, Slot, Streams
from masksmooth_filter.segment.torchvision_nets import (
    ARCHITECTURES,
    DEFAULT_SIZE,
    build,
    fast_scores,
)

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
