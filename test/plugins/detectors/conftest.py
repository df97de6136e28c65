"""A small network of YuNet's form, in an ONNX file, for which every bright square on black is a face.

It runs in OpenCV's ``FaceDetectorYN`` like the real one, whose file is no part of the project. Its finest outputs say:
the score, root of the mean brightness of the 96×96 pixels around, less what their halves differ by, so that it is
highest in the middle; the side of the box, the square root of how many of these pixels are bright. The coarser outputs
are zero.
The format is that of https://onnx.ai/onnx/repo-docs/IR.html, with the field numbers of onnx.proto.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from pathlib import Path

import pytest

SIDE, STRIDES = 320, (8, 16, 32)
#: Side of what is averaged, pixels: more than a face has in a look from near; and what is added on each side for that.
SEEN = 96
PAD = (SEEN - STRIDES[0]) // 2
OUTPUTS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}


class Graph:
    """Nodes and constants, as the bytes of a GraphProto."""

    def __init__(self) -> None:
        self.data = b""
        self._constants = 0

    def node(self, operator: str, inputs: Sequence[str], output: str, **attributes: Sequence[int]) -> str:
        """Add a node with one output; attributes are lists of integers."""
        node = b"".join(_bytes(1, name.encode()) for name in inputs) + _bytes(2, output.encode())
        node += _bytes(3, output.encode()) + _bytes(4, operator.encode())
        for name, values in attributes.items():
            listed = b"".join(_integer(8, value) for value in values)
            node += _bytes(5, _bytes(1, name.encode()) + listed + _integer(20, 7))
        self.data += _bytes(1, node)
        return output

    def constant(self, shape: Sequence[int], values: Sequence[float]) -> str:
        """Add a constant of float32."""
        self._constants += 1
        name = f"constant_{self._constants}"
        raw = struct.pack(f"<{len(values)}f", *values)
        dims = b"".join(_integer(1, size) for size in shape)
        self.data += _bytes(5, dims + _integer(2, 1) + _bytes(8, name.encode()) + _bytes(9, raw))
        return name

    def sums(self, of: str, output: str, kernels: Sequence[Sequence[float]], stride: int, pad: int) -> str:
        """Add weighted means of squares, one output channel a kernel; what is missing at the edge counts as 0."""
        side = math.isqrt(len(kernels[0]))
        flat = [value / side**2 for kernel in kernels for value in kernel]
        weights = self.constant((len(kernels), 1, side, side), flat)
        return self.node(
            "Conv", [of, weights], output, kernel_shape=(side, side), strides=(stride, stride), pads=(pad,) * 4
        )

    def mix(self, of: str, output: str, weights: Sequence[Sequence[float]], bias: Sequence[float]) -> str:
        """Add a convolution of single pixels; ``weights``: a row for each output channel."""
        flat = [value for row in weights for value in row]
        kernel = self.constant((len(weights), len(weights[0]), 1, 1), flat)
        return self.node("Conv", [of, kernel, self.constant((len(bias),), bias)], output, kernel_shape=(1, 1))

    def value(self, field: int, name: str, shape: Sequence[int]) -> None:
        """Declare an input (field 11) or output (12) of float32."""
        dims = b"".join(_bytes(1, _integer(1, size)) for size in shape)
        self.data += _bytes(field, _bytes(1, name.encode()) + _bytes(2, _bytes(1, _integer(1, 1) + _bytes(2, dims))))


@pytest.fixture(scope="session")
def bright_squares(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of the network's file."""
    file: Path = tmp_path_factory.mktemp("yunet") / "bright_squares.onnx"
    write(file)
    return str(file)


def write(file: Path) -> None:
    """Write the network; its input is BGR, 0 to 255."""
    graph = Graph()
    graph.value(11, "input", (1, 3, SIDE, SIDE))
    grey = graph.mix("input", "grey", [[1.0 / 765.0] * 3], [0.0])
    halves = [-1.0] * (SEEN // 2) + [1.0] * (SEEN // 2)
    whole, left_right, above_below = [1.0] * SEEN**2, halves * SEEN, [sign for sign in halves for _ in range(SEEN)]
    mean = graph.sums(grey, "mean", [whole], STRIDES[0], PAD)
    differ = graph.node("Abs", [graph.sums(grey, "differ", [left_right, above_below], STRIDES[0], PAD)], "abs")
    lopsided = graph.mix(differ, "lopsided", [[1.0, 1.0]], [0.0])
    score = graph.node("Sub", [graph.node("Sqrt", [mean], "bright"), lopsided], "score")
    root = graph.node("Log", [graph.mix(mean, "positive", [[1.0]], [1e-6])], "log")
    # The centre lies in the middle of the place; of width and height the logarithm is told, in strides.
    half = math.log(SEEN / STRIDES[0])
    boxes = graph.mix(root, "boxes", [[0.0], [0.0], [0.5], [0.5]], [0.5, 0.5, half, half])
    for stride in STRIDES:
        coarse = graph.sums(grey, f"coarse_{stride}", [[1.0] * stride**2], stride, 0)
        for name, count in OUTPUTS.items():
            told = {"cls": score, "obj": score, "bbox": boxes}.get(name) if stride == STRIDES[0] else None
            source = told or graph.mix(coarse, f"zero_{name}_{stride}", [[0.0]] * count, [0.0] * count)
            graph.node("Transpose", [source], f"{name}_{stride}", perm=(0, 2, 3, 1))
            graph.value(12, f"{name}_{stride}", (1, SIDE // stride, SIDE // stride, count))
    named = graph.data + _bytes(2, b"bright squares")
    file.write_bytes(_integer(1, 7) + _bytes(7, named) + _bytes(8, _integer(2, 11)))


def _integer(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
