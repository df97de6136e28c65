from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fer_ros.core.base.types import FloatArray
from fer_ros.core.evaluating.evaluation import calibration_error
from fer_ros.core.pretraining import adjustment
from fer_ros.core.vision.softmax import softmax


def faces(count: int, seed: int, true: float = 1.0) -> tuple[FloatArray, np.ndarray]:
    """Logits, and labels that are drawn with the probabilities that the logits over ``true`` state."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (count, 7)).astype(np.float32)
    cumulated = softmax(logits / np.float32(true)).cumsum(axis=1)
    return logits, (rng.random((count, 1)) > cumulated).sum(axis=1).clip(0, 6)


@pytest.mark.parametrize("true", [0.5, 1.0, 2.5])
def test_the_temperature_by_which_the_labels_were_drawn_is_found(true: float) -> None:
    logits, targets = faces(20_000, 1, true)
    assert adjustment.temperature(logits, targets) == pytest.approx(true, rel=0.05)


@given(st.integers(1, 40), st.integers(0, 1000))
def test_no_other_temperature_is_better(count: int, seed: int) -> None:
    logits, targets = faces(count, seed)

    def loss(temperature: float) -> float:
        chosen = softmax(logits / np.float32(temperature))[np.arange(count), targets]
        return float(-np.log(np.maximum(chosen, 1e-30)).mean())

    found = adjustment.temperature(logits, targets)
    assert adjustment.COLDEST <= found <= adjustment.HOTTEST
    for other in np.geomspace(adjustment.COLDEST, adjustment.HOTTEST, 9):
        assert loss(found) <= loss(float(other)) + 1e-4


def test_the_bounds_hold_where_all_or_none_are_right() -> None:
    logits = np.eye(7, dtype=np.float32)
    assert adjustment.temperature(logits, np.arange(7)) == pytest.approx(adjustment.COLDEST, rel=1e-3)
    assert adjustment.temperature(logits, (np.arange(7) + 1) % 7) == pytest.approx(adjustment.HOTTEST, rel=1e-3)


def test_each_half_is_scaled_by_what_fits_the_other() -> None:
    logits, targets = faces(4000, 2, 2.0)
    found = adjustment.cross_fitted(logits, targets)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-5)
    np.testing.assert_array_equal(found.argmax(axis=1), logits.argmax(axis=1))
    spread = logits.max(axis=1) - logits.min(axis=1)
    used = spread / np.log(found.max(axis=1) / found.min(axis=1))
    temperatures = np.unique(used.round(3))
    assert len(temperatures) == 2 and temperatures == pytest.approx([2.0, 2.0], rel=0.1)
    assert calibration_error(targets, found) < 0.03 < calibration_error(targets, softmax(logits))


def test_one_face_is_left_as_it_is() -> None:
    logits, targets = faces(1, 0)
    np.testing.assert_allclose(adjustment.cross_fitted(logits, targets), softmax(logits), atol=1e-6)


def test_rare_labels_are_favoured_by_the_logarithm_of_their_share() -> None:
    bias, shares = np.zeros(3, np.float32), np.array([0.5, 0.4, 0.1], np.float32)
    np.testing.assert_array_equal(adjustment.favour_rare(bias, shares, 0.0), bias)
    found = adjustment.favour_rare(bias, shares, 1.0)
    # A face about which the network has learned nothing but the shares gets each label alike.
    np.testing.assert_allclose(softmax((np.log(shares) + found)[None])[0], 1 / 3, atol=1e-6)


@given(st.integers(2, 400), st.integers(0, 1000), st.floats(0.05, 0.9))
@example(count=26, seed=26, least=0.875)  # every face is wanted, and two labels want the same ones
@example(count=23, seed=31, least=0.875)
@example(count=5, seed=0, least=0.5)
@example(count=392, seed=898, least=0.7758724526624602)  # 45.0006 faces are wanted, and 45 will do
def test_a_label_that_is_named_too_rarely_is_raised_until_it_is_not(count: int, seed: int, least: float) -> None:
    logits, targets = faces(count, seed)
    logits[:, 2] -= 1.5
    shares = np.bincount(targets, minlength=7) / count
    raised = adjustment.raise_rarely_named(np.zeros(7, np.float32), logits, shares.astype(np.float32), least)
    named = np.bincount((logits + raised).argmax(axis=1), minlength=7) / count
    assert raised.min() >= 0.0
    first, second = np.sort(logits + raised, axis=1)[:, :-3:-1].T
    if (first - second).min() > 4 * adjustment.ROUNDING:  # faces that are closer to each other go together
        assert (named * count >= least * shares * count - 1.1e-3).all()


def test_labels_that_are_named_often_enough_are_left_alone() -> None:
    bias, logits = np.array([0.5, 0.0, -0.5], np.float32), np.eye(3, dtype=np.float32) * 9
    for least in (0.0, 0.9):
        found = adjustment.raise_rarely_named(bias, logits, np.full(3, 1 / 3, np.float32), least)
        np.testing.assert_array_equal(found, bias)
