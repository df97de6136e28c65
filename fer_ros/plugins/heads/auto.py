"""Teaches ``ridge``, or keeps the general model's head where cross-validation over the takes finds it no worse."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fer_ros.core.base.contracts import Head, Task, TrainedHead
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import FloatArray


@dataclass(frozen=True)
class AutoSettings:
    """What can be set."""

    keep_general: bool = setting(
        True,
        "keep the general model's other labels, and its answers to people who look like nobody that was taught",
        live=True,
    )


class AutoHead(Head):
    """A way of training: the result is run by the plugin that was chosen."""

    Settings = AutoSettings
    crosses = True
    in_pieces = True

    def __init__(self, file: Path, labels: tuple[str, ...], embedding_shape: tuple[int, ...]) -> None:
        raise ConfigError(f"{file}: 'auto' is a way of training, not a head: name the head plugin that it chose")

    def predict(self, embeddings: FloatArray) -> FloatArray:
        raise NotImplementedError

    @classmethod
    def train(cls, task: Task) -> TrainedHead:
        from fer_ros.core.training.fitting import head_choice

        return head_choice.train(task)
