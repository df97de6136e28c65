from __future__ import annotations

import numpy as np
import pytest

from fer_ros.core.evaluating import calibration

PROBABILITIES = np.array([[0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [0.55, 0.45], [1.0, 0.0]], np.float32)
TRUTH = np.array([0, 1, 1, 0, 0])


def test_the_table_computed_by_hand() -> None:
    rows = calibration.table(TRUTH, PROBABILITIES)
    assert [(round(row["low"] * 15), row["count"]) for row in rows] == [(8, 1), (12, 1), (13, 2), (14, 1)]
    assert [row["accuracy"] for row in rows] == pytest.approx([1.0, 1.0, 0.5, 1.0], abs=1e-6)
    assert [row["confidence"] for row in rows] == pytest.approx([0.55, 0.8, 0.9, 1.0], abs=1e-6)
    assert all(row["low"] <= row["confidence"] <= row["high"] for row in rows)


def test_the_error_is_the_mean_gap_of_the_table() -> None:
    rows = calibration.table(TRUTH, PROBABILITIES)
    by_hand = sum(row["count"] * abs(row["accuracy"] - row["confidence"]) for row in rows) / len(TRUTH)
    assert calibration.error(TRUTH, PROBABILITIES) == pytest.approx(by_hand)
    # 0.45 below, 0.2 below, two with a gap of 0.4, none at 1.
    assert by_hand == pytest.approx((0.45 + 0.2 + 2 * 0.4) / 5, abs=1e-6)
