"""The nearest class mean, with a temperature: useful from five faces a label."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_ros.core.base.arrays import pack, unpack
from fer_ros.core.base.contracts import Head, Task, TrainedHead
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import FloatArray
from fer_ros.core.vision.softmax import softmax

#: How many faces the assumption that all features vary alike is worth against the variance that was measured.
PRIOR_FACES = 10.0
#: Temperatures tried. The lowest keeps a separation by one deviation in every feature at odds of e^32 at most.
TEMPERATURES = np.geomspace(1 / 64, 4.0, 49)


class PrototypeHead(Head):
    """Measures distances to the mean of each label, in units of the deviation within the labels.

    File: ``means`` (labels, channels), ``scale`` (channels,), ``temperature`` (1,) and ``bias`` (labels,). The logits
    are bias − |(x − mean) / scale|² / (2 · channels · temperature).
    """

    def __init__(self, file: Path, labels: tuple[str, ...], embedding_shape: tuple[int, ...]) -> None:
        channels = embedding_shape[-1]
        self.arrays = unpack(
            file, {"means": (len(labels), channels), "scale": (channels,), "temperature": (1,), "bias": (len(labels),)}
        )
        if (self.arrays["scale"] <= 0).any() or self.arrays["temperature"][0] <= 0:
            raise ConfigError(f"{file}: scale and temperature of prototypes must be above 0")

    def predict(self, embeddings: FloatArray) -> FloatArray:
        a = self.arrays
        distances = _distances(_pooled(embeddings) / a["scale"], a["means"] / a["scale"])
        return softmax(a["bias"] - distances / a["temperature"])

    @classmethod
    def train(cls, task: Task) -> TrainedHead:
        x, targets, weights = _pooled(task.training.embeddings), task.training.targets, task.training.weights
        classes = len(task.labels)
        means = np.stack([x[targets == c].mean(axis=0) for c in range(classes)])
        scale = _scale(x - means[targets])
        scores = [_loss(_left_out(x / scale, targets, classes), targets, weights, t) for t in TEMPERATURES]
        temperature = float(TEMPERATURES[int(np.argmin(scores))])
        content = pack(means=means, scale=scale, temperature=[temperature], bias=np.zeros(classes))
        return TrainedHead(content, facts={"temperature": temperature})

    @classmethod
    def refit(cls, task: Task, trained: TrainedHead) -> TrainedHead:
        return cls.train(task)


def _pooled(embeddings: FloatArray) -> FloatArray:
    return embeddings.reshape(len(embeddings), -1, embeddings.shape[-1]).mean(axis=1)


def _distances(x: FloatArray, means: FloatArray) -> FloatArray:
    """Half the mean squared difference, (n, classes)."""
    difference = x[:, np.newaxis] - means[np.newaxis]
    return np.square(difference).mean(axis=2) / np.float32(2.0)


def _scale(residuals: FloatArray) -> FloatArray:
    """The deviation within the labels, drawn towards its mean over the features where the faces are few."""
    faces = len(residuals)
    variance = np.square(residuals).mean(axis=0)
    variance = (faces * variance + PRIOR_FACES * variance.mean()) / (faces + PRIOR_FACES)
    return np.sqrt(np.maximum(variance, 1e-8)).astype(np.float32)


def _left_out(x: FloatArray, targets: npt.NDArray[np.int64], classes: int) -> FloatArray:
    """Distances (n, classes) of each face to the means of the *other* faces, as for a face that was never seen."""
    counts = np.bincount(targets, minlength=classes).astype(np.float32)
    sums = np.stack([x[targets == c].sum(axis=0) for c in range(classes)])
    out = _distances(x, (sums / counts[:, np.newaxis]).astype(np.float32))
    rows = np.arange(len(x))
    others = (sums[targets] - x) / np.maximum(counts[targets] - 1, 1)[:, np.newaxis]
    own = np.square(x - others).mean(axis=1) / 2.0
    # Of a label with a single face there is no other: it keeps the distance to itself.
    out[rows, targets] = np.where(counts[targets] > 1, own, out[rows, targets])
    return out


def _loss(distances: FloatArray, targets: npt.NDArray[np.int64], weights: FloatArray, temperature: float) -> float:
    """Weighted cross-entropy, nats."""
    chosen = softmax(-distances / np.float32(temperature))[np.arange(len(targets)), targets]
    return float(-(np.log(np.maximum(chosen, 1e-7)) * weights).mean())
