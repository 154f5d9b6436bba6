"""``--exact``: torchvision's own transforms, forward pass and argmax of 21 scaled planes, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.errors import ModelError
from masksmooth_filter.frames import Mask
from masksmooth_filter.segment.device import resolve_device
from masksmooth_filter.segment.labels import VOC_LABELS
from masksmooth_filter.segment.torchvision_nets import ARCHITECTURES, DEFAULT_SIZE, build


class ExactTorchvisionModel:
    """A network of torchvision as a `Model` that does what torchvision's documentation shows.

    The reference for `TorchvisionModel`, which is 1.5 to 3 times as fast: fp32, one picture at a time, the
    whole picture as RGB through the published preset, no confidence but 0 and 255.

    Parameters
    ----------
    name : str
        One of `ARCHITECTURES`.
    weights : Path
        A checked file; see `masksmooth_filter.segment.weights.find_weights`.
    classes : tuple of int
        Ids for one plane each; empty for every class but background as one plane.
    device : str
        ``auto`` (CUDA if there is one), ``cpu``, ``cuda`` or ``cuda:N``.
    size : int, optional
        Short side the network sees, in pixels; 520 by default.

    Raises
    ------
    DeviceError
        If the device is not there.
    ModelError
        If the weights are not this network's.
    OptionError
        If there is no such kind of device.
    """

    labels = VOC_LABELS
    batch = 1

    def __init__(
        self,
        name: str,
        weights: Path,
        *,
        classes: tuple[int, ...] = (),
        device: str = "auto",
        size: int | None = None,
    ) -> None:
        from torchvision.models import get_model_weights

        self.classes = classes
        self.device = resolve_device(device)
        self._net: Any = build(ARCHITECTURES[name], weights).to(self.device)
        preset = get_model_weights(name).DEFAULT.transforms
        self._transforms = preset(resize_size=size or DEFAULT_SIZE)

    def input_size(self, width: int, height: int) -> tuple[int, int]:
        """Return the picture's own size: the preset scales it."""
        return width, height

    def predict(self, images: NDArray[np.uint8]) -> Mask:
        """Segment pictures into ``(N, h, w)``, or ``(N, C, h, w)`` if classes were asked for; 0 or 255."""
        import torch

        if self._net is None:
            raise ModelError("the segmenter is closed")
        pictures = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).to(self.device)
        with torch.inference_mode():
            labels = self._net(self._transforms(pictures))["out"].argmax(1)
        return _planes(labels.to(torch.uint8).cpu().numpy(), self.classes)

    def close(self) -> None:
        """Let go of the network."""
        self._net = None


def _planes(labels: NDArray[np.uint8], classes: tuple[int, ...]) -> Mask:
    found = np.stack([labels == c for c in classes], axis=1) if classes else labels > 0
    return np.where(found, np.uint8(255), np.uint8(0))
