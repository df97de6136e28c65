"""The Keras networks of bundles: loaded to be trained further, or to teach."""

from __future__ import annotations

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
        import tensorflow  # noqa: F401
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


class Teacher:
    """A bundle whose answers a smaller network learns. Its head must be ``linear``."""

    def __init__(self, base: Bundle) -> None:
        if base.head.plugin != "linear":
            raise ConfigError(f"model '{base.name}': only a model with a linear head can teach")
        self._network = load(base)
        import tensorflow as tf

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
