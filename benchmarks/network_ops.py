#!/usr/bin/env python3
"""Where the time of a network goes, operator by operator, by LiteRT's own profiler.

    python benchmarks/network_ops.py --model default

The Python package has no call for the profiler, but the library in it exports its C interface (``litert/c/*.h``).
"""

from __future__ import annotations

import argparse
import ctypes as c
from pathlib import Path

import ai_edge_litert
import numpy as np

from fer_ros.core.bundles.bundle import Bundle

#: Of the C interface: what runs the network, the kind of a number, the memory that a tensor lies in.
CPU, FLOAT32, ALIGNMENT = 1, 1, 64
MAX_RANK = 8


class Layout(c.Structure):
    """Shape of a tensor: ``LiteRtLayout``."""

    _fields_ = (
        ("rank", c.c_uint, 7),
        ("has_strides", c.c_uint, 1),
        ("dimensions", c.c_int32 * MAX_RANK),
        ("strides", c.c_uint32 * MAX_RANK),
    )


class RankedTensorType(c.Structure):
    """Kind of number and shape: ``LiteRtRankedTensorType``."""

    _fields_ = (("element_type", c.c_int), ("layout", Layout))


class LiteRT:
    """The library's functions; a failure is an exception."""

    def __init__(self) -> None:
        self._library = c.CDLL(str(Path(ai_edge_litert.__file__).parent / "libLiteRt.so"))

    def call(self, name: str, *arguments: object) -> None:
        status = getattr(self._library, f"LiteRt{name}")(*arguments)
        if status:
            raise SystemExit(f"LiteRt{name} failed with status {status}: another version of ai-edge-litert?")

    def made(self, name: str, *arguments: object) -> c.c_void_p:
        """What a function gives through its last argument."""
        out = c.c_void_p()
        self.call(name, *arguments, c.byref(out))
        return out


def profile(file: Path, shapes: list[tuple[int, ...]], runs: int) -> str:
    """The profiler's table over so many runs of a network with one float32 input and output of these shapes."""
    lite = LiteRT()
    environment = lite.made("CreateEnvironment", 0, None)
    model = lite.made("CreateModelFromFile", environment, str(file).encode())
    options = lite.made("CreateOptions")
    lite.call("SetOptionsHardwareAccelerators", options, CPU)
    wanted = c.create_string_buffer(b"enable_profiling = true\n")
    keep = c.CFUNCTYPE(None, c.c_void_p)(lambda pointer: None)
    opaque = lite.made("CreateOpaqueOptions", b"runtime_options_string", wanted, keep)
    lite.call("AddOpaqueOptions", options, opaque)
    compiled = lite.made("CreateCompiledModel", environment, model, options)
    memory = [_aligned(shape) for shape in shapes]
    memory[0][:] = np.random.default_rng(0).normal(size=shapes[0])
    buffers = [(c.c_void_p * 1)(_buffer(lite, array)) for array in memory]
    arguments = (compiled, c.c_size_t(0), c.c_size_t(1), buffers[0], c.c_size_t(1), buffers[1])
    for _ in range(20):
        lite.call("RunCompiledModel", *arguments)
    profiler = lite.made("CompiledModelGetProfiler", compiled)
    lite.call("StartProfiler", profiler)
    for _ in range(runs):
        lite.call("RunCompiledModel", *arguments)
    lite.call("StopProfiler", profiler)
    summary = c.c_char_p()
    lite.call("GetProfileSummary", profiler, compiled, c.byref(summary))
    return (summary.value or b"").decode()


def _aligned(shape: tuple[int, ...]) -> np.ndarray:
    size = int(np.prod(shape)) * 4
    raw = np.zeros(size + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size].view(np.float32).reshape(shape)


def _buffer(lite: LiteRT, array: np.ndarray) -> c.c_void_p:
    kind = RankedTensorType(FLOAT32, Layout(array.ndim, 0, (c.c_int32 * MAX_RANK)(*array.shape)))
    where = c.c_void_p(array.ctypes.data)
    return lite.made("CreateTensorBufferFromHostMemory", c.byref(kind), where, c.c_size_t(array.nbytes), None)


def main() -> None:
    """Print the table of the profiler."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="default", help="name of a model (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=1000)
    given = parser.parse_args()
    bundle = Bundle.load(given.model)
    spec = bundle.input
    file = bundle.path / bundle.backbone.file
    backbone, _ = bundle.open()
    print(profile(file, [(1, spec.height, spec.width, spec.channels), (1, *backbone.output_shape)], given.runs))


if __name__ == "__main__":
    main()
