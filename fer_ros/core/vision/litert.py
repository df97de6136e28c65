"""Networks run by LiteRT (the interpreter once called TensorFlow Lite), without TensorFlow."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.core.base.contracts import Backbone
from fer_ros.core.base.errors import ConfigError, reason
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.base.types import FloatArray, Maps


class LiteRTBackbone(Backbone):
    """A backbone exported as ``.tflite`` with one float32 input (1, height, width, channels).

    Its first output is the embedding; a second one is the finer map.
    """

    def __init__(self, file: Path, spec: InputSpec, threads: int = 1, settings: Any = None) -> None:
        super().__init__(file, spec, threads, settings)
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise ConfigError(f"LiteRT is missing ({reason(error)}): pip install ai-edge-litert") from error
        try:
            with _without_info():
                self._interpreter = Interpreter(model_path=str(file), num_threads=threads)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError, OSError) as error:
            raise ConfigError(f"{file}: LiteRT cannot load this network: {reason(error)}") from error
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        expected = (1, spec.height, spec.width, spec.channels)
        if len(inputs) != 1 or not 1 <= len(outputs) <= 2 or tuple(inputs[0]["shape"]) != expected:
            found = [tuple(int(n) for n in i["shape"]) for i in inputs]
            raise ConfigError(f"{file}: the network takes {found}, but model.yaml says {expected}")
        if any(tensor["dtype"] != np.float32 for tensor in (*inputs, *outputs)):
            raise ConfigError(f"{file}: input and outputs of the network must be float32")
        self._input, self._outputs = inputs[0]["index"], [output["index"] for output in outputs]
        self._shapes = [tuple(int(n) for n in output["shape"][1:]) for output in outputs]

    @property
    def output_shape(self) -> tuple[int, ...]:
        return self._shapes[0]

    @property
    def finer_shape(self) -> tuple[int, ...]:
        return self._shapes[1] if len(self._shapes) > 1 else ()

    def embed(self, crops: FloatArray) -> FloatArray:
        return self._run(crops, 1)[0]

    def maps(self, crops: FloatArray) -> Maps:
        found = self._run(crops, len(self._shapes))
        return Maps(found[0], found[1] if len(found) > 1 else np.empty((len(crops), 0), np.float32))

    def _run(self, crops: FloatArray, outputs: int) -> list[FloatArray]:
        found = [np.empty((len(crops), *shape), dtype=np.float32) for shape in self._shapes[:outputs]]
        for index in range(len(crops)):
            self._interpreter.set_tensor(self._input, crops[index : index + 1])
            self._interpreter.invoke()
            for out, tensor in zip(found, self._outputs, strict=False):
                out[index] = self._interpreter.get_tensor(tensor)[0]
        return found


_chatter = threading.Lock()


@contextlib.contextmanager
def _without_info() -> Iterator[None]:
    """Keep LiteRT's own lines that begin with INFO off the terminal, where they would stand before every answer.

    It writes them from C++ to the process's standard error, and Python cannot tell it not to; all else is passed on.
    """
    with _chatter, tempfile.TemporaryFile() as kept:
        sys.stderr.flush()
        terminal = os.dup(2)
        try:
            os.dup2(kept.fileno(), 2)
            yield
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
            kept.seek(0)
            rest = b"".join(line for line in kept if not line.startswith(b"INFO: "))
            with contextlib.suppress(OSError):
                os.write(2, rest)
