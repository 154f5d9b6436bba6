"""TensorFlow Lite networks by recipe."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

H, W = 4, 5
"""Size of the pictures they take."""


def tflite(path: Path, *, weights: Sequence[Sequence[float]] | None = None, **changes: Any) -> Path:
    """Write a TFLite file: a 1x1 convolution by ``weights`` (K, 3), or without them input = output.

    ``dtype`` and ``quantization`` (scale, zero point) are those of both ends; ``shape`` the input's.
    """
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    dtype, shape = changes.get("dtype", "FLOAT32"), changes.get("shape", [1, H, W, 3])
    channels = len(weights) if weights else shape[-1]
    graph, model = schema.SubGraphT(), schema.ModelT()
    model.version, model.subgraphs, model.buffers = 3, [graph], [schema.BufferT()]
    graph.tensors = []

    def tensor(shape: list[int], kind: str, data: NDArray[Any] | None = None) -> int:
        made = schema.TensorT()
        made.shape, made.type, made.buffer, made.name = shape, getattr(schema.TensorType, kind), 0, "t"
        if "quantization" in changes and data is None:
            made.quantization = schema.QuantizationParametersT()
            made.quantization.scale = [changes["quantization"][0]]
            made.quantization.zeroPoint = [changes["quantization"][1]]
        if data is not None:
            model.buffers.append(schema.BufferT())
            model.buffers[-1].data = np.frombuffer(data.tobytes(), np.uint8)
            made.buffer = len(model.buffers) - 1
        graph.tensors.append(made)
        return len(graph.tensors) - 1

    operator, code = schema.OperatorT(), schema.OperatorCodeT()
    source, sink = tensor(shape, dtype), tensor([*shape[:-1], channels], dtype)
    if weights:
        kernel = np.asarray(weights, np.float32).reshape(channels, 1, 1, 3)
        constants = [
            tensor([channels, 1, 1, 3], "FLOAT32", kernel),
            tensor([channels], "FLOAT32", np.zeros(channels, np.float32)),
        ]
        code.builtinCode = schema.BuiltinOperator.CONV_2D
        operator.builtinOptionsType = schema.BuiltinOptions.Conv2DOptions
        operator.builtinOptions = schema.Conv2DOptionsT()
        operator.builtinOptions.strideH = operator.builtinOptions.strideW = 1
    else:
        constants = [tensor([len(shape)], "INT32", np.asarray(shape, np.int32))]
        code.builtinCode = schema.BuiltinOperator.RESHAPE
    code.deprecatedBuiltinCode = code.builtinCode
    operator.inputs, operator.outputs = [source, *constants], [sink]
    graph.inputs, graph.outputs, graph.operators, model.operatorCodes = [source], [sink], [operator], [code]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))
    return path
