"""torchvision's DeepLabV3 with a ResNet-50: the 21 Pascal VOC classes, on CUDA or the CPU.

L.-C. Chen et al., "Rethinking Atrous Convolution for Semantic Image Segmentation", 2017.
"""

from __future__ import annotations

import ctypes
import re
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.errors import DeviceError, ModelError, OptionError
from masksmooth_filter.frames import Mask
from masksmooth_filter.segment.labels import VOC_LABELS
from masksmooth_filter.segment.weights import PublishedWeights, load_into, load_state

if TYPE_CHECKING:
    from pathlib import Path

    import torch

DEFAULT_SIZE = 520
"""Short side in pixels that torchvision's preset shows the network."""

# Eight pictures fill a GPU; on a CPU a batch of four gains 13 % and costs four times the memory.
_BATCH = {"cpu": 1, "cuda": 8}

# ImageNet's, which the published weights were trained with.
_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)


class DeepLabV3:
    """DeepLabV3-ResNet50 as a `Model`.

    Parameters
    ----------
    weights : Path
        A checked file; see `masksmooth_filter.segment.weights.find_weights`.
    classes : tuple of int
        Ids for one plane each; empty for every class but background as one plane.
    device : str
        ``auto`` (CUDA if there is one), ``cpu``, ``cuda`` or ``cuda:N``.
    size : int, optional
        Short side the network sees, in pixels; 520 by default.
    batch : int, optional
        Pictures at a time; 8 on CUDA and 1 on a CPU by default.

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

    def __init__(
        self,
        weights: Path,
        *,
        classes: tuple[int, ...] = (),
        device: str = "auto",
        size: int | None = None,
        batch: int | None = None,
    ) -> None:
        import torch

        self.classes = classes
        self.device = torch.device(resolve_device(device))
        self._size = size or DEFAULT_SIZE
        self.batch = batch or _BATCH[self.device.type]
        self._net: Any = _build(weights).to(self.device, memory_format=torch.channels_last)
        self._mean = torch.tensor(_MEAN, device=self.device).view(1, 3, 1, 1)
        self._std = torch.tensor(_STD, device=self.device).view(1, 3, 1, 1)

    def input_size(self, width: int, height: int) -> tuple[int, int]:
        """Return the size with the short side as asked for and the picture's shape, as torchvision does."""
        short = min(width, height)
        return self._size * width // short, self._size * height // short

    def predict(self, images: NDArray[np.uint8]) -> Mask:
        """Segment pictures into ``(N, h, w)``, or ``(N, C, h, w)`` if classes were asked for."""
        import torch
        from torch.nn import functional

        if self._net is None:
            raise ModelError("the segmenter is closed")
        with torch.inference_mode():
            margin = _margin(self._logits(images), self.classes)
            # Margin, bilinear, sigmoid, in this order: class planes then stay inside torchvision's argmax.
            size = images.shape[1:3]
            margin = functional.interpolate(margin, size=size, mode="bilinear", align_corners=False)
            planes: NDArray[np.uint8] = _confidence(margin).cpu().numpy()
        return planes if self.classes else planes[:, 0]

    def close(self) -> None:
        """Let go of the network."""
        self._net = None

    def _logits(self, images: NDArray[np.uint8]) -> torch.Tensor:
        """Return class scores at an eighth of the resolution, ``(N, 21, h/8, w/8)`` float32."""
        import torch

        x = torch.from_numpy(np.ascontiguousarray(images)).to(self.device).permute(0, 3, 1, 2)
        x = ((x / 255 - self._mean) / self._std).contiguous(memory_format=torch.channels_last)
        with self._precision():
            logits: torch.Tensor = self._net.classifier(self._net.backbone(x)["out"])
        return logits.float()

    def _precision(self) -> AbstractContextManager[Any]:
        import torch

        if self.device.type == "cpu":
            return nullcontext()
        kind = torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
        autocast: AbstractContextManager[Any] = torch.autocast("cuda", dtype=kind)
        return autocast


def published_weights() -> PublishedWeights:
    """Return where torchvision publishes this network's weights; imports torchvision."""
    from torchvision.models.segmentation import DeepLabV3_ResNet50_Weights

    entry = DeepLabV3_ResNet50_Weights.COCO_WITH_VOC_LABELS_V1
    return PublishedWeights(entry.url, float(entry.meta["_file_size"]))


def has_nvidia_driver() -> bool:
    """Tell whether there is an NVIDIA driver, without the seconds it takes to import torch."""
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


def resolve_device(name: str) -> str:
    """Turn ``auto`` into ``cuda`` or ``cpu``, and check that a CUDA device asked for is there.

    Raises
    ------
    OptionError
        If the name is none of auto, cpu, cuda, cuda:N.
    DeviceError
        If CUDA was asked for and is not there; says why.
    """
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", name):
        raise OptionError(f"there is no device {name!r}; choose auto, cpu, cuda or cuda:N")
    if name == "cpu":
        return name
    trouble = _cuda_trouble(int(name.partition(":")[2] or 0))
    if name == "auto":
        return "cpu" if trouble else "cuda"
    if trouble:
        raise DeviceError(f"{name} cannot be used: {trouble}; use --device cpu, or --segmenter selfie")
    return name


def _cuda_trouble(index: int) -> str | None:
    """Say why CUDA device ``index`` cannot be used, or None if it can."""
    if not has_nvidia_driver():
        return "no NVIDIA driver is installed (libcuda.so.1 is missing)"
    import torch

    if torch.version.cuda is None:
        return "this PyTorch was built without CUDA (install the CUDA build)"
    if not torch.cuda.is_available():
        return "there is a driver, but no CUDA device that this PyTorch can use (see nvidia-smi)"
    count = torch.cuda.device_count()
    return None if index < count else f"there are only {count} CUDA devices, counted from 0"


def _build(weights: Path) -> Any:
    import torch
    from torchvision.models.segmentation import deeplabv3_resnet50

    state = load_state(weights, classes=len(VOC_LABELS))
    # On meta, nothing is initialised to be overwritten: 0.07 s instead of 0.5 s. weights_backbone=None,
    # or torchvision would fetch ResNet-50 from the network first.
    with torch.device("meta"):
        net = deeplabv3_resnet50(
            weights=None, weights_backbone=None, num_classes=len(VOC_LABELS), aux_loss=False
        )
    load_into(net, state, path=weights)
    return net.eval().requires_grad_(False)


def _margin(logits: torch.Tensor, classes: tuple[int, ...]) -> torch.Tensor:
    """Return ``(N, C, h, w)`` margins; `masksmooth_filter.segment.margin` says what they are."""
    import torch

    if not classes:
        return logits[:, 1:].amax(dim=1, keepdim=True) - logits[:, :1]
    top, index = logits.topk(2, dim=1)
    best, second, first = top[:, 0], top[:, 1], index[:, 0]
    rivals = [torch.where(first == c, second, best) for c in classes]
    return torch.stack([logits[:, c] - rival for c, rival in zip(classes, rivals, strict=True)], dim=1)


def _confidence(margin: torch.Tensor) -> torch.Tensor:
    """Return uint8 confidence, at least 128 exactly where the margin is at least 0."""
    import torch

    levels = (255 * torch.sigmoid(margin)).round().to(torch.uint8)
    return torch.where(margin >= 0, levels.clamp(min=128), levels.clamp(max=127))
