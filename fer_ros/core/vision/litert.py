"""Networks run by LiteRT (the interpreter once called TensorFlow Lite), without TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.core.base.contracts import Backbone
from fer_ros.core.base.errors import ConfigError, reason
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.base.types import FloatArray


class LiteRTBackbone(Backbone):
    """A backbone exported as ``.tflite`` with one float32 input (1, height, width, channels) and one output."""

    def __init__(self, file: Path, spec: InputSpec, threads: int = 1, settings: Any = None) -> None:
        super().__init__(file, spec, threads, settings)
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise ConfigError(f"LiteRT is missing ({reason(error)}): pip install ai-edge-litert") from error
        try:
            self._interpreter = Interpreter(model_path=str(file), num_threads=threads)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError, OSError) as error:
            raise ConfigError(f"{file}: LiteRT cannot load this network: {reason(error)}") from error
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        expected = (1, spec.height, spec.width, spec.channels)
        if len(inputs) != 1 or len(outputs) != 1 or tuple(inputs[0]["shape"]) != expected:
            found = [tuple(int(n) for n in i["shape"]) for i in inputs]
            raise ConfigError(f"{file}: the network takes {found}, but model.yaml says {expected}")
        if inputs[0]["dtype"] != np.float32 or outputs[0]["dtype"] != np.float32:
            raise ConfigError(f"{file}: input and output of the network must be float32")
        self._input, self._output = inputs[0]["index"], outputs[0]["index"]
        self._shape = tuple(int(n) for n in outputs[0]["shape"][1:])

    @property
    def output_shape(self) -> tuple[int, ...]:
        return self._shape

    def embed(self, crops: FloatArray) -> FloatArray:
        out = np.empty((len(crops), *self._shape), dtype=np.float32)
        for index in range(len(crops)):
            self._interpreter.set_tensor(self._input, crops[index : index + 1])
            self._interpreter.invoke()
            out[index] = self._interpreter.get_tensor(self._output)[0]
        return out
