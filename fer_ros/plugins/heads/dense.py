"""The head of the webcam paper of 2023: flatten, dense with ReLU, dense with softmax."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from fer_ros.core.base.arrays import pack, packed, unpack
from fer_ros.core.base.contracts import Head, Task, TrainedHead
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import FloatArray
from fer_ros.core.training.fitting.gradient_settings import GradientSettings
from fer_ros.core.vision.softmax import softmax


@dataclass(frozen=True)
class DenseSettings(GradientSettings):
    """The paper's, but for what it does not have: early stopping, and a start from the general head."""

    hidden_units: int = setting(200, "units of the hidden layer", low=1, high=4096, live=True)


class DenseHead(Head):
    """Flatten, dense, ReLU, dense, softmax.

    File: ``kernel1`` (values of the embedding, hidden), ``bias1`` (hidden,), ``kernel2`` (hidden, labels), ``bias2``
    (labels,).
    """

    Settings: ClassVar[type[Any]] = DenseSettings
    in_pieces = True

    def __init__(self, file: Path, labels: tuple[str, ...], embedding_shape: tuple[int, ...]) -> None:
        inputs, outputs = prod(embedding_shape), len(labels)
        shapes = {"kernel1": (inputs, None), "bias1": (None,), "kernel2": (None, outputs), "bias2": (outputs,)}
        arrays = unpack(file, shapes)
        hidden = arrays["bias1"].shape[0]
        for name, found in (("kernel1", arrays["kernel1"].shape[1]), ("kernel2", arrays["kernel2"].shape[0])):
            if found != hidden:
                raise ConfigError(f"{file}: array '{name}' is for {found} hidden units, 'bias1' for {hidden}")
        self.arrays = arrays

    def predict(self, embeddings: FloatArray) -> FloatArray:
        a = self.arrays
        hidden = np.maximum(embeddings.reshape(len(embeddings), -1) @ a["kernel1"] + a["bias1"], 0.0)
        return softmax(hidden @ a["kernel2"] + a["bias2"])

    @classmethod
    def train(cls, task: Task) -> TrainedHead:
        from fer_ros.core.training.fitting import head_fit

        start = _from_general(task) if task.settings.from_general else _fresh(task)
        layers, history = head_fit.fit(task, start, head_fit.flat)
        return TrainedHead(_file(layers), history=history)

    @classmethod
    def refit(cls, task: Task, trained: TrainedHead) -> TrainedHead:
        from fer_ros.core.training.fitting import head_fit

        a = packed(trained.content)
        start = [(a["kernel1"], a["bias1"]), (a["kernel2"], a["bias2"])]
        return replace(trained, content=_file(head_fit.refit(task, start, head_fit.flat)))


def _file(layers: list[tuple[FloatArray, FloatArray]]) -> bytes:
    (kernel1, bias1), (kernel2, bias2) = layers
    return pack(kernel1=kernel1, bias1=bias1, kernel2=kernel2, bias2=bias2)


def _fresh(task: Task) -> list[tuple[FloatArray, FloatArray]]:
    from fer_ros.core.training.fitting.perceptron import glorot

    inputs, hidden, outputs = _sizes(task)
    rng = task.rng
    return [
        (glorot(rng, inputs, hidden), np.zeros(hidden, np.float32)),
        (glorot(rng, hidden, outputs), np.zeros(outputs, np.float32)),
    ]


def _from_general(task: Task) -> list[tuple[FloatArray, FloatArray]]:
    """Layers that answer exactly as the general head does, for the labels that it knows."""
    from fer_ros.core.training.fitting import head_fit
    from fer_ros.plugins.heads.linear import LinearHead

    general = task.base.head
    if isinstance(general, DenseHead):
        a = general.arrays
        return [(a["kernel1"], a["bias1"]), head_fit.taken(task, a["kernel2"], a["bias2"])]
    if not isinstance(general, LinearHead):
        raise head_fit.cannot_start(task, "dense")
    first, second = _fresh(task)
    hidden, outputs = second[0].shape
    if hidden < 2 * outputs:
        raise ConfigError(
            f"to start from the general head at least {2 * outputs} hidden units are needed, not {hidden}"
        )
    kernel, bias = head_fit.taken(task, general.arrays["kernel"], general.arrays["bias"])
    positions = task.training.embeddings.shape[1] * task.training.embeddings.shape[2]
    spread = np.tile(kernel / positions, (positions, 1))
    # x = relu(x) - relu(-x): two hidden units carry one logit through the ReLU; the other units begin without a say.
    first[0][:, : 2 * outputs] = np.concatenate([spread, -spread], axis=1)
    first[1][: 2 * outputs] = np.concatenate([bias, -bias])
    second[0][:] = 0.0
    second[0][:outputs] = np.eye(outputs)
    second[0][outputs : 2 * outputs] = -np.eye(outputs)
    return [first, second]


def _sizes(task: Task) -> tuple[int, int, int]:
    return prod(task.training.embeddings.shape[1:]), int(task.settings.hidden_units), len(task.labels)
