"""The nearest mean: about the shortest head that learns."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from fer_ros import Head, Task, TrainedHead, pack, setting, unpack


@dataclass(frozen=True)
class ExampleSettings:
    """Settings of the training; each field becomes a parameter of the trainer."""

    sharpness: float = setting(5.0, "how sure the head is of the nearest label", low=0.01, high=1000.0, live=True)


class ExampleHead(Head):
    """Probabilities by the distance to the mean embedding of each label."""

    contract = 1
    Settings: ClassVar[type[Any]] = ExampleSettings

    def __init__(self, file: Path, labels: tuple[str, ...], embedding_shape: tuple[int, ...]) -> None:
        # The shapes are checked: a file of another model is refused in one line.
        values = int(np.prod(embedding_shape))
        arrays = unpack(file, {"means": (len(labels), values), "sharpness": (1,)})
        self._means, self._sharpness = arrays["means"], arrays["sharpness"]

    def predict(self, embeddings: np.ndarray[Any, np.dtype[np.float32]]) -> np.ndarray[Any, np.dtype[np.float32]]:
        x = embeddings.reshape(len(embeddings), 1, -1)
        logits = -self._sharpness * np.square(x - self._means).mean(axis=2)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)

    @classmethod
    def train(cls, task: Task) -> TrainedHead:
        faces = task.training
        x = faces.embeddings.reshape(len(faces), -1)
        means = [x[faces.targets == label].mean(axis=0) for label in range(len(task.labels))]
        # A head with epochs calls task.progress after each, and keeps the rows in `history`.
        return TrainedHead(pack(means=means, sharpness=[task.settings.sharpness]))

    @classmethod
    def refit(cls, task: Task, trained: TrainedHead) -> TrainedHead:
        return cls.train(task)
