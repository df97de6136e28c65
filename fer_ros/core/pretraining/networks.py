"""The Keras networks of bundles: loaded to be trained further, or to teach."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fer_ros.core import registry
from fer_ros.core.arrays import unpack
from fer_ros.core.bundle import Bundle
from fer_ros.core.errors import ConfigError, reason
from fer_ros.core.files import sha256
from fer_ros.core.pretraining.export import WEIGHTS_FILE
from fer_ros.core.softmax import softmax
from fer_ros.core.types import FloatArray


def load(base: Bundle) -> Any:
    """The backbone of a bundle as a ``keras.Model`` from scaled crops to embeddings.

    :raises ConfigError: the bundle holds no weights, they do not fit, or Keras is not installed.
    """
    if not (base.path / WEIGHTS_FILE).is_file():
        raise ConfigError(
            f"model '{base.name}' holds no weights to train on ({WEIGHTS_FILE}): choose a base made by "
            "`fer pretrain`, or another head"
        )
    plugin = registry.load("backbones", base.backbone.plugin)
    preset = _preset(base)
    if preset not in plugin.presets:
        raise ConfigError(f"model '{base.name}' does not tell the preset of its backbone: choose another base or head")
    network = plugin.build(base.input, **plugin.presets[preset])
    try:
        network.load_weights(base.path / WEIGHTS_FILE)
    except Exception as error:
        # h5py and Keras raise errors of many types.
        raise ConfigError(f"{base.path / WEIGHTS_FILE} does not fit the backbone: {reason(error)}") from error
    return network


def digest(folder: Path) -> str:
    """What a bundle's weights are known by: its folder's name and the beginning of their SHA-256."""
    return f"{folder.name} {sha256(folder / WEIGHTS_FILE)[:16]}"


class Teacher:
    """A bundle whose answers a smaller network learns. Its head must be ``linear``."""

    def __init__(self, base: Bundle) -> None:
        import tensorflow as tf

        if base.head.plugin != "linear":
            raise ConfigError(f"model '{base.name}': only a model with a linear head can teach")
        self._network = load(base)
        self._forward = tf.function(lambda crops: self._network(crops, training=False), jit_compile=False)
        features = self._network.output_shape[-1]
        arrays = unpack(
            base.path / base.head.file,
            {"kernel": (features, len(base.labels)), "bias": (len(base.labels),)},
        )
        self._kernel, self._bias = arrays["kernel"], arrays["bias"]

    def __call__(self, crops: FloatArray) -> FloatArray:
        """Probabilities, float32 (n, labels), of crops scaled for the teacher's input."""
        return softmax(self._forward(crops).numpy().mean(axis=(1, 2)) @ self._kernel + self._bias)


def _preset(base: Bundle) -> str:
    recipe: Any = base.recipe
    while isinstance(recipe, dict) and "preset" not in recipe:
        recipe = recipe.get("general")
    return str(recipe["preset"]) if isinstance(recipe, dict) else ""
