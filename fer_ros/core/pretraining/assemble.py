"""From a finished training run to a bundle: adjust the classifier, export, measure what was exported, plot."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_ros.core.base import registry
from fer_ros.core.base.arrays import pack
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.base.types import FloatArray, ImageArray
from fer_ros.core.bundles.bundle import FINER_FILE, WEIGHTS_FILE, Bundle
from fer_ros.core.datasets import fer2013, near_duplicates
from fer_ros.core.evaluating import metrics, plots
from fer_ros.core.evaluating.evaluation import calibration_error
from fer_ros.core.pretraining import adjustment, export, finer
from fer_ros.core.pretraining.data import label_shares, prepare, prepared
from fer_ros.core.pretraining.run import TrainedNetwork
from fer_ros.core.vision.softmax import softmax

log = logging.getLogger(__name__)

#: Accuracy that the export may cost before a warning.
EXPORT_TOLERANCE = 0.002
#: Training faces from which the ranges of the activations are measured.
SAMPLES = 400


def assemble(
    stated: Bundle,
    trained: TrainedNetwork,
    faces: fer2013.Fer2013,
    progress: Callable[[int], None],
    prior: float = 0.0,
    least_named: float = 0.0,
    quantize: str = "float32",
) -> tuple[Bundle, dict[str, bytes], dict[str, bytes]]:
    """The bundle with its measured quality, its networks, and its pictures.

    The quality is that of the exported files, run as on the robot.

    :param stated: the bundle without data and quality.
    :param progress: called with the number of steps done, of three with the writing.
    :param prior: see :func:`adjustment.favour_rare`.
    :param least_named: see :func:`adjustment.raise_rarely_named`.
    :param quantize: see :func:`export.to_litert`.
    """
    test = faces.part(fer2013.PUBLIC_TEST)
    training = faces.part(fer2013.TRAINING).images
    samples = np.random.default_rng(0).permutation(len(training))[:SAMPLES]
    network = finer.add(export.to_litert(trained.backbone, quantize, prepare(training[samples], stated.input)))
    usual = finer.usual(network, stated, training)
    progress(1)

    bias = _adjusted(trained, stated.input, prior, least_named)
    with tempfile.TemporaryDirectory(prefix="fer_measure_") as folder:
        file = Path(folder) / stated.backbone.file
        file.write_bytes(network)
        backbone = registry.load("backbones", stated.backbone.plugin)(file, stated.input, 2)
        pooled = _pooled(backbone.embed, test.images, stated.input)
        logits = pooled @ trained.kernel + bias
        divisor = adjustment.temperature(logits, test.targets)
        head_file = pack(kernel=trained.kernel / divisor, bias=bias / divisor)
        (Path(folder) / stated.head.file).write_bytes(head_file)
        head = registry.load("heads", stated.head.plugin)(
            Path(folder) / stated.head.file, stated.labels, backbone.output_shape
        )
        exported = head.predict(pooled[:, np.newaxis, np.newaxis])
    in_keras = _pooled(trained.backbone.predict_on_batch, test.images, stated.input) @ trained.kernel + bias
    progress(2)

    found = metrics.measure(test.targets, exported.argmax(axis=1), stated.labels)
    split = f"FER2013 {fer2013.PUBLIC_TEST}"
    quality = {
        "split": split,
        **found.to_dict(),
        "balanced_accuracy": found.macro_recall,
        "clean": _without_twins(training, test, exported.argmax(axis=1), stated.labels),
        "calibration_error": calibration_error(test.targets, adjustment.cross_fitted(logits, test.targets)),
        "calibration_error_before": calibration_error(test.targets, softmax(logits)),
        "temperature": divisor,
        "temperature_chosen_on": split,
        **_against_keras(logits, in_keras, test.targets),
    }
    quality.pop("labels")
    data = {
        "dataset": "FER2013 with FER+ votes" if faces.votes.any() else "FER2013",
        "trained_on": len(trained.training),
        "removed_near_duplicates": trained.removed,
        "near_duplicate_threshold": near_duplicates.THRESHOLD,
        "finer_map": bool(usual),
        "parameters": int(trained.backbone.count_params() + trained.kernel.size + trained.bias.size),
    }
    contents = {
        stated.backbone.file: network,
        stated.head.file: head_file,
        WEIGHTS_FILE: export.weights(trained.backbone),
    }
    if usual:
        contents[FINER_FILE] = usual
    pictures = {
        "training.png": plots.training_curve(trained.history, fer2013.PUBLIC_TEST),
        "confusion.png": plots.confusion(found),
    }
    return replace(stated, quality=quality, data=data), contents, pictures


def _adjusted(trained: TrainedNetwork, spec: InputSpec, prior: float, least_named: float) -> FloatArray:
    """The bias of the classifier with which labels are named as often as is wished; by training faces alone."""
    shares = label_shares(trained.training)
    bias = adjustment.favour_rare(trained.bias, shares, prior)
    if not least_named:
        return bias
    logits = _pooled(trained.backbone.predict_on_batch, trained.training.images, spec) @ trained.kernel
    return adjustment.raise_rarely_named(bias, logits, shares, least_named)


def _pooled(embed: Callable[[FloatArray], FloatArray], images: ImageArray, spec: InputSpec) -> FloatArray:
    """Mean over the map of each embedding, float32 (n, channels); in batches, for whole maps take gigabytes."""
    parts = (np.asarray(embed(crops), dtype=np.float32) for crops in prepared(images, spec))
    return np.concatenate([part.mean(axis=(1, 2)) for part in parts])


def _without_twins(
    training: npt.NDArray[np.uint8], test: fer2013.Fer2013, predicted: npt.NDArray[np.int64], labels: tuple[str, ...]
) -> dict[str, Any]:
    """Figures of the test faces that have no near-duplicate in Training."""
    _, twins, _ = near_duplicates.pairs(training, test.images)
    clean = np.setdiff1d(np.arange(len(test)), twins)
    found = metrics.measure(test.targets[clean], predicted[clean], labels)
    return {
        "count": found.count,
        "accuracy": found.accuracy,
        "balanced_accuracy": found.macro_recall,
        "macro_f1": found.macro_f1,
    }


def _against_keras(exported: FloatArray, in_keras: FloatArray, targets: npt.NDArray[np.int64]) -> dict[str, float]:
    """What the export changed; both (n, labels) logits of the same faces."""
    here, there = exported.argmax(axis=1), in_keras.argmax(axis=1)
    lost = float(np.mean(there == targets) - np.mean(here == targets))
    if abs(lost) > EXPORT_TOLERANCE:
        log.warning(
            "exporting changed the accuracy by %+.4f, more than %g: choose another --quantize", -lost, EXPORT_TOLERANCE
        )
    return {"keras_accuracy": float(np.mean(there == targets)), "keras_agreement": float(np.mean(here == there))}
