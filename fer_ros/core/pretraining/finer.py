"""The finer map: a second output of an exported network, the last map of more places than the embedding.

What a head can learn of a person from few pictures is in the finer map: the embedding has forgotten it
(``docs/training.md`` has the figures). The output is added to the finished ``.tflite``: the network computes the map
anyway, so the embedding stays what it was to the last bit, and nothing is computed twice.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.core.base import registry
from fer_ros.core.base.arrays import pack
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import FloatArray, ImageArray
from fer_ros.core.bundles.bundle import FINER_FILE, Bundle
from fer_ros.core.pretraining.data import prepared

#: Faces from which the usual values of the map are measured.
FACES = 2000
#: A map of more values is left out: a head on it would take more memory than it is worth.
MOST_VALUES = 1 << 14
#: A value that hardly ever differs is divided by this share of the mean deviation, not by its own.
LEAST_SCALE = 0.05


def add(network: bytes) -> bytes:
    """The same network with the finer map as its second output; unchanged where it has none.

    :param network: a ``.tflite`` with one output.
    """
    import flatbuffers
    from tensorflow.lite.python import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(network, 0)
    graph = model.subgraphs[0]
    place = _place(graph)
    if place is None or len(graph.outputs) != 1:
        return network
    if graph.tensors[place].type != schema.TensorType.FLOAT32:
        place = _dequantized(schema, model, graph, place)
    graph.outputs = np.array([*graph.outputs, place], np.int32)
    for signature in model.signatureDefs or ():
        named = schema.TensorMapT()
        named.name, named.tensorIndex = "finer", place
        signature.outputs.append(named)
    builder = flatbuffers.Builder(len(network) + 4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def usual(network: bytes, stated: Bundle, images: ImageArray) -> bytes:
    """The file with mean and deviation of each value of the finer map over faces; empty where there is no such map.

    :param images: uint8 (n, height, width), training faces.
    """
    chosen = images[np.random.default_rng(0).permutation(len(images))[:FACES]]
    with tempfile.TemporaryDirectory(prefix="fer_finer_") as folder:
        file = Path(folder) / stated.backbone.file
        file.write_bytes(network)
        backbone = registry.load("backbones", stated.backbone.plugin)(file, stated.input, 2)
        if not backbone.finer_shape:
            return b""
        maps: list[FloatArray] = [backbone.maps(crops).finer for crops in prepared(chosen, stated.input)]
    values = np.concatenate(maps).reshape(len(chosen), -1)
    scale = values.std(axis=0)
    return pack(mean=values.mean(axis=0), scale=np.maximum(scale, LEAST_SCALE * scale.mean()))


def added(base: Bundle, images: ImageArray) -> dict[str, bytes]:
    """The files of a bundle that change when the finer map is added to its backbone.

    :param images: see :func:`usual`.
    :raises ConfigError: its network has no such map, or already gives it.
    """
    old = (base.path / base.backbone.file).read_bytes()
    new = add(old)
    if new == old:
        raise ConfigError(f"model '{base.name}': its network has no finer map to add, or gives it already")
    return {base.backbone.file: new, FINER_FILE: usual(new, base, images)}


def _place(graph: Any) -> int | None:
    """The tensor of the last map with more places than the output; None where there is none that is small enough."""
    shape = graph.tensors[graph.outputs[0]].shape
    found = None
    for operator in graph.operators:
        candidate = graph.tensors[operator.outputs[0]].shape
        if len(candidate) == 4 and candidate[1] > shape[1] and np.prod(candidate[1:]) <= MOST_VALUES:
            found = int(operator.outputs[0])
    return found


def _dequantized(schema: Any, model: Any, graph: Any, place: int) -> int:
    """A float32 copy of a tensor of integers, as the network's own outputs are made."""
    codes = [code.builtinCode for code in model.operatorCodes]
    if schema.BuiltinOperator.DEQUANTIZE not in codes:
        code = schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.DEQUANTIZE
        code.version = 2
        model.operatorCodes.append(code)
        codes.append(code.builtinCode)
    tensor = schema.TensorT()
    tensor.name, tensor.type, tensor.buffer = b"finer", schema.TensorType.FLOAT32, 0
    tensor.shape = graph.tensors[place].shape
    if graph.tensors[place].shapeSignature is not None:
        tensor.shapeSignature = graph.tensors[place].shapeSignature
    graph.tensors.append(tensor)
    operator = schema.OperatorT()
    operator.opcodeIndex = codes.index(schema.BuiltinOperator.DEQUANTIZE)
    operator.inputs = np.array([place], np.int32)
    operator.outputs = np.array([len(graph.tensors) - 1], np.int32)
    graph.operators.append(operator)
    return len(graph.tensors) - 1
