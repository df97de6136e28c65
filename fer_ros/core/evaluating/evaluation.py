"""Measuring a model on a dataset."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.labels import KNOWN
from fer_ros.core.base.types import FloatArray
from fer_ros.core.datasets.datasets import Dataset
from fer_ros.core.datasets.left_out import LeftOut
from fer_ros.core.datasets.picture import LabelledPicture
from fer_ros.core.engine import Engine
from fer_ros.core.evaluating import apart, calibration, metrics
from fer_ros.core.evaluating.part import Choice, Mistake, Part, read_part
from fer_ros.core.recognition.recogniser import Model

BATCH = 64
#: Mistakes that are kept with their pictures.
WORST = 40
#: Sizes of pictures that are named.
SIZES_NAMED = 4


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The result of an evaluation.

    :ivar truth: int64 (n,), index into the model's labels.
    :ivar probabilities: float32 (n, number of labels).
    :ivar no_face: pictures in which the detector found no face; not counted in the metrics.
    :ivar skipped: reason → number of pictures left out; ``skipped_names``: the first three of each.
    :ivar positions: int64 (n,), of the faces in the dataset.
    :ivar mistakes: the most confident ones, at most ``WORST``, the most confident first.
    :ivar notes: sentences on what is unusual about the data.
    :ivar renamed: label of the dataset → the model's, where they differ.
    """

    metrics: metrics.Metrics
    truth: npt.NDArray[np.int64]
    probabilities: FloatArray
    model: str
    dataset: str
    no_face: int
    skipped: dict[str, int]
    skipped_names: dict[str, list[str]]
    positions: npt.NDArray[np.int64]
    mistakes: list[Mistake] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Evaluation({self.model!r}, accuracy={self.metrics.accuracy:.3f} on {self.metrics.count} faces)"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: the metrics, the calibration error, the model, the dataset, and what was left out."""
        return {
            **self.metrics.to_dict(),
            "balanced_accuracy": self.metrics.macro_recall,
            "expected_calibration_error": calibration_error(self.truth, self.probabilities),
            "model": self.model,
            "dataset": self.dataset,
            "no_face": self.no_face,
            "read": self.metrics.count + self.no_face,
            "skipped": self.skipped,
            "skipped_names": self.skipped_names,
            "renamed": self.renamed,
            "notes": self.notes,
        }


def evaluate(
    model: Model,
    dataset: Dataset,
    detector: Detector | None = None,
    among: tuple[str, ...] | None = None,
    strict: bool = False,
    progress: Callable[[int], None] | None = None,
    label_names: str = KNOWN,
    engine: Engine | None = None,
) -> Evaluation:
    """Classify every picture of a dataset.

    :param detector: finds the face (the largest counts) where the dataset does not know it; None where the dataset's
        pictures are crops.
    :param among: choose only among these labels, such as the six that a dataset has; None: among all.
    :param strict: refuse unknown labels, unreadable pictures, crops of unequal sizes and data of one label, instead of
        leaving them out or noting them.
    :param progress: called with the number of pictures done.
    :param label_names: whether ``joy`` is taken for the model's ``happy``: ``known`` or ``as-is``.
    :param engine: reads and classifies the pictures; None: this process. The answers are the same.
    :raises ConfigError: nothing is left to measure, or ``strict`` and something was wrong.
    """
    labels, choice = model.bundle.labels, Choice(among, model.bundle.labels)
    dataset.left_out.check(strict)
    found, resolving = _Sum(LeftOut(strict)), label_names == KNOWN
    if engine is None or not engine.apart:
        pictures, start = iter(dataset), 0
        while batch := _read(itertools.islice(pictures, BATCH), start, progress):
            found.add(start, read_part(model, batch, detector, choice, found.left_out, resolving))
            start += len(batch)
    else:
        for start, part in apart.parts(engine, model, dataset, detector, among, strict, resolving, BATCH):
            found.add(start, part)
            if progress:
                progress(start + part.pictures)
    truth = found.truth
    left_out = LeftOut()
    left_out.merge(dataset.left_out)
    left_out.merge(found.left_out)
    skipped = dict(left_out.counts)
    if not truth:
        reasons = ", ".join(f"{count} {reason}" for reason, count in skipped.items())
        raise ConfigError(
            f"{dataset.name}: nothing to measure ({found.no_face} without a face, {reasons or 'none skipped'})"
        )
    notes = _notes(truth, labels, found.sizes)
    odd = [f"{count} {text}" for text, count in left_out.notes.items()]
    if strict and notes:
        raise ConfigError(f"{dataset.name}: {notes[0]}; without --strict it is measured all the same")
    targets, probabilities = np.array(truth, dtype=np.int64), np.concatenate(found.rows)
    return Evaluation(
        metrics.measure(targets, probabilities.argmax(axis=1), labels),
        targets,
        probabilities,
        model.bundle.name,
        dataset.name,
        found.no_face,
        skipped,
        left_out.names,
        np.array(found.positions, dtype=np.int64),
        [mistake for _, _, mistake in sorted(found.worst, reverse=True, key=lambda entry: entry[:2])],
        notes + odd,
        found.renamed,
    )


def calibration_error(truth: npt.NDArray[np.int64], probabilities: FloatArray) -> float:
    """Expected calibration error, see :func:`fer_ros.core.evaluating.calibration.error`."""
    return calibration.error(truth, probabilities)


def _read(
    pictures: Iterator[LabelledPicture], start: int, progress: Callable[[int], None] | None
) -> list[LabelledPicture]:
    """Pictures, told of one by one: some take long to read."""
    batch = []
    for picture in pictures:
        batch.append(picture)
        if progress:
            progress(start + len(batch))
    return batch


class _Sum:
    """What all parts together have given."""

    def __init__(self, left_out: LeftOut) -> None:
        self.left_out = left_out
        self.truth: list[int] = []
        self.positions: list[int] = []
        self.rows: list[FloatArray] = []
        self.worst: list[tuple[float, int, Mistake]] = []
        self.no_face, self.sizes, self.renamed = 0, Counter[str](), dict[str, str]()

    def add(self, start: int, part: Part) -> None:
        """Take a part; they come in the order of the dataset."""
        self.truth += part.truth
        self.positions += [start + position for position in part.positions]
        self.rows += [part.rows] if part.truth else []
        for mistake, position in part.mistakes:
            # A heap of the most confident ones; of equal ones the first in the dataset.
            heapq.heappush(self.worst, (mistake.confidence, -(start + position), mistake))
            if len(self.worst) > WORST:
                heapq.heappop(self.worst)
        self.no_face += part.no_face
        self.sizes.update(part.sizes)
        self.renamed |= part.renamed
        if part.left_out is not self.left_out:
            self.left_out.merge(part.left_out)


def _notes(targets: list[int], labels: tuple[str, ...], sizes: Counter[str]) -> list[str]:
    notes = []
    if len(set(targets)) == 1:
        notes.append(f"'{labels[targets[0]]}' is the only label, so macro figures say nothing of the others")
    if len(sizes) > 1:
        named = ", ".join(f"{count} of {size}" for size, count in sizes.most_common(SIZES_NAMED))
        more = "" if len(sizes) <= SIZES_NAMED else ", …"
        notes.append(f"the crops are of {len(sizes)} sizes, brought to one: {named}{more}")
    return notes
