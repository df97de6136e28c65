"""How well a model's confidence matches its accuracy (Guo et al. 2017, arXiv:1706.04599)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fer_ros.core.base.types import FloatArray

#: Bins of equal width.
BINS = 15


def error(truth: npt.NDArray[np.int64], probabilities: FloatArray) -> float:
    """Expected calibration error: the mean gap between confidence and accuracy over bins of confidence.

    :param truth: (n,), n ≥ 1.
    :param probabilities: (n, classes).
    """
    bins, gap = gaps(truth, probabilities)
    return float(np.abs(np.bincount(bins, gap, BINS)).sum() / len(truth))


def gaps(
    truth: npt.NDArray[np.int64], probabilities: FloatArray
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Of each face: the bin of its confidence, and 1 or 0 for right or wrong, less the confidence."""
    confidence = probabilities.max(axis=1).astype(np.float64)
    bins = np.minimum((confidence * BINS).astype(np.intp), BINS - 1)
    return bins, (probabilities.argmax(axis=1) == truth) - confidence


def table(truth: npt.NDArray[np.int64], probabilities: FloatArray) -> list[dict[str, float]]:
    """The bins that hold faces: ``low``, ``high``, ``count``, mean ``confidence``, ``accuracy``."""
    bins, gap = gaps(truth, probabilities)
    confidence = probabilities.max(axis=1)
    rows = []
    for number in np.unique(bins):
        inside = bins == number
        mean = float(confidence[inside].mean())
        rows.append(
            {
                "low": float(number / BINS),
                "high": float((number + 1) / BINS),
                "count": int(inside.sum()),
                "confidence": mean,
                "accuracy": float(gap[inside].mean() + mean),
            }
        )
    return rows
