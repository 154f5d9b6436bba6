"""torchvision networks with random weights under which many classes win somewhere, and files of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from masksmooth_filter.segment.torchvision_nets import ARCHITECTURES

NAMES = tuple(ARCHITECTURES)


def random_net(name: str, *, aux: bool = False) -> Any:
    """torchvision's own network, its scores spread so that no class wins everywhere."""
    import torch
    from torchvision.models import get_model

    torch.manual_seed(0)
    extra = {"aux_loss": True} if aux else {}
    net = get_model(name, weights=None, weights_backbone=None, num_classes=21, **extra).eval()
    low = ARCHITECTURES[name].low_level
    pictures = torch.from_numpy(blocks(4, 136, 104, seed=1)).permute(0, 3, 1, 2) / 64 - 2
    heads = [net.classifier.get_submodule(head) for head in ARCHITECTURES[name].heads]
    with torch.no_grad():
        for training in (True, False):  # first the batch norms learn what flows, or it runs dry
            net.train(training)
            features = net.backbone(pictures)
            scores = net.classifier(features if low else features["out"])
        mean, spread = scores.mean(dim=(0, 2, 3)), scores.std(dim=(0, 2, 3)) / 4
        for head in heads:
            head.weight.div_(spread.view(-1, 1, 1, 1))
            head.bias.div_(spread)
        heads[-1].bias.sub_(mean / spread)
    return net


def save(net: Any, path: Path) -> Path:
    """Write a file of weights as torchvision publishes them."""
    import torch

    torch.save(net.state_dict(), path)
    return path


def blocks(count: int, width: int, height: int, *, seed: int = 7) -> NDArray[np.uint8]:
    """(N, height, width, 3) pictures of random blocks of 8 by 8."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (count, -(-height // 8), -(-width // 8), 3), np.uint8)
    return small.repeat(8, axis=1).repeat(8, axis=2)[:, :height, :width]


def reference_scores(net: Any, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """torchvision's full forward pass on pictures of the network's size: (N, 21, height, width)."""
    import torch
    from torchvision.transforms.functional import normalize

    x = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        out = net(normalize(x, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))["out"]
    return np.asarray(out.numpy())
