"""Measuring a model on a dataset."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_ros.core import crop, metrics
from fer_ros.core.contracts import Detector
from fer_ros.core.datasets import Dataset, Item
from fer_ros.core.errors import ConfigError, unknown_name
from fer_ros.core.labels import resolve
from fer_ros.core.recogniser import Model
from fer_ros.core.types import FloatArray, ImageArray, Roi

log = logging.getLogger(__name__)

BATCH = 64
#: Bins of the expected calibration error (Guo et al. 2017, arXiv:1706.04599).
CALIBRATION_BINS = 15
TINY = 1e-30


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was found.

    :ivar truth: int64 (n,), index into the model's labels.
    :ivar probabilities: float32 (n, number of labels).
    :ivar no_face: pictures in which the detector found no face; not counted in the metrics.
    :ivar skipped: reason → number of pictures left out.
    """

    metrics: metrics.Metrics
    truth: npt.NDArray[np.int64]
    probabilities: FloatArray
    model: str
    dataset: str
    no_face: int
    skipped: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: the metrics, the calibration error, the model, the dataset, and what was left out."""
        return {
            **self.metrics.to_dict(),
            "expected_calibration_error": calibration_error(self.truth, self.probabilities),
            "model": self.model,
            "dataset": self.dataset,
            "no_face": self.no_face,
            "skipped": self.skipped,
        }


def evaluate(
    model: Model,
    dataset: Dataset,
    detector: Detector | None = None,
    among: tuple[str, ...] | None = None,
    strict: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Evaluation:
    """Classify every picture of a dataset.

    :param detector: finds the face (the largest counts) where the dataset does not know it; None where the dataset's
        pictures are crops.
    :param among: choose only among these labels, such as the six that a dataset has; None: among all.
    :param strict: refuse unknown labels and unreadable pictures instead of leaving them out.
    :param progress: called with the number of pictures done.
    :raises ConfigError: nothing is left to measure, or ``strict`` and something was wrong.
    """
    labels = model.bundle.labels
    allowed = _allowed(among, labels)
    reader = _Reader(model, detector, strict)
    truth: list[int] = []
    rows: list[FloatArray] = []
    for crops, targets in _batches(reader.read(dataset, progress)):
        truth.extend(targets)
        rows.append(model.classify(crops))
    if not truth:
        reasons = ", ".join(f"{count} {reason}" for reason, count in reader.skipped.items())
        raise ConfigError(
            f"{dataset.name}: nothing to measure ({reader.no_face} without a face, {reasons or 'none skipped'})"
        )
    probabilities = np.concatenate(rows)
    if allowed is not None:
        # Never nothing at all, even where the network is certain of a label that is not allowed.
        probabilities = np.where(allowed, np.maximum(probabilities, TINY), 0.0).astype(np.float32)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
    targets_array = np.array(truth, dtype=np.int64)
    measured = metrics.measure(targets_array, probabilities.argmax(axis=1), labels)
    return Evaluation(
        measured, targets_array, probabilities, model.bundle.name, dataset.name, reader.no_face, dict(reader.skipped)
    )


def calibration_error(truth: npt.NDArray[np.int64], probabilities: FloatArray) -> float:
    """Expected calibration error: the mean gap between confidence and accuracy over bins of confidence.

    :param truth: (n,), n ≥ 1.
    :param probabilities: (n, classes).
    """
    confidence = probabilities.max(axis=1)
    hit = probabilities.argmax(axis=1) == truth
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    gaps = [abs(hit[bins == b].sum() - confidence[bins == b].sum()) for b in range(CALIBRATION_BINS)]
    return float(sum(gaps) / len(truth))


class _Reader:
    """Turns the items of a dataset into crops with targets, and counts what is left out."""

    def __init__(self, model: Model, detector: Detector | None, strict: bool) -> None:
        self.model, self.detector, self.strict = model, detector, strict
        self.no_face = 0
        self.skipped: Counter[str] = Counter()

    def read(self, dataset: Dataset, progress: Callable[[int], None] | None) -> Iterator[tuple[ImageArray, int]]:
        labels = self.model.bundle.labels
        for number, item in enumerate(dataset, start=1):
            label = resolve(item.label, labels)
            if label is None:
                self._leave_out(f"of unknown label '{item.label}'", item)
            elif item.image is None:
                self._leave_out("unreadable", item)
            else:
                face = self._crop(item.image, item.roi)
                if face is None:
                    self.no_face += 1
                else:
                    yield face, labels.index(label)
            if progress:
                progress(number)

    def _crop(self, image: ImageArray, roi: Roi | None) -> ImageArray | None:
        spec = self.model.bundle.input
        if self.detector is None:
            return crop.resize(image, spec)
        if roi is not None:
            return crop.cut(image, roi, self.detector.framing, spec)
        self.detector.reset()
        faces = self.detector.detect(image)
        return crop.cut(image, faces[0].roi, self.detector.framing, spec) if faces else None

    def _leave_out(self, reason: str, item: Item) -> None:
        if self.strict:
            labels = ", ".join(self.model.bundle.labels)
            raise ConfigError(f"{item.name}: {reason} (labels of the model: {labels}); without --strict it is left out")
        if not self.skipped[reason]:
            log.warning("%s: left out, %s (further ones are only counted)", item.name, reason)
        self.skipped[reason] += 1


def _batches(pairs: Iterator[tuple[ImageArray, int]]) -> Iterator[tuple[ImageArray, list[int]]]:
    crops: list[ImageArray] = []
    targets: list[int] = []
    for image, target in pairs:
        crops.append(image)
        targets.append(target)
        if len(crops) == BATCH:
            yield np.stack(crops), targets
            crops, targets = [], []
    if crops:
        yield np.stack(crops), targets


def _allowed(among: tuple[str, ...] | None, labels: tuple[str, ...]) -> npt.NDArray[np.bool_] | None:
    if among is None:
        return None
    if not among:
        raise ConfigError("no label is left to choose among")
    chosen = []
    for name in among:
        label = resolve(name, labels)
        if label is None:
            raise unknown_name("label", name, labels)
        chosen.append(label)
    return np.array([label in chosen for label in labels])
