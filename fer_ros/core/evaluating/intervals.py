"""How sure a figure is: percentile bootstrap over the faces (Efron 1979, doi:10.1214/aos/1176344552)."""

from __future__ import annotations

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
