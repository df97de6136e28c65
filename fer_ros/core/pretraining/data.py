"""The faces that a backbone is trained and measured on."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import numpy as np

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.base.types import FloatArray, ImageArray
from fer_ros.core.datasets import fer2013, near_duplicates
from fer_ros.core.vision.crop import resize, scale

log = logging.getLogger(__name__)

#: Faces prepared at once: all of PublicTest at 224×224 in colour would take 2 GB.
BATCH = 256


def training_faces(faces: fer2013.Fer2013) -> tuple[fer2013.Fer2013, int]:
    """The Training faces without near-duplicates of the test splits, and how many were taken out.

    :raises ConfigError: none is left.
    """
    training = faces.part(fer2013.TRAINING)
    tests = faces.take(np.flatnonzero(faces.usage != fer2013.TRAINING))
    doubles, _, _ = near_duplicates.pairs(training.images, tests.images)
    keep = np.setdiff1d(np.arange(len(training)), doubles)
    if not len(keep):
        raise ConfigError("every face of Training is a near-duplicate of a test face: there is nothing to train on")
    return training.take(keep), len(training) - len(keep)


def check_labels(faces: fer2013.Fer2013, strict: bool = False) -> None:
    """Whether Training holds enough labels to learn from; those that it lacks are named in the log.

    :param strict: refuse data that lack any label.
    :raises ConfigError: there is one label only, or ``strict`` and one is missing.
    """
    present = np.unique(faces.part(fer2013.TRAINING).targets)
    if len(present) < 2:
        raise ConfigError(f"'{faces.labels[present[0]]}' is the only label of Training: there is nothing to tell apart")
    missing = ", ".join(label for number, label in enumerate(faces.labels) if number not in present)
    if missing and strict:
        raise ConfigError(f"Training has no face of {missing}; without --strict it is trained all the same")
    if missing:
        log.warning("Training has no face of %s: the model will hardly ever answer so", missing)


def label_shares(faces: fer2013.Fer2013) -> FloatArray:
    """Share of each label, float32 (labels,), of sum 1; one that no face has counts as one face."""
    counts = np.maximum(np.bincount(faces.targets, minlength=len(faces.labels)), 1)
    return np.asarray(counts / counts.sum(), dtype=np.float32)


def prepare(images: ImageArray, spec: InputSpec) -> FloatArray:
    """Grey faces as the network's input.

    :param images: uint8 (n, height, width).
    :returns: float32 (n, spec.height, spec.width, spec.channels), scaled.
    """
    return scale(np.stack([resize(image, spec) for image in images]), spec)


def prepared(images: ImageArray, spec: InputSpec) -> Iterator[FloatArray]:
    """The same, in batches of ``BATCH``."""
    return (prepare(images[start : start + BATCH], spec) for start in range(0, len(images), BATCH))
