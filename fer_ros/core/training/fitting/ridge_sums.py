"""The head ``ridge`` for more faces than memory holds: the same fit, in its primal form, by sums over the faces.

With W the weights of the rows, the coefficients of :mod:`fer_ros.core.training.fitting.kernel_ridge` are

    Xᵀ A = (Xᵀ W X + λ)⁻¹ Xᵀ W (Y - prior ∘ P - base),

so each fold's share of XᵀWX, XᵀWY, XᵀWP and XᵀW1 is all that is needed: a fold is left out by subtracting its share.
The shares lie in a file. In memory there are three matrices of features × features at most, of 170 MB each with 4608.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fer_ros.core.base.contracts import LabelledFaces
from fer_ros.core.base.types import FloatArray
from fer_ros.core.training.fitting import kernel_ridge
from fer_ros.core.training.fitting.kernel_ridge import Indices, Matrix, Strength
from fer_ros.core.training.fitting.ridge_data import CLEARLY
from fer_ros.core.vision import likeness
from fer_ros.core.vision.softmax import softmax


@dataclass(frozen=True, slots=True)
class Setup:
    """What to fit; the faces are in files.

    :ivar weights: float64 (n,), how much each row counts, above 0.
    :ivar mean: of each feature; ``scale`` its deviation.
    :ivar labels: how many the new head has.
    :ivar general: float32 (n, labels), as of :class:`fer_ros.core.training.fitting.kernel_ridge.Problem`.
    """

    faces: LabelledFaces
    weights: Matrix
    mean: FloatArray
    scale: FloatArray
    labels: int
    general: FloatArray

    def features(self, rows: Indices) -> Iterator[tuple[slice, Matrix]]:
        """Unit features of some rows, piece by piece: (n, d), and their place among these rows."""
        at = 0
        for part in self.faces.chosen(rows).pieces(embeddings=not self.faces.finer.size):
            x = likeness.unit(likeness.finest(part.maps), self.mean, self.scale)
            yield slice(at, at + len(x)), x.astype(np.float64)
            at += len(x)


class Sums:
    """XᵀWX and XᵀW(Y, P, 1) of each fold, in a file."""

    def __init__(self, setup: Setup) -> None:
        """Go through all faces once."""
        self.setup = setup
        self.folds = [int(fold) for fold in np.unique(setup.faces.folds)]
        features, columns = setup.mean.size, 2 * setup.labels + 1
        self._shape, self._file = (features, features), tempfile.TemporaryFile(prefix="fer_")
        self.right = np.zeros((len(self.folds), features, columns))
        total = np.zeros(self._shape)
        for number, fold in enumerate(self.folds):
            rows = np.flatnonzero(setup.faces.folds == fold)
            square = np.zeros((features, features))
            for place, x in setup.features(rows):
                own = rows[place]
                sides = np.hstack(
                    [np.eye(setup.labels)[setup.faces.targets[own]], setup.general[own], np.ones((len(own), 1))]
                )
                root = np.sqrt(setup.weights[own])[:, np.newaxis]
                weighted = x * root
                square += weighted.T @ weighted
                self.right[number] += weighted.T @ (sides * root)
            square.tofile(self._file)
            total += square
        total.tofile(self._file)

    def solved(self, ridges: list[float], without: int | None = None) -> Matrix:
        """For each λ what the right sides come to, (λ, d, 2 · labels + 1).

        :param without: number of the fold that is left out.
        """
        square, right = self._square(len(self.folds)), self.right.sum(axis=0)
        if without is not None:
            number = self.folds.index(without)
            square -= self._square(number)
            right -= self.right[number]
        out, diagonal = [], square.diagonal().copy()
        for ridge in ridges:
            np.fill_diagonal(square, diagonal + ridge)
            out.append(np.linalg.solve(square, right))
        return np.array(out)

    def _square(self, number: int) -> Matrix:
        self._file.seek(8 * number * self._shape[0] ** 2)
        return np.fromfile(self._file, np.float64, self._shape[0] ** 2).reshape(self._shape)


def kernel(solved: Matrix, strength: Strength) -> Matrix:
    """(d, labels), of one λ; or the answers of it to faces, (n, labels)."""
    labels = len(strength.prior)
    targets, general, one = solved[:, :labels], solved[:, labels : 2 * labels], solved[:, 2 * labels :]
    return np.asarray(targets - general * strength.prior - one * strength.base)


class Held:
    """The answers to measured faces by the other folds, and their losses summed up by folds."""

    def __init__(self, sums: Sums, strengths: list[Strength], usual: float) -> None:
        """Solve without each fold in turn, and answer its faces.

        :param usual: the usual temperature.
        """
        self._setup, self._strengths, self._usual = sums.setup, strengths, usual
        faces, heats = sums.setup.faces, len(kernel_ridge.TEMPERATURES)
        self._ridges = list(dict.fromkeys(strength.ridge for strength in strengths))
        self.rows = np.flatnonzero(faces.measured)
        self.folds = faces.folds[self.rows]
        self._raw = np.empty((len(self._ridges), len(self.rows), 2 * sums.setup.labels + 1), np.float32)
        self._numbers = [int(fold) for fold in np.unique(self.folds)]
        shape = (len(self._numbers), len(strengths), heats)
        self._counts, self._total, self._squares = np.zeros(len(self._numbers)), np.zeros(shape), np.zeros(shape)
        self._products = np.zeros((len(self._numbers), heats, len(strengths), heats))
        for number, fold in enumerate(self._numbers):
            own = np.flatnonzero(self.folds == fold)
            solved = sums.solved(self._ridges, fold if fold >= 0 else None)
            for place, x in sums.setup.features(self.rows[own]):
                for ridge, found in enumerate(solved):
                    self._raw[ridge, own[place]] = x @ found
                self._count(number, own[place])

    def chosen(self, without: int | None = None) -> tuple[int, float]:
        """The best strength and its temperature, as :func:`fer_ros.core.training.fitting.ridge_fit.chosen`.

        :param without: number of a fold whose faces have no say.
        """
        some = [number for number, fold in enumerate(self._numbers) if fold != without]
        if not some:
            return 0, self._usual
        count, total = self._counts[some].sum(), self._total[some].sum(axis=0)
        heats = kernel_ridge.best_heats(total[:, :, np.newaxis])
        every = np.arange(len(heats))
        best = int(np.argmin(total[every, heats]))
        gain = (total[0, heats[0]] - total[best, heats[best]]) / count
        squares, products = self._squares[some].sum(axis=0), self._products[some].sum(axis=0)
        square = squares[0, heats[0]] + squares[best, heats[best]] - 2.0 * products[heats[0], best, heats[best]]
        deviation = np.sqrt(max(0.0, square / count - gain**2))
        if gain <= CLEARLY * deviation / np.sqrt(count):
            best = 0
        return best, float(self._usual * kernel_ridge.TEMPERATURES[heats[best]])

    def answers(self, pictures: int) -> FloatArray:
        """Probabilities of each picture, NaN where it was not measured, (pictures, labels)."""
        out = np.full((pictures, self._setup.labels), np.nan, np.float32)
        for fold in self._numbers:
            best, heat = self.chosen(fold)
            own = np.flatnonzero(self.folds == fold)
            out[self.rows[own]] = softmax((heat * self._scores(best, own)).astype(np.float32))
        return out

    def _scores(self, strength: int, own: Indices) -> Matrix:
        chosen = self._strengths[strength]
        raw = self._raw[self._ridges.index(chosen.ridge), own].astype(np.float64)
        return chosen.prior * self._setup.general[self.rows[own]] + chosen.base + kernel(raw, chosen)

    def _count(self, number: int, own: Indices) -> None:
        scores = [self._scores(strength, own) for strength in range(len(self._strengths))]
        costs = kernel_ridge.losses_by_heat(scores, self._setup.faces.targets[self.rows[own]], self._usual)
        self._counts[number] += len(own)
        self._total[number] += costs.sum(axis=2)
        self._squares[number] += np.square(costs).sum(axis=2)
        flat = costs.reshape(-1, costs.shape[2])
        self._products[number] += (costs[0] @ flat.T).reshape(len(costs[0]), *costs.shape[:2])
