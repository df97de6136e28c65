"""A part of a dataset measured: what the pictures are, and what the model says of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.errors import ConfigError, unknown_name
from fer_ros.core.base.labels import resolve
from fer_ros.core.base.types import FloatArray, ImageArray
from fer_ros.core.datasets.left_out import LeftOut
from fer_ros.core.datasets.measured_faces import MeasuredFaces
from fer_ros.core.datasets.picture import LabelledPicture
from fer_ros.core.recognition.recogniser import Model

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
class Part:
    """What :func:`read_part` gives.

    :ivar pictures: how many there were.
    :ivar truth: index into the model's labels for each face that was read.
    :ivar positions: of these faces among the pictures.
    :ivar rows: float32 (faces, labels).
    :ivar mistakes: each with its position.
    :ivar no_face, sizes, renamed, left_out: as of :class:`MeasuredFaces`.
    """

    pictures: int
    truth: list[int]
    positions: list[int]
    rows: FloatArray
    mistakes: list[tuple[Mistake, int]]
    no_face: int
    sizes: Counter[str]
    renamed: dict[str, str]
    left_out: LeftOut


def read_part(
    model: Model,
    pictures: Sequence[LabelledPicture],
    detector: Detector | None,
    choice: Choice,
    left_out: LeftOut,
    resolving: bool,
) -> Part:
    """Find the faces of some pictures and classify them.

    :raises ConfigError: ``left_out`` is strict and something is wrong.
    """
    labels, spec = model.bundle.labels, model.bundle.input
    faces = MeasuredFaces(pictures, labels, detector, left_out, resolving)
    found = [(measured, measured.crop(spec)) for measured in faces.read()]
    rows, mistakes = np.empty((0, len(labels)), np.float32), []
    if found:
        rows = choice.limit(model.classify(np.stack([crop for _, crop in found])))
    for (measured, crop), row in zip(found, rows, strict=True):
        predicted = int(row.argmax())
        if predicted != measured.target:
            names = labels[measured.target], labels[predicted]
            mistakes.append((Mistake(measured.name, *names, float(row.max()), crop), measured.position))
    return Part(
        len(pictures),
        [measured.target for measured, _ in found],
        [measured.position for measured, _ in found],
        rows,
        mistakes,
        faces.no_face,
        faces.sizes,
        faces.renamed,
        left_out,
    )


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
