"""A linear head together with the last layers of the backbone, trained in Keras.

First the head alone is trained on the backbone as it is, then both at a small step size: a head that begins at random
would spoil what the backbone knows before it has learned anything itself (Kumar et al. 2022, arXiv:2202.10054).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from fer_ros.core.base.arrays import pack, packed
from fer_ros.core.base.contracts import LabelledFaces, Task, TrainedHead
from fer_ros.core.base.errors import ConfigError, reason
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import FloatArray
from fer_ros.core.training.fitting.gradient_settings import GradientSettings
from fer_ros.core.vision.crop import scale
from fer_ros.plugins.heads.linear import LinearHead, LinearSettings

#: Root mean square of the difference between Keras and LiteRT, over that of the values: 1e-6 where the batch norms are
#: folded in, 1e-3 with float16, 0.1 with int8, over 1 with weights of another network.
TOLERANCE = 0.3
#: Faces of the training from which an int8 export measures the ranges of the activations.
SAMPLES = 400


@dataclass(frozen=True)
class FineTuneSettings(GradientSettings):
    """Of the second step; in the first the head alone is trained as ``linear`` is by default."""

    epochs: int = setting(15, "passes over the training data", low=1, high=10_000, live=True)
    tune_layers: int = setting(
        12, "layers of the backbone that are trained, counted from its end", low=1, high=1000, live=True
    )


class FineTuneHead(LinearHead):
    """A way of training: the result is run by the plugin ``linear``, on a backbone of its own."""

    Settings: ClassVar[type[Any]] = FineTuneSettings

    @classmethod
    def train(cls, task: Task) -> TrainedHead:
        from fer_ros.core.bundles.bundle import Bundle
        from fer_ros.core.pretraining import export, networks

        general = Bundle.load(task.base.path)
        network = networks.load(general)
        _check_same(network, task)
        kernel, bias = _probe(task)
        try:
            frozen, tail = _cut(network, task.settings.tune_layers)
            model = _with_head(tail, kernel, bias, task)
            history = _fit(model, frozen, task)
        except MemoryError:
            raise
        except Exception as error:
            raise ConfigError(
                f"Keras could not train this backbone: {type(error).__name__}: {reason(error)}"
            ) from error
        # The personal network is kept as the general one is, so that it is no slower.
        quantize = networks.stated(general, "quantize") or "float32"
        exported = export.to_litert(network, quantize, scale(task.training.crops[:SAMPLES], task.base.input))
        kernel, bias = model.get_layer("probabilities").get_weights()
        files = {task.base.backbone_file: exported, export.WEIGHTS_FILE: export.weights(network)}
        return TrainedHead(pack(kernel=kernel, bias=bias), "linear", backbone=files, history=history)


def _check_same(network: Any, task: Task) -> None:
    """The weights must be those of the network that gave the embeddings."""
    found = np.asarray(network(scale(task.training.crops[:4], task.base.input), training=False))
    expected = task.training.embeddings[:4]
    if found.shape != expected.shape or _rms(found - expected) > TOLERANCE * _rms(expected):
        raise ConfigError(
            f"model '{task.base.name}': its weights are not those of its backbone; make it again or choose another head"
        )


def _rms(values: FloatArray) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _probe(task: Task) -> tuple[FloatArray, FloatArray]:
    s = task.settings
    settings = LinearSettings(batch_fraction=s.batch_fraction, patience=s.patience, from_general=s.from_general)
    first = replace(task, settings=settings, progress=lambda epochs, row: None)
    arrays = packed(LinearHead.train(first).content)
    return arrays["kernel"], arrays["bias"]


def _cut(network: Any, tuned: int) -> tuple[Any, Any]:
    """The layers that stay as they are, whose output is computed once, and those that are trained; both share weights.

    Where other paths lead around the place of the cut, all layers are in the second part, the first ones frozen.
    """
    import keras

    first = max(1, len(network.layers) - tuned)
    for number, layer in enumerate(network.layers):
        # Statistics of a few hundred faces of one person would be worse than those of the general model.
        layer.trainable = number >= first and not isinstance(layer, keras.layers.BatchNormalization)
    try:
        place = network.layers[first - 1].output
        return keras.Model(network.input, place), keras.Model(place, network.output)
    except ValueError:
        return None, network


def _with_head(tail: Any, kernel: FloatArray, bias: FloatArray, task: Task) -> Any:
    import keras

    x = keras.layers.GlobalAveragePooling2D()(tail.output)
    head = keras.layers.Dense(len(task.labels), activation="softmax", name="probabilities")
    model = keras.Model(tail.input, head(x))
    head.set_weights([kernel, bias])
    optimizer = keras.optimizers.Adam(task.settings.learning_rate)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    return model


def _fit(model: Any, frozen: Any, task: Task) -> list[dict[str, float]]:
    import keras

    settings, spec = task.settings, task.base.input
    keras.utils.set_random_seed(task.seed)
    history: list[dict[str, float]] = []

    class Report(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            known = ("loss", "accuracy", "val_loss", "val_accuracy")
            row = {"epoch": float(epoch + 1)} | {name: float(logs[name]) for name in known if name in logs}
            history.append(row)
            task.progress(settings.epochs, row)

    def data(part: LabelledFaces) -> tuple[FloatArray, Any, FloatArray]:
        x = scale(part.crops, spec)
        x = x if frozen is None else frozen.predict(x, batch_size=64, verbose=0)
        return x, part.targets, part.weights

    callbacks: list[Any] = [Report()]
    if settings.patience and len(task.validation):
        callbacks.append(
            keras.callbacks.EarlyStopping("val_loss", patience=settings.patience, restore_best_weights=True)
        )
    x, targets, weights = data(task.training)
    model.fit(
        x,
        targets,
        sample_weight=weights,
        validation_data=data(task.validation) if len(task.validation) else None,
        epochs=settings.epochs,
        batch_size=settings.batch(len(task.training)),
        callbacks=callbacks,
        verbose=0,
    )
    return history
