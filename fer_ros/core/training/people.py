"""Teaching who is who: of each person that the recordings name, what tells their face, and a head of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fer_ros.core.base.arrays import pack
from fer_ros.core.base.contracts import Head, Task, TrainedHead
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import FloatArray
from fer_ros.core.training.fitting.ridge_data import known
from fer_ros.core.training.rows import Faces
from fer_ros.core.training.split_parts import Indices
from fer_ros.core.vision import identity

#: What the picture of another person counts in the teaching of somebody's own head, beside one of themselves: between 0
#: and 1 it makes little difference (KDEF in groups of five: 0.939 with 0, 0.953 with 0.3, 0.947 with 1).
OTHERS = 0.3


@dataclass(frozen=True, slots=True)
class TaughtPerson:
    """What was learned of a person.

    :ivar faces: the file with the rows that tell who it is, ``faces`` (n, 256).
    """

    subject: str
    faces: bytes
    trained: TrainedHead


def check(mode: str, head: type[Head], name: str) -> None:
    """Refuse what cannot be.

    :param mode: the option ``people``.
    :raises ConfigError: the head is none that learns by cross-validation.
    """
    if mode != "none" and not head.crosses:
        raise ConfigError(f"people '{mode}' is of the heads auto and ridge, not of '{name}': choose another")


def teach(head: type[Head], task: Task, found: Faces, joint: TrainedHead) -> tuple[list[TaughtPerson], TrainedHead]:
    """Teach each person, and let the joint head's measured answers to their pictures be those of their own.

    :param task: all faces, whichever of them the joint head learned from.
    :raises ConfigError: nobody is named, or the faces are too many.
    """
    if not found.subjects:
        raise ConfigError("people 'auto' needs the names of those who were recorded: fer record --subject NAME")
    if len(found.crops) < len(found):
        raise ConfigError(f"people 'auto' is learned in memory, and {len(found)} faces are too many: give fewer bags")
    # Faces without a name, if there are any, have the number 0.
    first = int(found.origin.subjects.max()) + 1 - len(found.subjects)
    owners = np.tile(found.origin.subjects, len(task.training) // len(found)) - first
    taught = []
    for number, subject in enumerate(found.subjects):
        weights = np.where(owners == number, 1.0, OTHERS).astype(np.float32) * task.training.weights
        # What is chosen by cross-validation is chosen for this person.
        measured = task.training.measured & (owners == number)
        own = replace(task, training=replace(task.training, weights=weights / weights.mean(), measured=measured))
        rows = identity.features(found.crops[owners[: len(found)] == number])
        taught.append(TaughtPerson(subject, pack(faces=rows[known(rows)]), head.train(own)))
    merged = _merged(joint, taught, owners[: len(found)], task.labels)
    return taught, replace(joint, held_out=merged, facts={**joint.facts, "people": len(taught)})


def _merged(
    joint: TrainedHead, taught: list[TaughtPerson], owners: Indices, labels: tuple[str, ...]
) -> FloatArray | None:
    """The answers to each person's pictures by their own head, in the labels of the joint head."""
    if joint.held_out is None or len(joint.held_out) != len(owners):
        return joint.held_out
    into = joint.labels or labels
    out = joint.held_out.copy()
    for number, person in enumerate(taught):
        rows = np.flatnonzero(owners == number)
        if person.trained.held_out is not None:
            out[rows] = 0.0
            columns = np.array([into.index(label) for label in person.trained.labels or labels])
            out[rows[:, np.newaxis], columns] = person.trained.held_out[rows]
    return out
