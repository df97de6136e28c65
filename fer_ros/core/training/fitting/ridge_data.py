"""What the head ``ridge`` is fitted to: which faces, how much each counts, the usual values, the general head."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_ros.core.base.arrays import unpack
from fer_ros.core.base.contracts import LabelledFaces, Task
from fer_ros.core.base.types import FloatArray
from fer_ros.core.bundles.bundle import FINER_FILE
from fer_ros.core.training.fitting.kernel_ridge import Matrix
from fer_ros.core.vision import likeness

#: Another strength must be better than the usual one by so many standard errors.
CLEARLY = 2.0
#: The altered copies of a picture count as so many pictures together, and none of them as more than one.
COPIES_COUNT = 2.4
#: Taught faces that are kept to compare with: enough for some fifty people, whose likeness costs 0.6 million products.
KNOWN = 128
#: Rows that are fitted; of more, neighbours are left out evenly.
MOST_ROWS = 1000
#: So many of more than ``MANY`` faces. On 700 held-out faces of FER2013's PublicTest, 1,000, 2,000 and 2,800 others
#: gave 0.631, 0.653 and 0.653 (mean of four draws, the best penalty of each): more rows cost time and gain nothing.
MOST_ROWS_OF_MANY, MANY = 2000, 9000


@dataclass(frozen=True, slots=True)
class General:
    """The general model's linear head, its columns in the order of the new labels.

    :ivar has: which labels it has; none where its head is not linear.
    """

    kernel: FloatArray
    bias: FloatArray
    has: npt.NDArray[np.bool_]


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
    faces = task.training
    values = prod((faces.finer if faces.finer.size else faces.embeddings).shape[1:])
    file = Path(task.base.path) / FINER_FILE
    if faces.finer.size and file.is_file():
        found = unpack(file, {"mean": (values,), "scale": (values,)})
        return found["mean"], np.maximum(found["scale"], 1e-6), True
    mean, deviation = _spread(faces)
    return mean, np.maximum(deviation, max(1e-6, 0.3 * float(deviation.mean()))), False


def _spread(faces: LabelledFaces) -> tuple[FloatArray, FloatArray]:
    """Mean and deviation of each value of these faces."""
    only = {"embeddings": not faces.finer.size}
    mean = sum(likeness.finest(part.maps).sum(axis=0, dtype=np.float64) for part in faces.pieces(**only)) / len(faces)
    squares = sum(np.square(likeness.finest(part.maps) - mean).sum(axis=0) for part in faces.pieces(**only))
    return np.float32(mean), np.sqrt(squares / len(faces)).astype(np.float32)


def thinned(task: Task) -> npt.NDArray[np.int64]:
    """Rows to fit: all, or of more than :data:`MOST_ROWS` pictures first, evenly, and of each label as many."""
    faces = task.training
    most = MOST_ROWS if len(faces) <= MANY else MOST_ROWS_OF_MANY
    if len(faces) <= most:
        return np.arange(len(faces))
    pictures = np.arange(faces.pictures)
    share = most // len(task.labels)
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


def known(x: FloatArray) -> npt.NDArray[np.int64]:
    """Rows that stand for all: each next one is the one that is least like those before."""
    rows = [0]
    likeness = x @ x[0]
    while len(rows) < min(KNOWN, len(x)):
        rows.append(int(np.argmin(likeness)))
        likeness = np.maximum(likeness, x @ x[rows[-1]])
    return np.array(rows)
