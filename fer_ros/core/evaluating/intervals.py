"""How certain a figure is: percentile bootstrap over the faces (Efron 1979, doi:10.1214/aos/1176344552)."""

from __future__ import annotations

from math import lgamma

import numpy as np
import numpy.typing as npt

from fer_ros.core.base.types import FloatArray
from fer_ros.core.evaluating import calibration
from fer_ros.core.evaluating.metrics import Metrics

RESAMPLES = 2000
LEVEL = 0.95
SEED = 0

#: Lower and upper bound.
Interval = list[float]


def settings() -> dict[str, float]:
    """How the intervals are made, for a report."""
    return {"level": LEVEL, "resamples": RESAMPLES, "seed": SEED}


def of_metrics(found: Metrics) -> dict[str, Interval]:
    """Intervals of accuracy and the macro figures; ``per_class`` has its own function.

    :param found: of one face at least.
    """
    cells = _resampled(found)
    accuracy = np.trace(cells, axis1=1, axis2=2) / found.count
    out = {"accuracy": _bounds(accuracy)}
    for name, values in zip(("precision", "recall", "f1"), _class_figures(cells), strict=True):
        # The mean over the labels that the data have, as in the figure itself.
        macro = np.nanmean(np.where(cells.sum(axis=2) > 0, values, np.nan), axis=1)
        out[f"macro_{name}"] = _bounds(macro)
    return {**out, "balanced_accuracy": out["macro_recall"]}


def per_class(found: Metrics) -> dict[str, dict[str, Interval]]:
    """Intervals of precision, recall and F1 of each label that occurs."""
    cells = _resampled(found)
    figures = dict(zip(("precision", "recall", "f1"), _class_figures(cells), strict=True))
    return {
        label: {name: _bounds(values[:, row]) for name, values in figures.items()}
        for row, label in enumerate(found.labels)
        if found.per_class[label]["count"]
    }


def of_share(hits: int, count: int) -> Interval:
    """The interval of a share such as accuracy, of one face at least."""
    # Drawing `count` faces anew and counting those that are right is drawing from this distribution.
    return _bounds(np.random.default_rng(SEED).binomial(count, hits / count, RESAMPLES) / count)


def exact(hits: int, count: int) -> Interval:
    """The interval of a share by Clopper and Pearson (1934, doi:10.1093/biomet/26.4.404), also where all are right.

    :param hits: 0 to ``count``; without any faces it is all from 0 to 1.
    """
    outside = (1.0 - LEVEL) / 2.0
    low = _share_where(hits - 1, count, 1.0 - outside) if hits else 0.0
    high = _share_where(hits, count, outside) if hits < count else 1.0
    return [low, high]


def cross_validated(accuracy: float, count: int, taught: float) -> Interval:
    """The interval of what a model gets right that learned from all, by cross-validation.

    Those who answered had learned from a share of the faces only, so they say less of the model: the count is taken
    down to that share.

    :param accuracy: theirs, on ``count`` faces that are independent of each other.
    :param taught: that share, above 0 to 1.
    """
    counted = round(taught * count)
    return exact(round(accuracy * counted), counted)


def _share_where(hits: int, count: int, wanted: float) -> float:
    """The share at which ``hits`` or fewer of ``count`` have the wanted probability, found by halving."""
    numbers = np.arange(hits + 1)
    ways = np.array([lgamma(count + 1) - lgamma(k + 1) - lgamma(count - k + 1) for k in numbers])
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2.0
        found = np.exp(ways + numbers * np.log(middle) + (count - numbers) * np.log1p(-middle)).sum()
        low, high = (middle, high) if found > wanted else (low, middle)
    return (low + high) / 2.0


def of_calibration(truth: npt.NDArray[np.int64], probabilities: FloatArray) -> Interval:
    """The interval of the expected calibration error, of one face at least.

    Drawing faces anew adds gaps of its own, so it lies higher than the figure where that is small.
    """
    bins, gaps = calibration.gaps(truth, probabilities)
    rng, count = np.random.default_rng(SEED), len(truth)
    errors = np.empty(RESAMPLES)
    for number in range(RESAMPLES):
        drawn = rng.integers(0, count, count)
        errors[number] = np.abs(np.bincount(bins[drawn], gaps[drawn], calibration.BINS)).sum() / count
    return _bounds(errors)


def _resampled(found: Metrics) -> npt.NDArray[np.int64]:
    """Confusion matrices (resamples, labels, labels) of faces drawn anew: these are multinomial in its cells."""
    cells = np.array(found.confusion, dtype=np.float64).ravel()
    drawn = np.random.default_rng(SEED).multinomial(found.count, cells / cells.sum(), RESAMPLES)
    return np.asarray(drawn, dtype=np.int64).reshape(RESAMPLES, len(found.labels), len(found.labels))


def _class_figures(cells: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.float64], ...]:
    """Precision, recall and F1, (resamples, labels) each; those of :func:`fer_ros.core.evaluating.metrics.measure`."""
    hits = np.diagonal(cells, axis1=1, axis2=2).astype(np.float64)
    precision = hits / np.maximum(cells.sum(axis=1), 1)
    recall = hits / np.maximum(cells.sum(axis=2), 1)
    return precision, recall, 2.0 * precision * recall / np.maximum(precision + recall, 1e-12)


def _bounds(values: npt.NDArray[np.float64]) -> Interval:
    outside = 50.0 * (1.0 - LEVEL)
    return [float(bound) for bound in np.percentile(values, (outside, 100.0 - outside))]
