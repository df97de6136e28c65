"""Measuring a model on a dataset."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.errors import ConfigError, unknown_name
from fer_ros.core.base.labels import KNOWN, resolve
from fer_ros.core.base.types import FloatArray, ImageArray
from fer_ros.core.datasets.datasets import Dataset
from fer_ros.core.datasets.left_out import LeftOut
from fer_ros.core.datasets.measured_faces import MeasuredFace, MeasuredFaces
from fer_ros.core.evaluating import calibration, metrics
from fer_ros.core.recognition.recogniser import Model

BATCH = 64
#: Mistakes that are kept with their pictures.
WORST = 40
#: Sizes of pictures that are named.
SIZES_NAMED = 4
TINY = 1e-30


@dataclass(frozen=True, slots=True)
class Mistake:
    """A face that was misread.

    :ivar picture: uint8 (height, width, channels) as the network got it, RGB where there are three channels.
    """

    name: str
    truth: str
    predicted: str
    confidence: float
    picture: ImageArray

    def __repr__(self) -> str:
        return f"Mistake({self.name!r}: {self.truth}, taken for {self.predicted} {self.confidence:.2f})"


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
) -> Evaluation:
    """Classify every picture of a dataset.

    :param detector: finds the face (the largest counts) where the dataset does not know it; None where the dataset's
        pictures are crops.
    :param among: choose only among these labels, such as the six that a dataset has; None: among all.
    :param strict: refuse unknown labels, unreadable pictures, crops of unequal sizes and data of one label, instead of
        leaving them out or noting them.
    :param progress: called with the number of pictures done.
    :param label_names: whether ``joy`` is taken for the model's ``happy``: ``known`` or ``as-is``.
    :raises ConfigError: nothing is left to measure, or ``strict`` and something was wrong.
    """
    labels, spec = model.bundle.labels, model.bundle.input
    choice = Choice(among, labels)
    dataset.left_out.check(strict)
    measured_faces = MeasuredFaces(dataset, labels, detector, LeftOut(strict), label_names == KNOWN)
    truth: list[int] = []
    positions: list[int] = []
    rows: list[FloatArray] = []
    worst: list[tuple[float, int, Mistake]] = []
    for batch in _batches(measured_faces.read(progress)):
        crops = np.stack([measured.crop(spec) for measured in batch])
        rows.append(choice.limit(model.classify(crops)))
        truth.extend(measured.target for measured in batch)
        positions.extend(measured.position for measured in batch)
        _keep_worst(worst, batch, crops, rows[-1], labels)
    left_out = LeftOut()
    left_out.merge(dataset.left_out)
    left_out.merge(measured_faces.left_out)
    skipped = dict(left_out.counts)
    if not truth:
        reasons = ", ".join(f"{count} {reason}" for reason, count in skipped.items())
        raise ConfigError(
            f"{dataset.name}: nothing to measure ({measured_faces.no_face} without a face, {reasons or 'none skipped'})"
        )
    notes = _notes(truth, labels, measured_faces)
    odd = [f"{count} {text}" for text, count in left_out.notes.items()]
    if strict and notes:
        raise ConfigError(f"{dataset.name}: {notes[0]}; without --strict it is measured all the same")
    targets, probabilities = np.array(truth, dtype=np.int64), np.concatenate(rows)
    return Evaluation(
        metrics.measure(targets, probabilities.argmax(axis=1), labels),
        targets,
        probabilities,
        model.bundle.name,
        dataset.name,
        measured_faces.no_face,
        skipped,
        left_out.names,
        np.array(positions, dtype=np.int64),
        [mistake for _, _, mistake in sorted(worst, reverse=True, key=lambda entry: entry[:2])],
        notes + odd,
        measured_faces.renamed,
    )


def calibration_error(truth: npt.NDArray[np.int64], probabilities: FloatArray) -> float:
    """Expected calibration error, see :func:`fer_ros.core.evaluating.calibration.error`."""
    return calibration.error(truth, probabilities)


class Choice:
    """Which labels may be answered."""

    def __init__(self, among: tuple[str, ...] | None, labels: tuple[str, ...]) -> None:
        """Check the names.

        :param among: names or aliases of some of ``labels``; None allows all.
        :raises ConfigError: a name is unknown, or there is none.
        """
        self._allowed: npt.NDArray[np.bool_] | None = None
        if among is None:
            return
        if not among:
            raise ConfigError("no label is left to choose among")
        chosen = []
        for name in among:
            label = resolve(name, labels)
            if label is None:
                raise unknown_name("label", name, labels)
            chosen.append(label)
        self._allowed = np.array([label in chosen for label in labels])

    def limit(self, probabilities: FloatArray) -> FloatArray:
        """Probabilities (n, labels) of the labels that are allowed, of sum 1."""
        if self._allowed is None:
            return probabilities
        # Never nothing at all, even where the network is certain of a label that is not allowed.
        out = np.where(self._allowed, np.maximum(probabilities, TINY), 0.0).astype(np.float32)
        return np.asarray(out / out.sum(axis=1, keepdims=True), dtype=np.float32)


def _batches(measured_faces: Iterator[MeasuredFace]) -> Iterator[list[MeasuredFace]]:
    batch: list[MeasuredFace] = []
    for measured in measured_faces:
        batch.append(measured)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _keep_worst(
    worst: list[tuple[float, int, Mistake]],
    batch: list[MeasuredFace],
    crops: ImageArray,
    probabilities: FloatArray,
    labels: tuple[str, ...],
) -> None:
    """Put mistakes into a heap of the most confident ones; of equal ones the first in the dataset."""
    for measured, picture, row in zip(batch, crops, probabilities, strict=True):
        predicted, confidence = int(row.argmax()), float(row.max())
        if predicted != measured.target:
            # A copy, which does not keep the whole batch alive.
            mistake = Mistake(measured.name, labels[measured.target], labels[predicted], confidence, np.array(picture))
            heapq.heappush(worst, (confidence, -measured.position, mistake))
            if len(worst) > WORST:
                heapq.heappop(worst)


def _notes(targets: list[int], labels: tuple[str, ...], measured_faces: MeasuredFaces) -> list[str]:
    notes = []
    if len(set(targets)) == 1:
        notes.append(f"'{labels[targets[0]]}' is the only label, so macro figures say nothing of the others")
    if len(measured_faces.sizes) > 1:
        named = ", ".join(f"{count} of {size}" for size, count in measured_faces.sizes.most_common(SIZES_NAMED))
        more = "" if len(measured_faces.sizes) <= SIZES_NAMED else ", …"
        notes.append(f"the crops are of {len(measured_faces.sizes)} sizes, brought to one: {named}{more}")
    return notes
