"""Training of a backbone and its general head from FER2013, in Keras; resumable, seeded, exported as a model bundle.

The only module of the core that needs TensorFlow; the running robot never imports it.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.core import fer2013, near_duplicates, registry
from fer_ros.core.crop import InputSpec, resize, scale
from fer_ros.core.errors import ConfigError, unknown_name
from fer_ros.core.files import write_atomic
from fer_ros.core.recipe import Recipe
from fer_ros.core.types import FloatArray, ImageArray

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trained:
    """What a finished run gives.

    :ivar backbone: ``keras.Model`` from scaled crops to feature maps.
    :ivar kernel: float32 (features, labels), of the classifier on the pooled features.
    :ivar bias: float32 (labels,).
    :ivar history: one row an epoch: ``epoch``, ``loss``, ``accuracy`` (of training), ``val_accuracy``.
    :ivar removed: how many training faces were left out as near-duplicates of PublicTest.
    :ivar trained_on: how many were used.
    """

    backbone: Any
    kernel: FloatArray
    bias: FloatArray
    history: list[dict[str, float]]
    removed: int
    trained_on: int


def training_faces(faces: fer2013.Fer2013) -> tuple[fer2013.Fer2013, int]:
    """The Training faces without near-duplicates of the test splits, and how many were taken out."""
    training = faces.part(fer2013.TRAINING)
    tests = faces.take(np.flatnonzero(faces.usage != fer2013.TRAINING))
    doubles, _, _ = near_duplicates.pairs(training.images, tests.images)
    keep = np.setdiff1d(np.arange(len(training)), doubles)
    if not len(keep):
        raise ConfigError("every face of Training is a near-duplicate of a test face: there is nothing to train on")
    return training.take(keep), len(training) - len(keep)


def run(
    faces: fer2013.Fer2013,
    recipe: Recipe,
    folder: Path,
    progress: Callable[[int, int, float, float], None] | None = None,
) -> Trained:
    """Train, or go on where an interrupted run in ``folder`` stopped; a finished one is only loaded.

    :param folder: holds the recipe, the history and the state of the last finished epoch.
    :param progress: called after each epoch: epoch from 1, number of epochs, loss, accuracy on PublicTest.
    :raises ConfigError: the folder belongs to a run with another recipe or other data, its state is damaged, or a
        split is empty.
    """
    plugin = registry.load("backbones", recipe.backbone)
    if recipe.preset not in plugin.presets:
        raise unknown_name(f"preset of {recipe.backbone}", recipe.preset, plugin.presets)
    training, removed = training_faces(faces)
    test = faces.part(fer2013.PUBLIC_TEST)
    _claim(folder, recipe, faces)

    import keras

    from fer_ros.core.pretrain_loop import Batches, State

    log.info("training on %d faces, %d near-duplicates of the test left out", len(training), removed)
    keras.utils.set_random_seed(recipe.seed)
    images = (
        training.images[..., np.newaxis] if recipe.input.channels == 1 else np.stack([training.images] * 3, axis=-1)
    )
    batches = Batches(images, fer2013.soft_targets(training, recipe.votes_weight), recipe)
    backbone = plugin.build(recipe.input, **plugin.presets[recipe.preset])
    model = _compile(backbone, recipe, len(training.labels), steps=len(batches))
    state = State(folder, model, batches, prepare(test.images, recipe.input), test.targets, progress)
    done = state.restore()
    if done < recipe.epochs:
        model.fit(batches, initial_epoch=done, epochs=recipe.epochs, callbacks=[state], verbose=0, shuffle=False)
    kernel, bias = model.get_layer("probabilities").get_weights()
    return Trained(backbone, kernel, bias, state.rows, removed, len(training))


def prepare(images: ImageArray, spec: InputSpec) -> FloatArray:
    """Grey 48×48 faces as the network's input.

    :param images: uint8 (n, 48, 48).
    :returns: float32 (n, spec.height, spec.width, spec.channels), scaled.
    """
    return scale(np.stack([resize(image, spec) for image in images]), spec)


def _compile(backbone: Any, recipe: Recipe, classes: int, steps: int) -> Any:
    import keras
    from keras import layers

    x = layers.GlobalAveragePooling2D(name="pool")(backbone.output)
    x = layers.Dropout(recipe.dropout, name="dropout")(x)
    outputs = layers.Dense(classes, activation="softmax", name="probabilities")(x)
    model = keras.Model(backbone.input, outputs)
    total = recipe.epochs * steps
    warm_up = min(steps, max(1, total // 10))
    rate = keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate / 20.0,
        total - warm_up,
        alpha=0.01,
        warmup_target=recipe.learning_rate,
        warmup_steps=warm_up,
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay)
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
    return model


def _claim(folder: Path, recipe: Recipe, faces: fer2013.Fer2013) -> None:
    """Mark the folder as belonging to this recipe and these data, or check that it does."""
    digest = hashlib.sha256()
    for array in (faces.images, faces.targets, faces.votes, faces.usage):
        digest.update(np.ascontiguousarray(array).tobytes())
    folder.mkdir(parents=True, exist_ok=True)
    for name, text, what in (
        ("recipe.json", json.dumps(asdict(recipe), indent=1, sort_keys=True), "another recipe"),
        ("data.sha256", digest.hexdigest(), "other data"),
    ):
        mark = folder / name
        if not mark.exists():
            write_atomic(mark, text.encode())
        elif mark.read_bytes() != text.encode():
            raise ConfigError(f"{folder} holds a run with {what}: give another --run folder or delete it")
