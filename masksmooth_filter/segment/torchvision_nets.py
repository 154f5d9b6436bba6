"""torchvision's segmentation networks: what there is, and one made ready to run fast.

L.-C. Chen et al., "Rethinking Atrous Convolution for Semantic Image Segmentation", 2017 (DeepLabV3);
A. Howard et al., "Searching for MobileNetV3", 2019 (LR-ASPP).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from masksmooth_filter.segment.labels import VOC_LABELS
from masksmooth_filter.segment.weights import PublishedWeights, load_into, load_state

if TYPE_CHECKING:
    import torch

Scores = Callable[["torch.Tensor"], "torch.Tensor"]
"""``(N, 3, H, W)`` normalised pictures to ``(N, 21, h, w)`` float32 class scores at the network's stride."""

DEFAULT_SIZE = 520
"""Short side in pixels that torchvision's preset shows its networks."""

_SERVER = "https://download.pytorch.org/models/"


@dataclass(frozen=True, slots=True)
class Architecture:
    """A network of torchvision.

    Attributes
    ----------
    name : str
        Its builder in ``torchvision.models.segmentation``.
    published : PublishedWeights
        COCO_WITH_VOC_LABELS_V1: COCO's pictures, Pascal VOC's classes. Written down here because asking
        torchvision takes the 7 seconds of importing it.
    heads : tuple of str
        The layers of its classifier that make the scores.
    low_level : bool
        Whether the classifier takes the early features too.
    """

    name: str
    published: PublishedWeights
    heads: tuple[str, ...] = ("4",)
    low_level: bool = False


ARCHITECTURES: dict[str, Architecture] = {
    architecture.name: architecture
    for architecture in (
        Architecture(
            "deeplabv3_resnet50",
            PublishedWeights(f"{_SERVER}deeplabv3_resnet50_coco-cd0a2569.pth", 160.515),
        ),
        Architecture(
            "deeplabv3_mobilenet_v3_large",
            PublishedWeights(f"{_SERVER}deeplabv3_mobilenet_v3_large-fc3c493d.pth", 42.301),
        ),
        Architecture(
            "lraspp_mobilenet_v3_large",
            PublishedWeights(f"{_SERVER}lraspp_mobilenet_v3_large-d234d4ea.pth", 12.49),
            heads=("low_classifier", "high_classifier"),
            low_level=True,
        ),
    )
}
"""By name."""


def build(architecture: Architecture, weights: Path) -> Any:
    """Return torchvision's own module with the weights of a file, in evaluation mode, on the CPU.

    Parameters
    ----------
    architecture : Architecture
    weights : Path
        A checked file; see `masksmooth_filter.segment.weights.find_weights`.

    Raises
    ------
    ModelError
        If the weights are not this network's.
    """
    import torch
    from torchvision.models import get_model

    heads = [f"classifier.{head}.weight" for head in architecture.heads]
    state = load_state(weights, classes=len(VOC_LABELS), heads=heads)
    # On meta, nothing is initialised to be overwritten: 0.07 s instead of 0.5 s. weights_backbone=None,
    # or torchvision would fetch the backbone from the network first. The auxiliary head is only trained.
    extra = {} if architecture.low_level else {"aux_loss": False}
    with torch.device("meta"):
        net = get_model(
            architecture.name, weights=None, weights_backbone=None, num_classes=len(VOC_LABELS), **extra
        )
    load_into(net, state, path=weights)
    return net.eval().requires_grad_(False)


def fast_scores(
    architecture: Architecture, net: Any, *, device: str, dtype: torch.dtype, compiled: bool = False
) -> Scores:
    """Make a network fast: batch norms folded, channels last, a short number format, scores at its stride.

    Parameters
    ----------
    architecture : Architecture
    net : torch.nn.Module
        What `build` returns; used up.
    device : str
    dtype : torch.dtype
        Of the convolutions. The last layer stays float32: rounding the scores themselves to bf16 would
        flip labels where two classes are near, and its cost does not show.
    compiled : bool
        Whether to compile it, which takes minutes at the first batch.
    """
    import torch
    from torch.fx.experimental.optimization import fuse

    backbone, classifier = (
        fuse(part, inplace=True).to(device, dtype, memory_format=torch.channels_last)
        for part in (net.backbone, net.classifier)
    )
    for name in architecture.heads:
        head = classifier.get_submodule(name).float()
        head.register_forward_pre_hook(lambda _, inputs: tuple(x.float() for x in inputs))

    def scores(pictures: torch.Tensor) -> torch.Tensor:
        features = backbone(pictures.to(dtype, memory_format=torch.channels_last))
        found: torch.Tensor = classifier(features if architecture.low_level else features["out"])
        return found

    # Longer in compiling than "default", and worth it where compiling is; CUDA graphs would hold the slots.
    return torch.compile(scores, mode="max-autotune-no-cudagraphs", dynamic=False) if compiled else scores
