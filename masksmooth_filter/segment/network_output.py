"""From a torch network's class scores to confidence, on the device the network runs on.

`masksmooth_filter.segment.margin` says why margins, and has the same arithmetic in numpy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from masksmooth_filter.segment.margin import BORDER

if TYPE_CHECKING:
    import torch


def confidence(scores: torch.Tensor, classes: tuple[int, ...], size: tuple[int, int]) -> torch.Tensor:
    """Return confidence, at least 128 exactly where the margin is at least 0.

    Margin, bilinear, sigmoid, in this order: class planes then stay inside the argmax of the scaled scores.

    Parameters
    ----------
    scores : (N, K, h, w) float32
        Class scores at the network's stride.
    classes : tuple of int
        Ids for one plane each; empty for every class but background as one plane.
    size : (int, int)
        Width and height of the planes.

    Returns
    -------
    (N, C, height, width) uint8
    """
    import torch
    from torch.nn import functional

    margin = functional.interpolate(margins(scores, classes), size=size[::-1], mode="bilinear")
    levels = (255 * torch.sigmoid(margin)).round().to(torch.uint8)
    return torch.where(margin >= 0, levels.clamp(min=BORDER), levels.clamp(max=BORDER - 1))


def margins(scores: torch.Tensor, classes: tuple[int, ...]) -> torch.Tensor:
    """Return ``(N, C, h, w)``: each class's score less its best rival's, or one plane for the foreground."""
    import torch

    if not classes:
        return scores[:, 1:].amax(dim=1, keepdim=True) - scores[:, :1]
    top, index = scores.topk(2, dim=1)
    best, second, first = top[:, 0], top[:, 1], index[:, 0]
    rivals = [torch.where(first == c, second, best) for c in classes]
    return torch.stack([scores[:, c] - rival for c, rival in zip(classes, rivals, strict=True)], dim=1)
