"""Accuracy against what a robot's camera and detector do to faces, as curves.

Every face is changed in every way by every amount; what is drawn at random (noise, the direction of a shift) follows
from the seed, the face's place in the dataset and the way, so that it is the same for all amounts and all models.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.geometry import Framing
from fer_ros.core.base.types import FloatArray, ImageArray
from fer_ros.core.datasets.datasets import Dataset
from fer_ros.core.datasets.left_out import LeftOut
from fer_ros.core.datasets.measured_faces import MeasuredFace, MeasuredFaces
from fer_ros.core.evaluating import intervals
from fer_ros.core.evaluating.part import Choice
from fer_ros.core.recognition.recogniser import Model
from fer_ros.core.vision import crop, degrade

SEED = 0
#: Side of the faces that the recipe's bounds of blur are given for, pixels.
REFERENCE = 48.0
#: Exponent of a camera's grey levels, with which they become amounts of light (near that of sRGB, IEC 61966-2-1).
DISPLAY_GAMMA = 2.2
#: Noise that a camera adds in any light, standard deviation in grey levels.
READ_NOISE = 2.0

Change = Callable[[MeasuredFace, float, np.random.Generator], ImageArray]


def _size(measured: MeasuredFace, amount: float, _: np.random.Generator) -> ImageArray:
    face, side = measured.face(), round(amount)
    how = cv2.INTER_AREA if side < max(face.shape[:2]) else cv2.INTER_CUBIC
    return _uint8(cv2.resize(face, (side, side), interpolation=how))


def _blur(measured: MeasuredFace, amount: float, _: np.random.Generator) -> ImageArray:
    face = measured.face()
    return degrade.blur(face, amount * face.shape[0] / REFERENCE) if amount > 0 else face


def _noise(measured: MeasuredFace, amount: float, rng: np.random.Generator) -> ImageArray:
    return _uint8(degrade.noise(measured.face().astype(np.float32), amount, rng))


def _light(measured: MeasuredFace, amount: float, rng: np.random.Generator) -> ImageArray:
    # Light is linear in the levels raised to DISPLAY_GAMMA, so a share of it is this factor on the levels.
    dark = measured.face().astype(np.float32) * np.float32(amount ** (1.0 / DISPLAY_GAMMA))
    return _uint8(degrade.noise(dark, READ_NOISE, rng))


def _gamma(measured: MeasuredFace, amount: float, _: np.random.Generator) -> ImageArray:
    return _uint8(degrade.gamma(measured.face(), amount))


def _rotation(measured: MeasuredFace, amount: float, _: np.random.Generator) -> ImageArray:
    return _moved(measured, degrees=amount)


def _shift(measured: MeasuredFace, amount: float, rng: np.random.Generator) -> ImageArray:
    angle = rng.uniform(0.0, 2.0 * math.pi)
    return _moved(measured, dx=amount * math.cos(angle), dy=amount * math.sin(angle))


def _box(measured: MeasuredFace, amount: float, _: np.random.Generator) -> ImageArray:
    return _moved(measured, side=amount)


def _jpeg(measured: MeasuredFace, amount: float, _: np.random.Generator) -> ImageArray:
    return degrade.jpeg(measured.face(), round(amount))


@dataclass(frozen=True, slots=True)
class Way:
    """One way of making faces worse.

    :ivar axis: what the amount is, with its unit.
    :ivar amounts: in the order of the curve.
    :ivar neutral: the amount that changes nothing, where it is among them.
    """

    axis: str
    amounts: tuple[float, ...]
    change: Change
    neutral: float | None = None


WAYS: dict[str, Way] = {
    "size": Way("side of the face, pixels", (24, 32, 40, 48, 64, 96, 128, 160, 224), _size),
    "blur": Way("standard deviation, pixels of a 48-pixel face", (0, 0.5, 1, 1.5, 2, 3, 4), _blur, 0),
    "noise": Way("standard deviation, grey levels", (0, 5, 10, 20, 30, 45, 60), _noise, 0),
    "light": Way("share of the light", (1, 0.5, 0.25, 0.1, 0.05, 0.02, 0.01), _light, 1),
    "gamma": Way("exponent (over 1: darker)", (0.3, 0.5, 0.7, 1, 1.5, 2.2, 3), _gamma, 1),
    "rotation": Way("degrees", (-45, -30, -20, -10, 0, 10, 20, 30, 45), _rotation, 0),
    "shift": Way("shift of the box, in sides of the crop", (0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3), _shift, 0),
    "box": Way("size of the box, in times the right one", (0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.4), _box, 1),
    "jpeg": Way("JPEG quality", (95, 75, 50, 30, 20, 10, 5), _jpeg),
}


@dataclass(frozen=True, slots=True)
class Robustness:
    """Curves.

    :ivar plain: accuracy on the unchanged faces.
    :ivar curves: way → rows of ``amount``, ``accuracy``, ``interval``, ``agreement`` (share of the faces that got the
        same answer as unchanged).
    """

    count: int
    plain: float
    curves: dict[str, list[dict[str, Any]]]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "count": self.count,
            "seed": SEED,
            "plain": self.plain,
            "curves": {name: {"axis": WAYS[name].axis, "points": rows} for name, rows in self.curves.items()},
        }


def measure(
    model: Model,
    dataset: Dataset,
    detector: Detector | None = None,
    among: tuple[str, ...] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Robustness:
    """Classify every face in every way; what cannot be used is left out without a word, as it was said before.

    The detector finds the face in the unchanged picture: it is the model that is measured.

    :param among: see :func:`fer_ros.core.evaluating.evaluation.evaluate`.
    :param progress: called with the number of pictures done.
    :raises ConfigError: nothing is left to measure.
    """
    labels, spec = model.bundle.labels, model.bundle.input
    choice = Choice(among, labels)
    points = [(name, amount) for name, way in WAYS.items() for amount in way.amounts if amount != way.neutral]
    truth: list[int] = []
    answers = []
    for measured in MeasuredFaces(dataset, labels, detector, LeftOut(quiet=True)).read(progress):
        crops = [measured.crop(spec)]
        crops += [crop.resize(changed(measured, name, amount), spec) for name, amount in points]
        answers.append(choice.limit(model.classify(np.stack(crops))).argmax(axis=1))
        truth.append(measured.target)
    if not truth:
        raise ConfigError(f"{dataset.name}: nothing to measure")
    found = np.array(answers)
    hits = (found == np.array(truth)[:, np.newaxis]).sum(axis=0)
    same = (found == found[:, :1]).sum(axis=0)
    column = {point: number for number, point in enumerate(points, start=1)}
    curves: dict[str, list[dict[str, Any]]] = {}
    for name, way in WAYS.items():
        columns = [column.get((name, amount), 0) for amount in way.amounts]
        curves[name] = [
            {
                "amount": amount,
                "accuracy": float(hits[place] / len(truth)),
                "interval": intervals.of_share(int(hits[place]), len(truth)),
                "agreement": float(same[place] / len(truth)),
            }
            for amount, place in zip(way.amounts, columns, strict=True)
        ]
    return Robustness(len(truth), float(hits[0] / len(truth)), curves)


def changed(measured: MeasuredFace, name: str, amount: float) -> ImageArray:
    """The face made worse in one way, at any size, with the channels of its picture.

    :param name: one of ``WAYS``.
    """
    rng = np.random.default_rng((SEED, measured.position, list(WAYS).index(name)))
    return WAYS[name].change(measured, amount, rng)


def _moved(
    measured: MeasuredFace, degrees: float = 0.0, dx: float = 0.0, dy: float = 0.0, side: float = 1.0
) -> ImageArray:
    """The face in a box that was turned, shifted (in sides of the right one) and scaled; edges are repeated.

    Where the whole picture is the face, nothing is known beyond its edge; else the picture around it is seen.
    """
    face = measured.face()
    height, width = face.shape[:2]
    around = face
    if measured.roi is not None:
        framing = measured.framing
        wide = Framing(2.0 * framing.scale, framing.dx, framing.dy)
        around = crop.square(measured.image, measured.roi, wide, measured.eyes)
    cx, cy = (around.shape[1] - 1) / 2.0, (around.shape[0] - 1) / 2.0
    matrix = cv2.getRotationMatrix2D((cx + dx * width, cy + dy * height), degrees, 1.0 / side)
    matrix[:, 2] += (width - 1) / 2.0 - cx - dx * width, (height - 1) / 2.0 - cy - dy * height
    return _uint8(cv2.warpAffine(around, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE))


def _uint8(image: ImageArray | FloatArray | Any) -> ImageArray:
    levels = np.asarray(image)
    return levels if levels.dtype == np.uint8 else np.rint(np.clip(levels, 0.0, 255.0)).astype(np.uint8)
