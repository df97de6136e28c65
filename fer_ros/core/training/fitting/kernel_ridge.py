"""Kernel ridge regression in closed form, with its cross-validation in closed form too (numpy, float64).

The kernel of two faces is the cosine between their features, so it is 1 on the diagonal. What is fitted is what the
general model's answer, weighted, leaves over of the targets:

    scores(x) = prior ∘ P(x) + base + k(x)ᵀ A,    A = (K + λW⁻¹)⁻¹ (Y - prior ∘ P - base)

(dual form of ridge regression, Saunders et al. 1998), W the weights of the rows. With B = (K + λW⁻¹)⁻¹ and a fold F
left out, the coefficients of the others are A₋ = A_r - B_rF B_FF⁻¹ A_F, by the inverse of a block matrix: each λ costs
one inverse, whatever the number of folds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

#: Temperatures tried are these times the usual one.
TEMPERATURES = np.geomspace(1 / 3, 3.0, 25)
#: How far a temperature is held near the usual one: deviation of its logarithm.
TEMPERATURE_SPREAD = 0.35


@dataclass(frozen=True, slots=True)
class Problem:
    """What to fit.

    :ivar kernel: (n, n).
    :ivar targets: (n, labels), one-hot.
    :ivar general: (n, labels), the general model's probabilities; 0 for labels that it lacks.
    :ivar weights: (n,), how much each row counts, above 0.
    :ivar folds: (n,), number of the fold that leaves a row out; -1: none does.
    :ivar measured: rows whose answers count, such as pictures but not their copies.
    """

    kernel: Matrix
    targets: Matrix
    general: Matrix
    weights: Matrix
    folds: Indices
    measured: Indices

    def regular(self, ridge: float) -> Matrix:
        """The kernel with what keeps the coefficients small, (n, n)."""
        return self.kernel + np.diag(ridge / self.weights)

    @property
    def truth(self) -> Indices:
        """Index of the label of each measured row."""
        return np.asarray(self.targets[self.measured].argmax(axis=1), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Strength:
    """How strongly the coefficients are held small, and the scores near the general model's answer.

    :ivar ridge: λ, above 0.
    :ivar prior: (labels,), 0 to 1.
    :ivar base: (labels,), what is left of a score where prior and kernel say nothing.
    """

    ridge: float
    prior: Matrix
    base: Matrix


def coefficients(problem: Problem, strength: Strength) -> Matrix:
    """A, (n, labels)."""
    return np.asarray(np.linalg.solve(problem.regular(strength.ridge), _left_over(problem, strength)), dtype=np.float64)


def held_out(problem: Problem, strengths: list[Strength]) -> list[Matrix]:
    """Scores (measured, labels) of each measured row by the others: those whose fold is another; one entry a strength.

    Rows that no fold leaves out are left at the scores of a fit to everything, and mean nothing.
    """
    rows, labels = problem.kernel[problem.measured], problem.targets.shape[1]
    out: list[Matrix] = [rows] * len(strengths)
    for ridge in dict.fromkeys(strength.ridge for strength in strengths):
        same = [i for i, strength in enumerate(strengths) if strength.ridge == ridge]
        # What differs between these is the right side only, so they are solved side by side.
        fixed = np.hstack([strengths[i].prior * problem.general + strengths[i].base for i in same])
        scores = _held_out(problem, rows, ridge, np.tile(problem.targets, len(same)) - fixed, fixed[problem.measured])
        for place, i in enumerate(same):
            out[i] = scores[:, place * labels : (place + 1) * labels]
    return out


def losses(scores: Matrix, truth: Indices, temperature: float) -> Matrix:
    """Cross-entropy of each row, nats."""
    logits = temperature * scores
    top = logits.max(axis=1)
    total = top + np.log(np.exp(logits - top[:, np.newaxis]).sum(axis=1))
    return np.asarray(total - logits[np.arange(len(truth)), truth], dtype=np.float64)


def losses_by_heat(scores: list[Matrix], truth: Indices, usual: float) -> Matrix:
    """:func:`losses` of each entry at each of :data:`TEMPERATURES`, (entries, temperatures, rows)."""
    return np.array([[losses(one, truth, usual * factor) for factor in TEMPERATURES] for one in scores])


def best_heats(costs: Matrix) -> Indices:
    """Of each entry the number of the temperature that fits best, held near the usual one where rows are few.

    :param costs: what :func:`losses_by_heat` gives, or some rows of it.
    """
    held = 0.5 * (np.log(TEMPERATURES) / TEMPERATURE_SPREAD) ** 2
    return np.asarray((costs.sum(axis=2) + held).argmin(axis=1), dtype=np.int64)


def _left_over(problem: Problem, strength: Strength) -> Matrix:
    return problem.targets - strength.prior * problem.general - strength.base


def _held_out(problem: Problem, rows: Matrix, ridge: float, left: Matrix, fixed: Matrix) -> Matrix:
    """See :func:`held_out`.

    :param rows: (measured, n), those of the kernel.
    :param left: (n, columns), what the kernel is to explain; ``fixed`` (measured, columns) is added to its answer.
    """
    inverse: Any = np.linalg.inv(problem.regular(ridge))
    full = inverse @ left
    out = fixed + rows @ full
    for fold in np.unique(problem.folds[problem.folds >= 0]):
        inside = np.flatnonzero(problem.folds == fold)
        own = np.flatnonzero(problem.folds[problem.measured] == fold)
        without = full - inverse[:, inside] @ np.linalg.solve(inverse[np.ix_(inside, inside)], full[inside])
        without[inside] = 0.0
        out[own] = fixed[own] + rows[own] @ without
    return np.asarray(out, dtype=np.float64)
