from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.core.evaluating.metrics import confusion_matrix, measure


def test_figures_computed_by_hand() -> None:
    #            predicted: a  b  c
    # a: 3 right, 1 as b    3  1  0
    # b: 2 right, 2 as a    2  2  0
    # c: 1 as b             0  1  0
    truth = np.array([0, 0, 0, 0, 1, 1, 1, 1, 2])
    predicted = np.array([0, 0, 0, 1, 1, 1, 0, 0, 1])
    found = measure(truth, predicted, ("a", "b", "c"))
    assert found.confusion == [[3, 1, 0], [2, 2, 0], [0, 1, 0]]
    assert found.count == 9 and found.accuracy == pytest.approx(5 / 9)
    assert found.per_class["a"] == pytest.approx({"precision": 3 / 5, "recall": 3 / 4, "f1": 2 / 3, "count": 4})
    assert found.per_class["b"] == pytest.approx({"precision": 2 / 4, "recall": 2 / 4, "f1": 1 / 2, "count": 4})
    assert found.per_class["c"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "count": 1}
    assert found.macro_precision == pytest.approx((3 / 5 + 2 / 4 + 0) / 3)
    assert found.macro_recall == pytest.approx((3 / 4 + 2 / 4 + 0) / 3)
    assert found.macro_f1 == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)


def test_a_label_that_does_not_occur_is_left_out_of_the_means() -> None:
    found = measure(np.array([0, 0, 1, 1]), np.array([0, 2, 1, 1]), ("a", "b", "c"))
    assert found.macro_recall == pytest.approx((0.5 + 1.0) / 2)
    assert found.macro_precision == 1.0
    assert found.per_class["c"]["count"] == 0


def test_one_class_alone_and_nothing_at_all() -> None:
    found = measure(np.array([1, 1]), np.array([1, 1]), ("a", "b"))
    assert (found.accuracy, found.macro_precision, found.macro_recall, found.macro_f1) == (1.0, 1.0, 1.0, 1.0)
    empty = measure(np.array([], np.int64), np.array([], np.int64), ("a", "b"))
    assert (empty.count, empty.accuracy, empty.macro_f1) == (0, 0.0, 0.0)


@given(
    st.integers(2, 6).flatmap(
        lambda n: st.tuples(st.just(n), st.lists(st.tuples(*[st.integers(0, n - 1)] * 2), min_size=1))
    )
)
def test_properties(case: tuple[int, list[tuple[int, int]]]) -> None:
    classes, cases = case
    truth, predicted = np.array(cases).T
    labels = tuple("abcdef"[:classes])
    found = measure(truth, predicted, labels)
    confusion = np.array(found.confusion)
    assert confusion.sum() == found.count == len(cases)
    np.testing.assert_array_equal(confusion.sum(axis=1), np.bincount(truth, minlength=classes))
    assert found.accuracy == pytest.approx(np.mean(truth == predicted))
    # Weighted by how often a class occurs, the recall is the accuracy.
    recalls = np.array([row["recall"] for row in found.per_class.values()])
    assert found.accuracy == pytest.approx((recalls * confusion.sum(axis=1)).sum() / len(cases))
    figures = [found.accuracy, found.macro_precision, found.macro_recall, found.macro_f1]
    assert all(0.0 <= figure <= 1.0 for figure in figures)
    for row in found.per_class.values():
        low, high = sorted((row["precision"], row["recall"]))
        assert low - 1e-9 <= row["f1"] <= high + 1e-9
    # The order of the faces and the names of the labels do not matter.
    again = measure(classes - 1 - truth[::-1], classes - 1 - predicted[::-1], labels)
    assert again.macro_f1 == pytest.approx(found.macro_f1)
    np.testing.assert_array_equal(np.array(again.confusion)[::-1, ::-1], confusion)
    np.testing.assert_array_equal(confusion_matrix(predicted, truth, classes), confusion.T)
    # For machines: nothing of NumPy is left in it.
    assert json.loads(json.dumps(found.to_dict()))["labels"] == list(labels)
