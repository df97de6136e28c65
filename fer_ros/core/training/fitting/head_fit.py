"""What the trainable heads share: features, starting points, and the fitting of their layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod

import numpy as np

from fer_ros.core.base.contracts import LabelledFaces, Task
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import FloatArray
from fer_ros.core.training.fitting.perceptron import Examples, History, Perceptron, Schedule
from fer_ros.core.training.fitting.scratch import FiledExamples

#: Bytes of features that are held in memory, where each epoch reads them in another order; more lie in a file.
HELD = 256 << 20

Layers = list[tuple[FloatArray, FloatArray]]
Features = Callable[[FloatArray], FloatArray]


def flat(embeddings: FloatArray) -> FloatArray:
    """(n, every value of the embedding)."""
    # Not -1: there may be no embedding at all.
    return np.ascontiguousarray(embeddings.reshape(len(embeddings), prod(embeddings.shape[1:])))


def pooled(embeddings: FloatArray) -> FloatArray:
    """(n, channels): the mean over the map.

    :param embeddings: (n, height, width, channels).
    """
    return np.ascontiguousarray(embeddings.mean(axis=(1, 2)))


def fit(task: Task, layers: Layers, features: Features) -> tuple[Layers, History]:
    """Train the layers on features of the task's embeddings; returns what they became, and the history.

    :param task: of a head whose settings are :class:`fer_ros.core.training.fitting.gradient_settings.GradientSettings`.
    """
    settings = task.settings
    network = Perceptron(layers)
    batch = settings.batch(len(task.training))
    schedule = Schedule(settings.epochs, settings.learning_rate, batch, settings.patience)
    history = network.fit(
        _examples(task.training, features),
        _examples(task.validation, features),
        schedule,
        task.rng,
        lambda row: task.progress(settings.epochs, row),
    )
    return network.layers, history


def refit(task: Task, layers: Layers, features: Features) -> Layers:
    """Go on with trained layers for a quarter of the epochs, none of which is left out."""
    settings = replace(task.settings, epochs=max(1, task.settings.epochs // 4), patience=0)
    return fit(replace(task, settings=settings), layers, features)[0]


def columns(task: Task) -> list[tuple[int, int]]:
    """Pairs (new label's index, general label's index) of the labels that both models have."""
    general = {label: index for index, label in enumerate(task.base.labels)}
    return [(index, general[label]) for index, label in enumerate(task.labels) if label in general]


def taken(task: Task, kernel: FloatArray, bias: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A general output layer for the new labels: the columns of labels that it knows, zeros for the others.

    :raises ConfigError: it knows none of them.
    """
    pairs = columns(task)
    if not pairs:
        raise ConfigError(
            f"model '{task.base.name}' knows none of the labels {', '.join(task.labels)}, so there is nothing to start "
            "from: leave from_general off"
        )
    new, old = (list(indices) for indices in zip(*pairs, strict=True))
    out_kernel = np.zeros((kernel.shape[0], len(task.labels)), np.float32)
    out_bias = np.zeros(len(task.labels), np.float32)
    out_kernel[:, new], out_bias[new] = kernel[:, old], bias[old]
    return out_kernel, out_bias


def cannot_start(task: Task, name: str) -> ConfigError:
    """The error of a head that cannot start from the general one."""
    return ConfigError(
        f"head '{name}' cannot start from a head '{task.base.head_plugin}', which model '{task.base.name}' has: "
        "leave from_general off, or choose another head"
    )


def _examples(part: LabelledFaces, features: Features) -> Examples:
    if part.in_memory:
        return Examples(features(part.embeddings), part.targets, part.weights)
    columns = features(np.zeros((1, *part.embeddings.shape[1:]), np.float32)).shape[1]
    found = (features(piece.embeddings) for piece in part.pieces(finer=False))
    if 4 * len(part) * columns <= HELD:
        x, at = np.empty((len(part), columns), np.float32), 0
        for some in found:
            x[at : at + len(some)] = some
            at += len(some)
        return Examples(x, part.targets, part.weights)
    return FiledExamples.written(found, columns, part.targets, part.weights)
