"""How the head ``ridge`` is taught: features, strength by cross-validation, temperature, what it knows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fer_ros.core.base.arrays import pack
from fer_ros.core.base.contracts import LabelledFaces, Task, TrainedHead
from fer_ros.core.base.types import FloatArray
from fer_ros.core.training.fitting import kernel_ridge
from fer_ros.core.training.fitting.kernel_ridge import Matrix, Problem, Strength
from fer_ros.core.training.fitting.ridge_data import (
    CLEARLY,
    General,
    general_head,
    known,
    thinned,
    usual,
    weights,
)
from fer_ros.core.vision import likeness
from fer_ros.core.vision.softmax import softmax

#: The strength and the temperature where nothing can be measured; found on half of KDEF's people.
PENALTY, TEMPERATURE = 0.1, 9.0
#: The prior is this times the general model's accuracy on the pictures that are taught, none of which it has seen, over
#: the pictures of a label, of which this many count at most: those of one take are much alike.
PRIOR, MOST_COUNTED = 0.7, 4
#: The prior where labels stay that were not taught: their share of the answer rests on it.
PRIOR_KEEPING = 1.0
PENALTIES, PRIORS = (0.03, 0.1, 0.3, 1.0), (0.0, 0.15, 0.3, 0.6)
#: Likeness to the nearest taught face where the general model's answer ends to count: KDEF's people on another day have
#: 0.65 and more, 95 of 100 strangers of FER2013 less than 0.55.
GATE = (0.5, 0.7)
#: The same where only some labels are taught: a person's other expressions are like the taught ones, too, and are left
#: to the general model. Of the faces that KDEF's people make on another day, half have 0.75 and more to the same
#: expression and 0.54 to the nearest other one.
GATE_SOME = (0.7, 0.85)


def train(task: Task, keep_general: bool = True, penalty: float = 0.0, prior: float = -1.0) -> TrainedHead:
    """Teach the head.

    :param keep_general: see the settings of ``ridge``.
    :param penalty: 0: chosen by cross-validation.
    :param prior: -1: by :func:`usual_weight`, or another that cross-validation finds clearly better.
    """
    labels, general = general_head(task, keep_general)
    mean, scale, stated = usual(task)
    fitted = _fitted(task, general, mean, scale, penalty, prior)
    # Without the usual values of many people nothing says how like two faces are.
    gate = GATE if len(task.labels) == len(labels) else GATE_SOME
    low, high = gate if stated and keep_general and general.has.any() else (-2.0, -1.0)
    content = pack(
        mean=mean,
        scale=scale,
        kernel=fitted.kernel,
        prior=fitted.strength.prior,
        base=fitted.strength.base,
        temperature=[fitted.heat],
        known=fitted.known,
        gate=(low, high),
        general_kernel=general.kernel,
        general_bias=general.bias,
        general=general.has,
    )
    facts = {
        "penalty": fitted.strength.ridge,
        "prior": round(float(fitted.strength.prior[0]), 3),
        "temperature": round(fitted.heat, 2),
        "rows": fitted.rows,
    }
    return TrainedHead(content, "ridge", labels, facts=facts, held_out=fitted.held_out, general=fitted.general)


@dataclass(frozen=True, slots=True)
class _Fitted:
    """What was fitted to so many rows.

    :ivar kernel: (d, labels).
    :ivar known: (n, d), features that stand for all.
    :ivar held_out: as of :class:`fer_ros.core.base.contracts.TrainedHead`, and so is ``general``.
    """

    strength: Strength
    heat: float
    kernel: Matrix
    known: FloatArray
    held_out: FloatArray | None
    general: FloatArray | None
    rows: int


def _fitted(task: Task, general: General, mean: FloatArray, scale: FloatArray, penalty: float, prior: float) -> _Fitted:
    """Fit to the faces, thinned, wherever they lie: in closed form by their kernel."""
    rows = thinned(task)
    faces = task.training.chosen(rows).loaded()
    x = likeness.unit(likeness.finest(faces.maps), mean, scale)
    answers = likeness.general_answers(faces.embeddings, general.kernel, general.bias, general.has)
    double = x.astype(np.float64)
    problem = Problem(
        kernel=double @ double.T,
        targets=np.eye(len(general.has))[faces.targets],
        general=answers.astype(np.float64),
        weights=weights(task)[rows],
        folds=faces.folds,
        measured=np.flatnonzero(faces.measured),
    )
    candidates = _candidates(task, faces, general, answers, penalty, prior)
    solved = kernel_ridge.held_out(problem, candidates) if len(problem.measured) else []
    scores = [one.scores for one in solved]
    costs = kernel_ridge.losses_by_heat(scores, problem.truth, TEMPERATURE)
    best, heat = chosen(costs) if solved else (0, TEMPERATURE)
    strength = candidates[best]
    kernel = double.T @ (solved[best].coefficients if solved else kernel_ridge.coefficients(problem, strength))
    held_out = _answers(task, problem, scores, costs, rows)
    there = _general(task, faces, problem.measured, rows) if held_out is not None else None
    return _Fitted(strength, heat, kernel, x[known(x[: int(faces.pictures)])], held_out, there, len(rows))


def _candidates(
    task: Task, faces: LabelledFaces, general: General, answers: FloatArray, penalty: float, prior: float
) -> list[Strength]:
    """What is tried; arguments as of :func:`train`, and the general model's answers to the faces that are fitted."""
    usual_prior = prior
    if prior < 0.0:
        pictures = slice(int(faces.pictures))
        trusted = float((answers[pictures].argmax(axis=1) == faces.targets[pictures]).mean())
        usual_prior = usual_weight(trusted, faces.pictures / len(task.labels))
    return strengths(len(task.labels), general, penalty, usual_prior, choose=prior < 0.0)


def usual_weight(accuracy: float, pictures: float) -> float:
    """The prior where nothing says more: the better the general model reads these people, and the less is taught.

    :param accuracy: of the general model on what is taught, 0 to 1.
    :param pictures: taught pictures of a label.
    """
    return PRIOR * accuracy / min(max(pictures, 1.0), MOST_COUNTED)


def strengths(taught: int, general: General, penalty: float, prior: float, choose: bool) -> list[Strength]:
    """What is tried; the usual one first.

    :param taught: how many labels are taught; they come first.
    :param penalty: 0: several are tried.
    :param choose: try other priors, too.
    """
    labels = len(general.has)
    complete = taught == labels
    if not choose:
        priors = [prior]
    elif not general.has.any():
        priors = [0.0]
    elif complete:
        priors = [prior, *(value for value in PRIORS if value != prior)]
    else:
        priors = [PRIOR_KEEPING]
    penalties = [penalty] if penalty > 0.0 else [PENALTY, *(value for value in PENALTIES if value != PENALTY)]
    own = np.arange(labels) < taught
    return [
        Strength(ridge, np.where(own, weight, 1.0), np.where(own, (1.0 - weight) / taught, 0.0))
        for weight in priors
        for ridge in penalties
    ]


def chosen(costs: Matrix) -> tuple[int, float]:
    """The best candidate by cross-validation, or the first where none is clearly better; and its temperature.

    :param costs: see :func:`fer_ros.core.training.fitting.kernel_ridge.losses_by_heat`, some rows at least.
    """
    heats = kernel_ridge.best_heats(costs)
    at_best = costs[np.arange(len(costs)), heats]
    best = int(np.argmin(at_best.mean(axis=1)))
    gain = at_best[0] - at_best[best]
    if gain.mean() <= CLEARLY * gain.std() / np.sqrt(len(gain)):
        best = 0
    return best, float(TEMPERATURE * kernel_ridge.TEMPERATURES[heats[best]])


def _answers(
    task: Task, problem: Problem, scores: list[Matrix], costs: Matrix, rows: npt.NDArray[np.int64]
) -> FloatArray | None:
    """Probabilities of each picture by the others, NaN: unknown; its fold has no say in strength and temperature."""
    if not scores:
        return None
    out = np.full((task.training.pictures, problem.targets.shape[1]), np.nan, np.float32)
    folds = problem.folds[problem.measured]
    for fold in np.unique(folds):
        inside, others = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        best, heat = chosen(costs[:, :, others]) if len(others) else (0, TEMPERATURE)
        out[rows[problem.measured[inside]]] = softmax((heat * scores[best][inside]).astype(np.float32))
    return out


def _general(
    task: Task, faces: LabelledFaces, measured: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]
) -> FloatArray:
    """The general model's answers to the measured ones of the fitted faces, at their places among all pictures."""
    found = faces.chosen(measured).answered(task.base.head)
    out = np.full((task.training.pictures, found.shape[1]), np.nan, np.float32)
    out[rows[measured]] = found
    return out
