"""The network that is trained: a backbone with a classifier of the labels and one of the FER+ votes.

Keras is imported when a function is called, so that the running robot never imports it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.core.base.types import FloatArray
from fer_ros.core.pretraining.recipe import Recipe


def build(backbone: Any, recipe: Recipe, classes: int) -> Any:
    """Mean over the map, dropout, and two dense layers side by side: ``probabilities`` and ``votes``, both logits.

    :param backbone: ``keras.Model`` to maps (height, width, channels).
    :returns: ``keras.Model`` with both outputs by name.
    """
    import keras
    from keras import layers

    x = layers.GlobalAveragePooling2D(name="pool", dtype="float32")(backbone.output)
    x = layers.Dropout(recipe.dropout, name="dropout", dtype="float32")(x)
    outputs = {name: layers.Dense(classes, name=name, dtype="float32")(x) for name in ("probabilities", "votes")}
    return keras.Model(backbone.input, outputs)


def compile_for(network: Any, recipe: Recipe, steps: int) -> None:
    """Give the network its losses and its optimizer.

    :param steps: of one epoch.
    """
    import keras

    names = ("probabilities", "votes")
    network.compile(
        _optimizer(recipe, recipe.epochs * steps, steps),
        {name: keras.losses.CategoricalCrossentropy(from_logits=True) for name in names},
        loss_weights={"probabilities": 1.0, "votes": recipe.votes_weight},
        metrics={"probabilities": ["accuracy"]},
        # XLA, which TensorFlow can do without, is slower on a CPU; JAX cannot.
        jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
    )


def _optimizer(recipe: Recipe, total: int, steps: int) -> Any:
    import keras

    rate: Any = recipe.learning_rate
    if recipe.schedule == "cosine":
        warm_up = min(2 * steps, max(1, total // 10))
        rate = keras.optimizers.schedules.CosineDecay(
            recipe.learning_rate / 20.0,
            total - warm_up,
            warmup_target=recipe.learning_rate,
            warmup_steps=warm_up,
        )
    if recipe.optimizer == "adam":
        return keras.optimizers.Adam(rate)
    if recipe.optimizer == "adamw":
        optimizer = keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay)
    else:
        optimizer = keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, weight_decay=recipe.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    return optimizer


def measure_norms(backbone: Any, batches: Iterable[FloatArray]) -> None:
    """Set the statistics of the batch norms to the means of those of the batches.

    :param batches: scaled crops.
    """
    import keras

    norms = [layer for layer in backbone.layers if isinstance(layer, keras.layers.BatchNormalization)]
    momenta = [norm.momentum for norm in norms]
    found = []
    for norm in norms:
        # A call leaves the statistics of its own batch.
        norm.momentum = 0.0
    for crops in batches:
        backbone(crops, training=True)
        found.append([np.asarray(part) for norm in norms for part in (norm.moving_mean, norm.moving_variance)])
    means = [np.mean(parts, axis=0) for parts in zip(*found, strict=True)]
    for norm, momentum, mean, variance in zip(norms, momenta, means[::2], means[1::2], strict=True):
        norm.momentum = momentum
        norm.moving_mean.assign(mean)
        norm.moving_variance.assign(variance)


def precision() -> str:
    """``mixed_bfloat16`` where the machine computes in it, a third faster on such a CPU, else ``float32``."""
    import keras

    if _has_gpu():
        return "mixed_bfloat16"
    if keras.backend.backend() != "tensorflow":
        return "float32"
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return "float32"
    return "mixed_bfloat16" if "avx512_bf16" in flags or "amx_bf16" in flags else "float32"


def _has_gpu() -> bool:
    import keras

    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return jax.default_backend() != "cpu"
    if backend == "torch":
        import torch

        return bool(torch.cuda.is_available())
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


@contextlib.contextmanager
def policy(name: str) -> Iterator[None]:
    """What Keras computes in while layers are made, such as ``mixed_bfloat16``; afterwards the one before."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
