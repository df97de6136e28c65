"""Kernel ridge regression in closed form, with its cross-validation in closed form too (numpy, float64).

The kernel of two faces is the cosine between their features, so it is 1 on the diagonal. What is fitted is what the
general model's answer, weighted, leaves over of the targets:

    scores(x) = prior ∘ P(x) + base + k(x)ᵀ A,    A = (K + λW⁻¹)⁻¹ (Y - prior ∘ P - base)

(dual form of ridge regression, Saunders et al. 1998), W the weights of the rows. With B = (K + λW⁻¹)⁻¹ and a fold F
left out, what the others leave over of F is B_FF⁻¹ A_F, by the inverse of a block matrix. With K + λW⁻¹ = L Lᵀ both
come from L⁻¹: each λ costs one triangle, whatever the number of folds, priors and labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

#: Temperatures tried are these times the usual one.
TEMPERATURES = np.geomspace(1 / 3, 3.0, 25)
#: How far a temperature is held near the usual one: deviation of its logarithm.
TEMPERATURE_SPREAD = 0.35
#: A triangle of so many rows is inverted at once.
BLOCK = 64
#: λ at least: below it the kernel of two equal rows would have no inverse.
LEAST = 1e-8


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
        found = self.kernel.copy()
        found[np.diag_indices(len(found))] += max(ridge, LEAST) / self.weights
        return found

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


@dataclass(frozen=True, slots=True)
class Solved:
    """What one strength leads to.

    :ivar scores: (measured, labels), of each measured row by those whose fold is another.
    :ivar coefficients: A, (n, labels), of all rows.
    """

    scores: Matrix
    coefficients: Matrix


def held_out(problem: Problem, strengths: list[Strength]) -> list[Solved]:
    """One entry a strength; each measured row is of a fold."""
    labels = problem.targets.shape[1]
    found: dict[int, Solved] = {}
    for ridge in dict.fromkeys(strength.ridge for strength in strengths):
        same = [i for i, strength in enumerate(strengths) if strength.ridge == ridge]
        # What differs between these is the right side only, so they are solved side by side.
        left = np.hstack([_left_over(problem, strengths[i]) for i in same])
        full, rest = _solved(problem, ridge, left)
        scores = np.tile(problem.targets[problem.measured], len(same)) - rest
        for place, i in enumerate(same):
            columns = slice(place * labels, (place + 1) * labels)
            found[i] = Solved(scores[:, columns], full[:, columns])
    return [found[i] for i in range(len(strengths))]


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


def _solved(problem: Problem, ridge: float, left: Matrix) -> tuple[Matrix, Matrix]:
    """Coefficients (n, columns), and what the other folds leave over of each measured row, (measured, columns).

    :param left: (n, columns), what the kernel is to explain.
    """
    triangle = lower_inverse(np.asarray(np.linalg.cholesky(problem.regular(ridge)), dtype=np.float64))
    full = triangle.T @ (triangle @ left)
    rest = np.zeros((len(problem.folds), left.shape[1]))
    for fold in np.unique(problem.folds[problem.measured]):
        inside = np.flatnonzero(problem.folds == fold)
        # Above the first row of the fold its columns of the triangle are zero.
        own = triangle[inside[0] :, inside]
        rest[inside] = np.linalg.solve(own.T @ own, full[inside])
    return full, rest[problem.measured]


def lower_inverse(triangle: Matrix) -> Matrix:
    """The inverse of a lower triangular matrix, halved until blocks are small: nearly all of it are products."""
    half = len(triangle) // 2
    if len(triangle) <= BLOCK:
        return np.asarray(np.tril(np.linalg.inv(triangle)), dtype=np.float64)
    out = np.zeros_like(triangle)
    out[:half, :half], out[half:, half:] = lower_inverse(triangle[:half, :half]), lower_inverse(triangle[half:, half:])
    out[half:, :half] = -out[half:, half:] @ (triangle[half:, :half] @ out[:half, :half])
    return out
