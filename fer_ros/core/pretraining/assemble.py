"""From a finished training run to a bundle: export, measure what was exported, plot."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from fer_ros.core import bundle as bundles
from fer_ros.core import fer2013, metrics, plots
from fer_ros.core.arrays import pack
from fer_ros.core.bundle import Bundle
from fer_ros.core.evaluation import calibration_error
from fer_ros.core.pretraining import export, near_duplicates
from fer_ros.core.pretraining.run import Trained, prepare
from fer_ros.core.recogniser import Model
from fer_ros.core.softmax import softmax
from fer_ros.core.types import FloatArray


def assemble(
    stated: Bundle, trained: Trained, faces: fer2013.Fer2013, progress: Callable[[int], None]
) -> tuple[Bundle, dict[str, bytes], dict[str, bytes]]:
    """The bundle with its measured quality, its networks, and its pictures.

    The quality is that of the exported files, run as on the robot.
    """
    contents = {
        "backbone.tflite": export.to_litert(trained.backbone),
        "head.npz": pack(kernel=trained.kernel, bias=trained.bias),
        export.WEIGHTS_FILE: export.weights(trained.backbone),
    }
    progress(1)
    test = faces.part(fer2013.PUBLIC_TEST)
    with tempfile.TemporaryDirectory(prefix="fer_measure_") as folder:
        unmeasured = bundles.write(replace(stated, path=Path(folder) / stated.name), contents)
        exported = _classify(Model.open(unmeasured, threads=2), test, stated)
    found = metrics.measure(test.targets, exported.argmax(axis=1), stated.labels)
    _, twins, _ = near_duplicates.pairs(faces.part(fer2013.TRAINING).images, test.images)
    clean = np.setdiff1d(np.arange(len(test)), twins)
    found_clean = metrics.measure(test.targets[clean], exported[clean].argmax(axis=1), stated.labels)
    in_keras = _in_keras(trained, test, stated)
    progress(2)
    quality = {
        "split": f"FER2013 {fer2013.PUBLIC_TEST}",
        **found.to_dict(),
        "calibration_error": calibration_error(test.targets, exported),
        "clean": {"count": found_clean.count, "accuracy": found_clean.accuracy, "macro_f1": found_clean.macro_f1},
        "keras_accuracy": float(np.mean(in_keras.argmax(axis=1) == test.targets)),
    }
    quality.pop("labels")
    data = {
        "dataset": "FER2013 with FER+ votes" if faces.votes.any() else "FER2013",
        "trained_on": trained.trained_on,
        "removed_near_duplicates": trained.removed,
        "near_duplicate_threshold": near_duplicates.THRESHOLD,
        "parameters": int(trained.backbone.count_params() + trained.kernel.size + trained.bias.size),
    }
    pictures = {
        "training.png": plots.training_curve(trained.history, fer2013.PUBLIC_TEST),
        "confusion.png": plots.confusion(found),
    }
    return replace(stated, quality=quality, data=data), contents, pictures


def _classify(model: Model, test: fer2013.Fer2013, stated: Bundle) -> FloatArray:
    from fer_ros.core.crop import resize

    crops = np.stack([resize(image, stated.input) for image in test.images])
    return np.concatenate([model.classify(crops[start : start + 256]) for start in range(0, len(crops), 256)])


def _in_keras(trained: Trained, test: fer2013.Fer2013, stated: Bundle) -> FloatArray:
    maps = export.keras_embeddings(trained.backbone, prepare(test.images, stated.input))
    return softmax(maps.mean(axis=(1, 2)) @ trained.kernel + trained.bias)
