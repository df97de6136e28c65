"""How the head ``ridge`` is taught: features, strength by cross-validation, temperature, what it knows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_ros.core.base.arrays import pack, unpack
from fer_ros.core.base.contracts import Task, TrainedHead
from fer_ros.core.base.types import FloatArray
from fer_ros.core.bundles.bundle import FINER_FILE
from fer_ros.core.training.fitting import kernel_ridge
from fer_ros.core.training.fitting.kernel_ridge import Matrix, Problem, Strength
from fer_ros.core.vision import likeness
from fer_ros.core.vision.softmax import softmax

#: The strength and the temperature where nothing can be measured; found on half of KDEF's people.
PENALTY, TEMPERATURE = 0.1, 9.0
#: The prior is this times the general model's accuracy on the pictures that are taught, none of which it has seen, over
#: the pictures of a label, of which this many count at most: those of one take are much alike.
PRIOR, MOST_COUNTED = 0.7, 4
#: The altered copies of a picture count as so many pictures together, and none of them as more than one.
COPIES_COUNT = 2.4
#: The prior where labels stay that were not taught: their share of the answer rests on it.
PRIOR_KEEPING = 1.0
PENALTIES, PRIORS = (0.03, 0.1, 0.3, 1.0), (0.0, 0.15, 0.3, 0.6)
#: Another strength must be better than the usual one by so many standard errors.
CLEARLY = 2.0
#: Likeness to the nearest taught face where the general model's answer ends to count: KDEF's people on another day have
#: 0.65 and more, 95 of 100 strangers of FER2013 less than 0.55.
GATE = (0.5, 0.7)
#: The same where only some labels are taught: a person's other expressions are like the taught ones, too, and are left
#: to the general model. Of the faces that KDEF's people make on another day, half have 0.75 and more to the same
#: expression and 0.54 to the nearest other one.
GATE_SOME = (0.7, 0.85)
#: Taught faces that are kept to compare with: enough for some fifty people, whose likeness costs 0.6 million products.
KNOWN = 128
#: Rows that are fitted; of more, neighbours are left out evenly.
MOST_ROWS = 1000


@dataclass(frozen=True, slots=True)
class General:
    """The general model's linear head, its columns in the order of the new labels.

    :ivar has: which labels it has; none where its head is not linear.
    """

    kernel: FloatArray
    bias: FloatArray
    has: npt.NDArray[np.bool_]


def train(task: Task, keep_general: bool = True, penalty: float = 0.0, prior: float = -1.0) -> TrainedHead:
    """Teach the head.

    :param keep_general: see the settings of ``ridge``.
    :param penalty: 0: chosen by cross-validation.
    :param prior: -1: by :func:`usual_weight`, or another that cross-validation finds clearly better.
    """
    labels, general = general_head(task, keep_general)
    rows = thinned(task)
    faces = task.training.chosen(rows)
    mean, scale, stated = usual(task)
    x = likeness.unit(likeness.finest(faces.maps), mean, scale)
    answers = likeness.general_answers(faces.embeddings, general.kernel, general.bias, general.has)
    double = x.astype(np.float64)
    problem = Problem(
        kernel=double @ double.T,
        targets=np.eye(len(labels))[faces.targets],
        general=answers.astype(np.float64),
        weights=weights(task)[rows],
        folds=faces.folds,
        measured=np.flatnonzero(faces.measured),
    )
    if prior < 0.0:
        pictures = slice(int(faces.pictures))
        trusted = float((answers[pictures].argmax(axis=1) == faces.targets[pictures]).mean())
        usual_prior = usual_weight(trusted, faces.pictures / len(task.labels))
    else:
        usual_prior = prior
    candidates = strengths(len(task.labels), general, penalty, usual_prior, choose=prior < 0.0)
    scores = kernel_ridge.held_out(problem, candidates) if len(problem.measured) else []
    costs = kernel_ridge.losses_by_heat(scores, problem.truth, TEMPERATURE)
    best, heat = chosen(costs) if scores else (0, TEMPERATURE)
    strength = candidates[best]
    # Without the usual values of many people nothing says how like two faces are.
    gate = GATE if len(task.labels) == len(labels) else GATE_SOME
    low, high = gate if stated and keep_general and general.has.any() else (-2.0, -1.0)
    content = pack(
        mean=mean,
        scale=scale,
        kernel=double.T @ kernel_ridge.coefficients(problem, strength),
        prior=strength.prior,
        base=strength.base,
        temperature=[heat],
        known=x[known(x[: int(faces.pictures)])],
        gate=(low, high),
        general_kernel=general.kernel,
        general_bias=general.bias,
        general=general.has,
    )
    facts = {
        "penalty": strength.ridge,
        "prior": round(float(strength.prior[0]), 3),
        "temperature": round(heat, 2),
        "rows": len(rows),
    }
    return TrainedHead(content, "ridge", labels, facts=facts, held_out=_answers(task, problem, scores, costs, rows))


def general_head(task: Task, keep: bool) -> tuple[tuple[str, ...], General]:
    """The labels of the new head, those taught first, and the general head's columns for them."""
    base = task.base
    arrays: dict[str, FloatArray] = getattr(base.head, "arrays", {}) if base.head_plugin == "linear" else {}
    kept = base.labels if arrays and keep else ()
    labels = (*task.labels, *(label for label in kept if label not in task.labels))
    has = np.array([bool(arrays) and label in base.labels for label in labels])
    kernel = np.zeros((task.training.embeddings.shape[-1], len(labels)), np.float32)
    bias = np.zeros(len(labels), np.float32)
    if has.any():
        columns = [base.labels.index(label) for label, own in zip(labels, has, strict=True) if own]
        kernel[:, has], bias[has] = arrays["kernel"][:, columns], arrays["bias"][columns]
    return labels, General(kernel, bias, has)


def usual(task: Task) -> tuple[FloatArray, FloatArray, bool]:
    """Mean and deviation of each value: of many people where the general model states them, else of these faces."""
    values = likeness.finest(task.training.maps)
    file = Path(task.base.path) / FINER_FILE
    if task.training.finer.size and file.is_file():
        found = unpack(file, {"mean": (values.shape[1],), "scale": (values.shape[1],)})
        return found["mean"], np.maximum(found["scale"], 1e-6), True
    deviation = values.std(axis=0)
    return values.mean(axis=0), np.maximum(deviation, max(1e-6, 0.3 * float(deviation.mean()))), False


def thinned(task: Task) -> npt.NDArray[np.int64]:
    """Rows to fit: all, or of more than :data:`MOST_ROWS` pictures first, evenly, and of each label as many."""
    faces = task.training
    if len(faces) <= MOST_ROWS:
        return np.arange(len(faces))
    pictures = np.arange(faces.pictures)
    share = MOST_ROWS // len(task.labels)
    kept = []
    for label in range(len(task.labels)):
        own = pictures[faces.targets[pictures] == label]
        kept.append(own[np.unique(np.linspace(0, len(own) - 1, min(share, len(own))).astype(np.int64))])
    return np.sort(np.concatenate(kept))


def weights(task: Task) -> Matrix:
    """How much each row counts."""
    faces = task.training
    copies = len(faces) / faces.pictures - 1.0
    each = min(1.0, COPIES_COUNT / copies) if copies else 1.0
    return faces.weights.astype(np.float64) * np.where(np.arange(len(faces)) < faces.pictures, 1.0, each)


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


def known(x: FloatArray) -> npt.NDArray[np.int64]:
    """Rows that stand for all: each next one is the one that is least like those before."""
    rows = [0]
    likeness = x @ x[0]
    while len(rows) < min(KNOWN, len(x)):
        rows.append(int(np.argmin(likeness)))
        likeness = np.maximum(likeness, x @ x[rows[-1]])
    return np.array(rows)


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
