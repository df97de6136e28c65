"""Average pooling over the map, then one dense layer with softmax."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
class LinearSettings(GradientSettings):
    """Takes larger and more steps than the dense head, since there is far less to fit."""

    epochs: int = setting(60, "passes over the training data", low=1, high=10_000, live=True)
    learning_rate: float = setting(1e-2, "step size of Adam", low=1e-12, high=1.0, live=True)


class LinearHead(Head):
    """File: ``kernel`` (channels, labels) and ``bias`` (labels,)."""

    Settings: ClassVar[type[Any]] = LinearSettings
    in_pieces = True

    def __init__(self, file: Path, labels: tuple[str, ...], embedding_shape: tuple[int, ...]) -> None:
        if len(embedding_shape) != 3:
            raise ConfigError(f"head 'linear' pools a map (height, width, channels), not a shape {embedding_shape}")
        self.arrays = unpack(file, {"kernel": (embedding_shape[2], len(labels)), "bias": (len(labels),)})

    def predict(self, embeddings: FloatArray) -> FloatArray:
        return softmax(embeddings.mean(axis=(1, 2)) @ self.arrays["kernel"] + self.arrays["bias"])

    @classmethod
    def train(cls, task: Task) -> TrainedHead:
        from fer_ros.core.training.fitting import head_fit
        from fer_ros.core.training.fitting.perceptron import glorot

        shape, outputs = task.training.embeddings.shape[1:], len(task.labels)
        if len(shape) != 3:
            raise ConfigError(f"head 'linear' pools a map (height, width, channels), not a shape {shape}")
        if task.settings.from_general:
            general = task.base.head
            if not isinstance(general, LinearHead):
                raise head_fit.cannot_start(task, "linear")
            start = head_fit.taken(task, general.arrays["kernel"], general.arrays["bias"])
        else:
            start = (glorot(task.rng, shape[2], outputs), np.zeros(outputs, np.float32))
        ((kernel, bias),), history = head_fit.fit(task, [start], head_fit.pooled)
        return TrainedHead(pack(kernel=kernel, bias=bias), history=history)

    @classmethod
    def refit(cls, task: Task, trained: TrainedHead) -> TrainedHead | None:
        from fer_ros.core.training.fitting import head_fit

        a = packed(trained.content)
        ((kernel, bias),) = head_fit.refit(task, [(a["kernel"], a["bias"])], head_fit.pooled)
        return replace(trained, content=pack(kernel=kernel, bias=bias))
