"""Training a backbone with its general head from FER2013: seeded, resumable, without near-duplicates of test faces.

Keras is imported when :func:`run` is called; the running robot never imports it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.core.base import registry
from fer_ros.core.base.errors import ConfigError, unknown_name
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.base.types import FloatArray
from fer_ros.core.datasets import fer2013
from fer_ros.core.pretraining import data, run_folder
from fer_ros.core.pretraining.recipe import Recipe

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TrainedNetwork:
    """What a finished run gives.

    :ivar backbone: ``keras.Model`` from scaled crops to feature maps.
    :ivar kernel: float32 (features, labels), of the classifier on the pooled features.
    :ivar bias: float32 (labels,).
    :ivar history: one row an epoch: ``epoch``, ``loss``, ``accuracy`` (of training), ``val_accuracy``.
    :ivar removed: how many training faces were left out as near-duplicates of the test splits.
    :ivar training: the faces that were used.
    """

    backbone: Any
    kernel: FloatArray
    bias: FloatArray
    history: list[dict[str, float]]
    removed: int
    training: fer2013.Fer2013


def run(
    faces: fer2013.Fer2013,
    recipe: Recipe,
    folder: Path,
    progress: Callable[[int, int, float, float], None] | None = None,
    teacher: Callable[[FloatArray], FloatArray] | None = None,
    start: list[FloatArray] | None = None,
) -> TrainedNetwork:
    """Train, or go on where an interrupted run in ``folder`` stopped; a finished one is only loaded.

    :param folder: holds the recipe, the history and the state of the last finished epoch.
    :param progress: called after each epoch: epoch from 1, number of epochs, loss, accuracy on PublicTest.
    :param teacher: probabilities of crops scaled for ``recipe.input``, by networks whose answers are learned too.
    :param start: weights of the backbone to start from.
    :raises ConfigError: the folder belongs to a run with another recipe or other data, its state is damaged, a split
        is empty, or the backbone cannot be trained so.
    """
    plugin = registry.load("backbones", recipe.backbone)
    if recipe.preset not in plugin.presets:
        raise unknown_name(f"preset of {recipe.backbone}", recipe.preset, plugin.presets)
    if start is not None:
        _check_start(plugin.build(recipe.input, **plugin.presets[recipe.preset]), start, recipe)
    training, removed = data.training_faces(faces)
    test = faces.part(fer2013.PUBLIC_TEST)
    run_folder.claim(folder, recipe, faces)

    import keras

    from fer_ros.core.pretraining import classifier
    from fer_ros.core.pretraining.loop import Batches, Checkpoints

    log.info("training on %d faces, %d near-duplicates of the test left out", len(training), removed)
    arguments = plugin.presets[recipe.preset]
    exact = plugin.build(recipe.input, **arguments)
    keras.utils.set_random_seed(recipe.seed)
    images = (
        training.images[..., np.newaxis] if recipe.input.channels == 1 else np.stack([training.images] * 3, axis=-1)
    )
    labels = fer2013.soft_targets(training, 0.0) * (1.0 - recipe.smoothing) + recipe.smoothing / len(training.labels)
    batches = Batches(images, labels.astype(np.float32), fer2013.soft_targets(training, 1.0), recipe, teacher)
    network, state = None, None
    for end, spec in recipe.phases():
        if run_folder.epochs_done(folder) >= end and spec != recipe.input:
            continue
        with classifier.policy(classifier.precision()):
            backbone = plugin.build(spec, **arguments)
            _check_same_weights(backbone, exact, recipe, spec)
            network = classifier.build(backbone, recipe, len(training.labels))
        if start is not None and not run_folder.epochs_done(folder):
            backbone.set_weights(start)
        classifier.compile_for(network, recipe, steps=len(batches))
        batches.spec = spec
        state = Checkpoints(folder, network, batches, test, progress)
        # Each phase goes on from the file of the last epoch, as a run does that was interrupted.
        done = state.restore()
        if done < end:
            network.fit(batches, initial_epoch=done, epochs=end, callbacks=[state], verbose=0, shuffle=False)
    assert network is not None and state is not None
    network.set_weights(state.average)
    kernel, bias = network.get_layer("probabilities").get_weights()
    exact.set_weights(backbone.get_weights())
    if recipe.norm_faces:
        chosen = np.random.default_rng(recipe.seed).permutation(len(training))[: recipe.norm_faces]
        classifier.measure_norms(exact, data.prepared(training.images[chosen], recipe.input))
    return TrainedNetwork(exact, kernel, bias, state.rows, removed, training)


def _check_same_weights(backbone: Any, exact: Any, recipe: Recipe, spec: InputSpec) -> None:
    if [w.shape for w in backbone.weights] != [w.shape for w in exact.weights]:
        raise ConfigError(
            f"backbone {recipe.backbone} has layers of a fixed size and cannot begin with faces of {spec.width} "
            "pixels: give --sides 1"
        )


def _check_start(backbone: Any, weights: list[FloatArray], recipe: Recipe) -> None:
    if [tuple(w.shape) for w in backbone.weights] != [array.shape for array in weights]:
        raise ConfigError(
            f"the weights to start from ({recipe.start}) are not those of backbone {recipe.backbone}, "
            f"preset {recipe.preset}, with {recipe.input.channels} channels: choose others, or none"
        )
