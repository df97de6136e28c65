"""Accuracy, precision, recall and F1 from a confusion matrix.

Precision, recall and F1 of a class are formulas (2) to (4) of the webcam paper of 2023: TP / (TP + FP),
TP / (TP + FN), and their harmonic mean; a macro figure is the plain mean over the classes that occur in the data.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Metrics:
    """Figures of one evaluation; all between 0 and 1 but ``count`` and ``confusion``.

    :ivar confusion: rows are the true labels, columns the predicted ones, in the order of ``labels``.
    :ivar per_class: label → ``precision``, ``recall``, ``f1``, ``count``.
    """

    labels: tuple[str, ...]
    count: int
    accuracy: float
    macro_precision: float
    macro_recall: float
    macro_f1: float
    confusion: list[list[int]]
    per_class: dict[str, dict[str, float]]

    def __repr__(self) -> str:
        return f"Metrics(accuracy={self.accuracy:.3f}, macro_f1={self.macro_f1:.3f}, {self.count} faces)"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON and YAML."""
        return {**asdict(self), "labels": list(self.labels)}


def confusion_matrix(
    truth: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64], classes: int
) -> npt.NDArray[np.int64]:
    """Counts (classes, classes): rows true, columns predicted."""
    return np.bincount(truth * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def measure(truth: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64], labels: tuple[str, ...]) -> Metrics:
    """All figures of a set of predictions.

    :param truth: (n,), index into ``labels``; without any all figures are 0.
    :param predicted: (n,), likewise.
    """
    confusion = confusion_matrix(truth, predicted, len(labels))
    hits = np.diag(confusion).astype(np.float64)
    actual, claimed = confusion.sum(axis=1), confusion.sum(axis=0)
    precision = hits / np.maximum(claimed, 1)
    recall = hits / np.maximum(actual, 1)
    f1 = 2.0 * precision * recall / np.maximum(precision + recall, 1e-12)
    present = actual > 0

    def macro(figures: npt.NDArray[np.float64]) -> float:
        return float(figures[present].mean()) if present.any() else 0.0

    per_class = {
        label: {
            "precision": float(precision[i]),
            "recall": float(recall[i]),
            "f1": float(f1[i]),
            "count": int(actual[i]),
        }
        for i, label in enumerate(labels)
    }
    return Metrics(
        labels=labels,
        count=len(truth),
        accuracy=float(hits.sum() / max(1, confusion.sum())),
        macro_precision=macro(precision),
        macro_recall=macro(recall),
        macro_f1=macro(f1),
        confusion=confusion.tolist(),
        per_class=per_class,
    )
