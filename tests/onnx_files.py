"""ONNX networks for tests, written by torch in a process of its own: ``python -m tests.onnx_files FOLDER``.

Torch's tracer aborts in a process where GStreamer has run before it.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import torch
from torchvision.models.segmentation import lraspp_mobilenet_v3_large

SIZE = (128, 96)
RED_SIZE = (16, 8)


def lraspp() -> Any:
    """Torchvision's LRASPP with random weights, its last layers scaled so that classes differ."""
    torch.manual_seed(0)
    network = lraspp_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=21).eval()
    with torch.no_grad():
        network.classifier.high_classifier.weight *= 40
        network.classifier.low_classifier.weight *= 40
    return network


class Red(torch.nn.Module):
    """The red channel times a scale plus an offset."""

    def __init__(self, scale: float = 1, offset: float = 0, *, last: bool = False) -> None:
        super().__init__()
        self.scale, self.offset, self.last = scale, offset, last

    def forward(self, x: Any) -> Any:
        red = x[..., :1] if self.last else x[:, :1]
        return red * self.scale + self.offset


def export(network: Any, path: Path, shape: tuple[int, ...], *, free: bool = False) -> None:
    axes = {2: "height", 3: "width"}
    dynamic = {"dynamic_axes": {"x": axes, "out": axes}} if free else {}
    names: dict[str, Any] = {"input_names": ["x"], "output_names": ["out"]}
    torch.onnx.export(network, (torch.zeros(shape),), str(path), dynamo=False, **names, **dynamic)


def main(folder: Path) -> None:
    warnings.simplefilter("ignore")
    width, height = RED_SIZE
    export(lraspp(), folder / "lraspp.onnx", (1, 3, SIZE[1], SIZE[0]), free=True)
    export(Red(), folder / "red.onnx", (1, 3, height, width))
    export(Red(last=True), folder / "red_last.onnx", (1, height, width, 3))
    export(Red(8, -4), folder / "score.onnx", (1, 3, height, width))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
