"""A real, trained DeepLabV3 in PyTorch: the TensorFlow Lite sample model, operator by operator.

torchvision's weights are not at hand everywhere, and random weights say nothing about what rounding does
to labels. So the trained network that is at hand (DeepLabV3, MobileNetV2 at half width, 257 x 257) is run
in PyTorch in each number format, and its labels are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Tensor = Any
RELU, RELU6 = 1, 3
"""ActivationFunctionType of TensorFlow Lite's schema."""

SAME = 0
"""Padding of TensorFlow Lite's schema."""


class TrainedNetwork:
    """A float TFLite segmentation network as PyTorch operations.

    Parameters
    ----------
    path : Path
        The .tflite file.
    dtype : torch.dtype
        Number format of the convolutions; what makes the scores stays float32, as in the filter.
    """

    def __init__(self, path: Path, dtype: Any) -> None:
        from ai_edge_litert import schema_py_generated as schema

        self._schema, self._dtype = schema, dtype
        model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
        graph = model.subgraphs[0]
        self._graph, self._constants = graph, _constants(model, graph)
        self._codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
        names = {value: name for name, value in vars(schema.BuiltinOperator).items() if name.isupper()}
        self._names = [names[self._codes[operator.opcodeIndex]] for operator in graph.operators]
        self._head = max(i for i, name in enumerate(self._names) if name == "CONV_2D")

    def __call__(self, pictures: Tensor) -> Tensor:
        """Return class scores at the network's size for ``(N, 3, 257, 257)`` float32 in -1..1."""
        values = {self._graph.inputs[0]: pictures.to(self._dtype)}
        for index, (operator, name) in enumerate(zip(self._graph.operators, self._names, strict=True)):
            if index == self._head:  # from here on the scores are made
                values = {key: value.float() for key, value in values.items()}
            run: Callable[[Any, dict[int, Tensor]], Tensor] = getattr(self, f"_{name.lower()}")
            values[operator.outputs[0]] = run(operator, values)
        return values[self._graph.outputs[0]]

    def _convolve(self, operator: Any, values: dict[int, Tensor], kernel: Tensor, groups: int) -> Tensor:
        from torch.nn import functional

        x, options = values[operator.inputs[0]], operator.builtinOptions
        stride = options.strideH, options.strideW
        dilation = options.dilationHFactor, options.dilationWFactor
        if options.padding == SAME:
            x = functional.pad(x, _same(x.shape[2:], kernel.shape[2:], stride, dilation))
        bias = self._constants[operator.inputs[2]].to(x.dtype)
        x = functional.conv2d(x, kernel.to(x.dtype), bias, stride, 0, dilation, groups)
        return _activated(x, options.fusedActivationFunction)

    def _conv_2d(self, operator: Any, values: dict[int, Tensor]) -> Tensor:
        kernel = self._constants[operator.inputs[1]].permute(0, 3, 1, 2)
        return self._convolve(operator, values, kernel, 1)

    def _depthwise_conv_2d(self, operator: Any, values: dict[int, Tensor]) -> Tensor:
        kernel = self._constants[operator.inputs[1]].permute(3, 0, 1, 2)
        return self._convolve(operator, values, kernel, kernel.shape[0])

    def _add(self, operator: Any, values: dict[int, Tensor]) -> Tensor:
        a, b = (values[i] for i in operator.inputs)
        return _activated(a + b, operator.builtinOptions.fusedActivationFunction)

    def _average_pool_2d(self, operator: Any, values: dict[int, Tensor]) -> Tensor:
        from torch.nn import functional

        options = operator.builtinOptions
        size, stride = (options.filterHeight, options.filterWidth), (options.strideH, options.strideW)
        return functional.avg_pool2d(values[operator.inputs[0]], size, stride)

    def _concatenation(self, operator: Any, values: dict[int, Tensor]) -> Tensor:
        import torch

        return torch.cat([values[i] for i in operator.inputs], dim=1)

    def _resize_bilinear(self, operator: Any, values: dict[int, Tensor]) -> Tensor:
        from torch.nn import functional

        size = [int(n) for n in self._constants[operator.inputs[1]]]
        corners = bool(operator.builtinOptions.alignCorners)
        x = values[operator.inputs[0]]
        return functional.interpolate(x, size=size, mode="bilinear", align_corners=corners)


def _constants(model: Any, graph: Any) -> dict[int, Tensor]:
    import torch

    kinds = {0: np.float32, 2: np.int32}
    found = {}
    for index, tensor in enumerate(graph.tensors):
        data = model.buffers[tensor.buffer].data
        if data is not None and len(data):
            array = np.frombuffer(np.asarray(data, np.uint8).tobytes(), kinds[tensor.type])
            found[index] = torch.from_numpy(array.reshape(tensor.shape).copy())
    return found


def _same(size: Any, kernel: Any, stride: Any, dilation: Any) -> list[int]:
    """Return TensorFlow's padding "same", as torch's pad wants it: left, right, top, bottom."""
    pads: list[int] = []
    for length, taps, step, spread in zip(size, kernel, stride, dilation, strict=True):
        total = max((-(-length // step) - 1) * step + (taps - 1) * spread + 1 - length, 0)
        pads = [total // 2, total - total // 2, *pads]
    return pads


def _activated(x: Tensor, kind: int) -> Tensor:
    return x.clamp(0, 6) if kind == RELU6 else x.clamp(min=0) if kind == RELU else x
