"""The general model, corrected for one person's face by some seconds of that person's neutral expression.

Some people look sad or angry to a general model when they do nothing at all. What their neutral face shows beyond
that of other people is taken off the logits; nothing else is taught.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np

from fer_ros.core.base.contracts import GeneralModel, Head, Task, TrainedHead
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import FloatArray

NEUTRAL = "neutral"
#: No label is moved by more, in nats: a factor of 12 in its odds, so that a clear expression is still recognised.
LIMIT = 2.5
#: How probable a neutral face shall at least come out, where the model's own figures say less or nothing.
AT_LEAST = 0.6


class CalibratedHead(Head):
    """A way of training: the result is run by the plugin of the general model's head."""

    trains_on: ClassVar[tuple[str, ...]] = (NEUTRAL,)

    def __init__(self, file: Path, labels: tuple[str, ...], embedding_shape: tuple[int, ...]) -> None:
        raise ConfigError(
            f"{file}: 'calibrated' is a way of training, not a head: name the general model's head plugin"
        )

    def predict(self, embeddings: FloatArray) -> FloatArray:
        raise NotImplementedError

    @classmethod
    def train(cls, task: Task) -> TrainedHead:
        base = task.base
        if NEUTRAL not in base.labels:
            raise ConfigError(
                f"model '{base.name}' has no label '{NEUTRAL}', so it cannot be calibrated: choose another base"
            )
        offset = correction(base.head.predict(task.training.embeddings), expected(base), base.labels.index(NEUTRAL))
        facts = {"offset": {label: round(float(v), 4) for label, v in zip(base.labels, offset, strict=True)}}
        return TrainedHead(base.head.shifted(offset), base.head_plugin, base.labels, facts=facts)


def expected(base: GeneralModel) -> FloatArray:
    """What the model answers to neutral faces of people in general, as measured: shares (labels,), sum 1.

    Taken from the confusion matrix that the model states; even over the other labels where it states none.
    """
    labels, neutral = base.labels, base.labels.index(NEUTRAL)
    row = np.zeros(len(labels))
    try:
        measured = np.asarray(base.quality["confusion"][neutral], dtype=np.float64)
        if measured.shape == row.shape and np.isfinite(measured).all() and (measured >= 0).all():
            row = measured
    except (KeyError, IndexError, TypeError, ValueError):
        pass
    # One face more of each label: what was never seen is not impossible.
    others = np.delete(row, neutral) + 1.0
    share = max(AT_LEAST, float(row[neutral]) / (row.sum() + len(labels)))
    out = np.insert(others / others.sum() * (1.0 - share), neutral, share)
    return out.astype(np.float32)


def correction(probabilities: FloatArray, target: FloatArray, neutral: int) -> FloatArray:
    """What is to be added to the logits, float32 (labels,): after it, no label is answered more than is to be expected.

    It is 0 for neutral and never above 0: what a face shows less than others is no error.

    :param probabilities: (n, labels), the general model's answers to one person's neutral face.
    :param target: (labels,), the answers to expect; nothing is changed where the neutral face is read as well as that.
    """
    p = np.maximum(probabilities.astype(np.float64), 1e-6)
    offset = np.zeros(len(target))
    if p[:, neutral].mean() >= target[neutral]:
        return offset.astype(np.float32)
    # Iterative scaling: each round moves the mean answer towards the wanted one. Its steps shrink by half or more.
    for _ in range(200):
        answers = p * np.exp(offset)
        answers /= answers.sum(axis=1, keepdims=True)
        offset += 0.5 * (np.log(np.maximum(target, 1e-6)) - np.log(answers.mean(axis=0)))
        offset = np.clip(offset - offset[neutral], -LIMIT, 0.0)
    return offset.astype(np.float32)
