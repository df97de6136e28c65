from __future__ import annotations

import numpy as np
import pytest

from fer_ros.core.evaluating import calibration, intervals, metrics
from fer_ros.core.evaluating.metrics import measure

LABELS = ("a", "b", "c")
RNG = np.random.default_rng(5)
TRUTH = RNG.choice(3, 400, p=(0.7, 0.25, 0.05))
PROBABILITIES = RNG.dirichlet((1, 1, 1), 400).astype(np.float32) * 0.4 + np.eye(3, dtype=np.float32)[TRUTH] * 0.6
PROBABILITIES[::3] = np.roll(PROBABILITIES[::3], 1, axis=1)


def drawn_one_by_one() -> dict[str, np.ndarray]:
    """The same bootstrap by drawing faces and measuring anew, as a check of the short cut."""
    rng = np.random.default_rng(11)
    rows = []
    for _ in range(800):
        chosen = rng.integers(0, len(TRUTH), len(TRUTH))
        found = measure(TRUTH[chosen], PROBABILITIES[chosen].argmax(axis=1), LABELS)
        error = calibration.error(TRUTH[chosen], PROBABILITIES[chosen])
        rows.append((found.accuracy, found.macro_precision, found.macro_recall, found.macro_f1, error))
    names = ("accuracy", "macro_precision", "macro_recall", "macro_f1", "error")
    return dict(zip(names, np.array(rows).T, strict=True))


def test_they_are_those_of_faces_drawn_anew() -> None:
    found = measure(TRUTH, PROBABILITIES.argmax(axis=1), LABELS)
    ours = intervals.of_metrics(found)
    ours["error"] = intervals.of_calibration(TRUTH, PROBABILITIES)
    for name, values in drawn_one_by_one().items():
        expected = np.percentile(values, (2.5, 97.5))
        # The ends of 800 and 2000 resamples differ by a fraction of the width.
        assert ours[name] == pytest.approx(expected, abs=0.12 * float(expected[1] - expected[0])), name
    assert ours["balanced_accuracy"] == ours["macro_recall"]
    assert intervals.of_share(300, 400) == pytest.approx([0.7075, 0.7925], abs=0.006)


def test_each_label_that_occurs_has_its_own() -> None:
    found = measure(TRUTH, PROBABILITIES.argmax(axis=1), (*LABELS, "never"))
    bounds = intervals.per_class(found)
    assert list(bounds) == list(LABELS)
    for label in LABELS:
        for name in ("precision", "recall", "f1"):
            low, high = bounds[label][name]
            assert 0 <= low <= found.per_class[label][name] <= high <= 1
    # Few faces, a wide interval.
    width = {label: bounds[label]["recall"][1] - bounds[label]["recall"][0] for label in LABELS}
    assert width["a"] < width["b"] < width["c"]


@pytest.mark.parametrize("truth", [[0], [1, 1, 1], [0, 1, 2]])
def test_few_faces_and_certain_answers(truth: list[int]) -> None:
    targets = np.array(truth)
    found: metrics.Metrics = measure(targets, targets, LABELS)
    assert intervals.of_metrics(found)["accuracy"] == [1.0, 1.0]
    assert intervals.of_metrics(found)["macro_f1"] == [1.0, 1.0]
    assert intervals.of_calibration(targets, np.eye(3, dtype=np.float32)[targets]) == [0.0, 0.0]
    assert intervals.of_share(len(truth), len(truth)) == [1.0, 1.0] and intervals.of_share(0, 5) == [0.0, 0.0]


def test_the_same_data_give_the_same_bounds() -> None:
    found = measure(TRUTH, PROBABILITIES.argmax(axis=1), LABELS)
    assert intervals.of_metrics(found) == intervals.of_metrics(found)
    assert intervals.of_calibration(TRUTH, PROBABILITIES) == intervals.of_calibration(TRUTH, PROBABILITIES)


def test_what_was_learned_from_half_says_half_as_much() -> None:
    assert intervals.cross_validated(0.9, 40, 1.0) == intervals.exact(36, 40)
    half = intervals.cross_validated(0.9, 40, 0.5)
    assert half == intervals.exact(18, 20) and half[0] < intervals.exact(36, 40)[0]
    assert intervals.cross_validated(0.0, 0, 1.0) == [0.0, 1.0]
