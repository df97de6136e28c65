"""The closed forms against fitting anew, fold by fold."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fer_ros.core.training.fitting import kernel_ridge
from fer_ros.core.training.fitting.kernel_ridge import Problem, Strength

LABELS = 3


def problem(seed: int, rows: int = 24, folds: int = 4) -> tuple[Problem, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 50))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    targets = np.arange(rows) % LABELS
    general = rng.dirichlet(np.ones(LABELS), rows)
    numbers = np.arange(rows) // LABELS % folds
    numbers[:2] = -1
    weights = rng.uniform(0.2, 2.0, rows)
    return Problem(x @ x.T, np.eye(LABELS)[targets], general, weights, numbers, np.flatnonzero(numbers >= 0)), x


def strength(ridge: float, prior: float) -> Strength:
    return Strength(ridge, np.full(LABELS, prior), np.full(LABELS, (1 - prior) / LABELS))


@pytest.mark.parametrize("ridge", [0.01, 0.3, 5.0])
@pytest.mark.parametrize("prior", [0.0, 0.6])
def test_the_answers_without_a_fold_are_those_of_a_fit_without_it(ridge: float, prior: float) -> None:
    given, _ = problem(1)
    asked = strength(ridge, prior)
    (found,) = kernel_ridge.held_out(given, [asked])
    for place, row in enumerate(given.measured):
        rest = np.flatnonzero(given.folds != given.folds[row])
        part = dataclasses.replace(
            given,
            kernel=given.kernel[np.ix_(rest, rest)],
            targets=given.targets[rest],
            general=given.general[rest],
            weights=given.weights[rest],
        )
        scores = prior * given.general[row] + asked.base
        expected = scores + given.kernel[row, rest] @ kernel_ridge.coefficients(part, asked)
        np.testing.assert_allclose(found.scores[place], expected, atol=1e-8)
    np.testing.assert_allclose(found.coefficients, kernel_ridge.coefficients(given, asked), atol=1e-8)


def test_equal_rows_that_nothing_holds_small_are_answered() -> None:
    given, _ = problem(3)
    twice = np.r_[np.arange(len(given.folds)), np.arange(len(given.folds))]
    same = dataclasses.replace(
        given,
        kernel=given.kernel[np.ix_(twice, twice)],
        targets=given.targets[twice],
        general=given.general[twice],
        weights=given.weights[twice],
        folds=given.folds[twice],
    )
    (found,) = kernel_ridge.held_out(same, [strength(0.0, 0.0)])
    assert np.isfinite(found.scores).all()
    assert np.isfinite(found.coefficients).all()


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 200, 257])
def test_a_triangle_is_inverted(rows: int) -> None:
    rng = np.random.default_rng(rows)
    triangle = np.tril(rng.normal(size=(rows, rows))) / rows + np.eye(rows)
    found = kernel_ridge.lower_inverse(triangle)
    np.testing.assert_allclose(found @ triangle, np.eye(rows), atol=1e-9)
    assert not np.triu(found, 1).any()


def test_the_dual_form_is_ridge_regression() -> None:
    given, x = problem(2)
    asked = strength(0.5, 0.3)
    left = given.targets - asked.prior * given.general - asked.base
    weighted = x.T * given.weights
    primal = np.linalg.solve(weighted @ x + 0.5 * np.eye(50), weighted @ left)
    np.testing.assert_allclose(x.T @ kernel_ridge.coefficients(given, asked), primal, atol=1e-8)


def test_few_faces_leave_the_temperature_near_the_usual_one() -> None:
    sure = np.array([[1.0, 0.0, 0.0]] * 40)
    right, half = np.zeros(40, np.int64), np.arange(40) % 2

    def best(scores: np.ndarray, truth: np.ndarray) -> float:
        costs = kernel_ridge.losses_by_heat([scores], truth, 9.0)
        return float(9.0 * kernel_ridge.TEMPERATURES[kernel_ridge.best_heats(costs)[0]])

    few = best(sure[:1], right[:1])
    assert 9.0 <= few < 11.0 < best(sure * 0.2, right)
    assert best(sure, half) < 9.0
    assert best(sure[:0], right[:0]) == pytest.approx(9.0)
