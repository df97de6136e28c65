"""The Keras networks of bundles: loaded to be trained further, or to teach."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.core.base import registry
from fer_ros.core.base.arrays import unpack
from fer_ros.core.base.errors import ConfigError, reason, unknown_name
from fer_ros.core.base.files import sha256
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.base.types import FloatArray
from fer_ros.core.bundles.bundle import WEIGHTS_FILE, Bundle
from fer_ros.core.pretraining import classifier, keras_file
from fer_ros.core.pretraining.recipe import Recipe
from fer_ros.core.vision.softmax import softmax


def load(base: Bundle) -> Any:
    """The backbone of a bundle as a ``keras.Model`` from scaled crops to embeddings, float32.

    :raises ConfigError: the bundle holds no weights, they do not fit, or Keras is not installed.
    """
    if WEIGHTS_FILE not in base.checksums:
        raise ConfigError(
            f"model '{base.name}' holds no weights to train on ({WEIGHTS_FILE}): choose a base made by `fer pretrain`, "
            "or another head"
        )
    try:
        import keras  # noqa: F401
    except ImportError as error:
        raise ConfigError(f"this needs {error.name}: pip install 'fer_ros[train]'") from error
    plugin = registry.load("backbones", base.backbone.plugin)
    preset = stated(base, "preset")
    if preset not in plugin.presets:
        raise ConfigError(f"model '{base.name}' does not tell the preset of its backbone: choose another base or head")
    network = plugin.build(base.input, **plugin.presets[preset])
    try:
        network.load_weights(base.path / WEIGHTS_FILE)
    except Exception as error:
        # h5py and Keras raise errors of many types.
        raise ConfigError(f"{base.path / WEIGHTS_FILE} does not fit the backbone: {reason(error)}") from error
    return network


def stated(base: Bundle, name: str) -> str:
    """An entry of the recipe, or of that of the general model it was made from; empty where no recipe has it."""
    recipe: Any = base.recipe
    while isinstance(recipe, dict) and name not in recipe:
        recipe = recipe.get("general")
    return str(recipe[name]) if isinstance(recipe, dict) else ""


def digest(base: Bundle) -> str:
    """What a bundle's weights are known by: its name and the beginning of their SHA-256.

    :raises ConfigError: it holds none.
    """
    if WEIGHTS_FILE not in base.checksums:
        raise ConfigError(f"model '{base.name}' holds no weights ({WEIGHTS_FILE}): choose one made by `fer pretrain`")
    return f"{base.name} {sha256(base.path / WEIGHTS_FILE)[:16]}"


def imagenet(recipe: Recipe, file: Path | None = None) -> list[FloatArray]:
    """Weights trained on ImageNet for the recipe's backbone.

    :param file: as Keras publishes them; None: Keras downloads them.
    :raises ConfigError: there are none for this backbone, preset and input, the file is damaged, or the download fails.
    """
    plugin = registry.load("backbones", recipe.backbone)
    if recipe.preset not in plugin.presets:
        raise unknown_name(f"preset of {recipe.backbone}", recipe.preset, plugin.presets)
    published = getattr(plugin, "imagenet", None)
    if published is None:
        raise ConfigError(f"there are no ImageNet weights for backbone {recipe.backbone}: leave --weights out")
    given = None if file is None else keras_file.read(file)
    try:
        return list(published(recipe.input, **plugin.presets[recipe.preset], given=given))
    except ConfigError:
        raise
    except Exception as error:
        # Keras raises bare Exceptions, urllib's and h5py's own where a download fails.
        raise ConfigError(
            f"the ImageNet weights cannot be downloaded ({reason(error)}): give their file (--weights FILE), or leave "
            "--weights out"
        ) from error


class Teachers:
    """Bundles whose mean answer a smaller network learns. Their heads must be ``linear``.

    :param spec: the input of the network that learns, and of each teacher.
    :param labels: the same for all.
    :raises ConfigError: a bundle has another input, other labels, another head or no weights.
    """

    def __init__(self, bases: Sequence[Bundle], spec: InputSpec, labels: tuple[str, ...]) -> None:
        self._parts: list[tuple[Any, FloatArray, FloatArray]] = []
        for base in bases:
            if base.head.plugin != "linear":
                raise ConfigError(f"model '{base.name}': only a model with a linear head can teach")
            if base.input != spec or base.labels != labels:
                raise ConfigError(
                    f"model '{base.name}' cannot teach: it takes other faces or knows other labels than the new one"
                )
            # In what training computes in: their answers are rounded less than they differ.
            with classifier.policy(classifier.precision()):
                network = load(base)
            arrays = unpack(
                base.path / base.head.file,
                {"kernel": (network.output_shape[-1], len(labels)), "bias": (len(labels),)},
            )
            self._parts.append((network, arrays["kernel"], arrays["bias"]))

    def __call__(self, crops: FloatArray) -> FloatArray:
        """Probabilities, float32 (n, labels), of crops scaled for the teachers' input."""
        answers = [
            softmax(np.asarray(network.predict_on_batch(crops), dtype=np.float32).mean(axis=(1, 2)) @ kernel + bias)
            for network, kernel, bias in self._parts
        ]
        return np.asarray(np.mean(answers, axis=0), dtype=np.float32)
