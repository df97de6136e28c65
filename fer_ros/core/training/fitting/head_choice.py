"""How the head ``auto`` chooses, and what it says of its choice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_ros.core.base.contracts import Task, TrainedHead
from fer_ros.core.base.types import FloatArray
from fer_ros.core.training.fitting import ridge_fit

#: What was taught must beat the general model by so many standard errors, else that one's answer stays.
CLEARLY = 1.0
#: What teaching gained KDEF's people, share of the faces, counts like so many faces.
USUAL_GAIN, USUAL_FACES = 0.18, 10
#: Deviation of a face's gain at least: many faces that both read rightly prove nothing.
LEAST_SPREAD = 0.4


def train(task: Task) -> TrainedHead:
    """What was taught; the general model's head where that is measured to be as good."""
    taught = ridge_fit.train(task, task.settings.keep_general)
    if taught.held_out is None or taught.general is None:
        return replace(taught, facts={**taught.facts, "chosen": "ridge", "why": "there is not enough to measure"})
    base, rows = task.base, np.flatnonzero(np.isfinite(taught.held_out).all(axis=1))
    truth = task.training.targets[rows]
    if not set(task.labels) <= set(base.labels):
        why = f"the general model '{base.name}' lacks some of the labels"
    else:
        general = taught.general[rows]
        there = np.array([base.labels.index(label) for label in task.labels])[truth]
        right = taught.held_out[rows].argmax(axis=1) == truth
        if not _clearly(right.astype(np.float64) - (general.argmax(axis=1) == there)):
            return _kept(task, taught.general)
        why = "it is better than the general model by more than chance"
    return replace(taught, facts={**taught.facts, "chosen": "ridge", "why": why})


def _clearly(gain: npt.NDArray[np.float64]) -> bool:
    """Whether a gain, 1, 0 or -1 of each face, is more than chance."""
    count = len(gain) + USUAL_FACES
    mean = (gain.sum() + USUAL_FACES * USUAL_GAIN) / count
    return bool(mean > CLEARLY * max(float(gain.std()), LEAST_SPREAD) / np.sqrt(count))


def _kept(task: Task, answers: FloatArray) -> TrainedHead:
    """The general model's head as it is, and its answers."""
    base = task.base
    return TrainedHead(
        content=(Path(base.path) / base.head_file).read_bytes(),
        plugin=base.head_plugin,
        labels=base.labels,
        held_out=answers,
        general=answers,
        facts={"chosen": "general", "why": "what was taught is not better than the general model by more than chance"},
    )
