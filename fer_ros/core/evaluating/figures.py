"""All figures of an evaluation as plain values: what ``fer eval --json`` prints and ``report.json`` holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fer_ros.core.datasets.near_duplicates import THRESHOLD
from fer_ros.core.evaluating import calibration, intervals, metrics
from fer_ros.core.evaluating.evaluation import Evaluation

#: The figures of a whole set of faces, in the order of reports.
SCORES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy (mean recall of the labels)",
    "macro_precision": "macro precision",
    "macro_recall": "macro recall",
    "macro_f1": "macro F1",
    "expected_calibration_error": "expected calibration error",
}


def figures(result: Evaluation, twins: npt.NDArray[np.bool_] | None = None) -> dict[str, Any]:
    """What was measured, with intervals, calibration, and the most confident mistakes.

    :param twins: of each picture of the dataset, whether it has a near-duplicate in another split; None: unknown.
    """
    found = result.metrics
    out = {
        **result.to_dict(),
        "intervals": _intervals(found, result) | {"per_class": intervals.per_class(found)},
        "bootstrap": intervals.settings(),
        "calibration": calibration.table(result.truth, result.probabilities),
        "worst_mistakes": [
            {"name": m.name, "true": m.truth, "predicted": m.predicted, "confidence": m.confidence}
            for m in result.mistakes
        ],
    }
    if twins is not None:
        twin = twins[result.positions]
        hit = result.probabilities.argmax(axis=1) == result.truth
        out["near_duplicates"] = {
            "threshold": THRESHOLD,
            "count": int(twin.sum()),
            "accuracy": float(hit[twin].mean()) if twin.any() else None,
        }
        out["clean"] = None if twin.all() else _scores(result, ~twin)
    return out


def _scores(result: Evaluation, chosen: npt.NDArray[np.bool_]) -> dict[str, Any]:
    truth, probabilities = result.truth[chosen], result.probabilities[chosen]
    found = metrics.measure(truth, probabilities.argmax(axis=1), result.metrics.labels)
    values = {
        **found.to_dict(),
        "balanced_accuracy": found.macro_recall,
        "expected_calibration_error": calibration.error(truth, probabilities),
    }
    kept = {name: values[name] for name in ("count", *SCORES, "per_class", "confusion")}
    return {**kept, "intervals": _bounds(found, truth, probabilities)}


def _intervals(found: metrics.Metrics, result: Evaluation) -> dict[str, Any]:
    return _bounds(found, result.truth, result.probabilities)


def _bounds(
    found: metrics.Metrics, truth: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float32]
) -> dict[str, Any]:
    return {
        **intervals.of_metrics(found),
        "expected_calibration_error": intervals.of_calibration(truth, probabilities),
    }
