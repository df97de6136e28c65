"""Training of a backbone and its general head from FER2013, in Keras; resumable, seeded, exported as a model bundle.

The only module of the core that needs TensorFlow; the running robot never imports it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.core import fer2013, registry, yaml_files
from fer_ros.core.crop import InputSpec, resize, scale
from fer_ros.core.errors import ConfigError, reason, unknown_name
from fer_ros.core.files import write_atomic
from fer_ros.core.pretraining import near_duplicates
from fer_ros.core.pretraining.recipe import Recipe
from fer_ros.core.types import FloatArray, ImageArray

log = logging.getLogger(__name__)

RECIPE_FILE = "recipe.json"


@dataclass(frozen=True, slots=True)
class Trained:
    """What a finished run gives.

    :ivar backbone: ``keras.Model`` from scaled crops to feature maps.
    :ivar kernel: float32 (features, labels), of the classifier on the pooled features.
    :ivar bias: float32 (labels,).
    :ivar history: one row an epoch: ``epoch``, ``loss``, ``accuracy`` (of training), ``val_accuracy``.
    :ivar removed: how many training faces were left out as near-duplicates of PublicTest.
    :ivar trained_on: how many were used.
    :ivar shares: float32 (labels,), share of each label among those; one that none had counts as one face.
    """

    backbone: Any
    kernel: FloatArray
    bias: FloatArray
    history: list[dict[str, float]]
    removed: int
    trained_on: int
    shares: FloatArray


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
    teacher: Callable[[FloatArray], FloatArray] | None = None,
    start: list[FloatArray] | None = None,
) -> Trained:
    """Train, or go on where an interrupted run in ``folder`` stopped; a finished one is only loaded.

    :param folder: holds the recipe, the history and the state of the last finished epoch.
    :param progress: called after each epoch: epoch from 1, number of epochs, loss, accuracy on PublicTest.
    :param teacher: probabilities of scaled crops, by a network whose answers are learned too.
    :param start: weights of the backbone to start from.
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

    from fer_ros.core.pretraining.loop import Batches, State

    log.info("training on %d faces, %d near-duplicates of the test left out", len(training), removed)
    keras.utils.set_random_seed(recipe.seed)
    images = (
        training.images[..., np.newaxis] if recipe.input.channels == 1 else np.stack([training.images] * 3, axis=-1)
    )
    labels = fer2013.soft_targets(training, 0.0) * (1.0 - recipe.smoothing) + recipe.smoothing / len(training.labels)
    batches = Batches(images, labels.astype(np.float32), fer2013.soft_targets(training, 1.0), recipe, teacher)
    arguments = plugin.presets[recipe.preset]
    network, state = None, None
    for end, spec in recipe.phases():
        if _done(folder) >= end and spec != recipe.input:
            continue
        with _policy(precision()):
            backbone = plugin.build(spec, **arguments)
            network = _classifier(backbone, recipe, len(training.labels))
        if start is not None and not _done(folder):
            backbone.set_weights(start)
        _compile(network, recipe, steps=len(batches))
        batches.spec = spec
        state = State(folder, network, batches, prepare(test.images, spec), test.targets, progress)
        # Each phase goes on from the file of the last epoch, as a run does that was interrupted.
        done = state.restore()
        if done < end:
            network.fit(batches, initial_epoch=done, epochs=end, callbacks=[state], verbose=0, shuffle=False)
    assert network is not None and state is not None
    network.set_weights(state.average)
    kernel, bias = network.get_layer("probabilities").get_weights()
    exact = plugin.build(recipe.input, **arguments)
    exact.set_weights(backbone.get_weights())
    counts = np.maximum(np.bincount(training.targets, minlength=len(training.labels)), 1)
    shares = np.asarray(counts / counts.sum(), dtype=np.float32)
    return Trained(exact, kernel, bias, state.rows, removed, len(training), shares)


def prepare(images: ImageArray, spec: InputSpec) -> FloatArray:
    """Grey 48×48 faces as the network's input.

    :param images: uint8 (n, 48, 48).
    :returns: float32 (n, spec.height, spec.width, spec.channels), scaled.
    """
    return scale(np.stack([resize(image, spec) for image in images]), spec)


def precision() -> str:
    """``mixed_bfloat16`` where the machine computes in it, a third faster here, else ``float32``."""
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        return "mixed_bfloat16"
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return "float32"
    return "mixed_bfloat16" if "avx512_bf16" in flags or "amx_bf16" in flags else "float32"


@contextlib.contextmanager
def _policy(name: str) -> Iterator[None]:
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _classifier(backbone: Any, recipe: Recipe, classes: int) -> Any:
    import keras
    from keras import layers

    x = layers.GlobalAveragePooling2D(name="pool", dtype="float32")(backbone.output)
    x = layers.Dropout(recipe.dropout, name="dropout", dtype="float32")(x)
    outputs = {name: layers.Dense(classes, name=name, dtype="float32")(x) for name in ("probabilities", "votes")}
    return keras.Model(backbone.input, outputs)


def _compile(model: Any, recipe: Recipe, steps: int) -> None:
    import keras

    total = recipe.epochs * steps
    warm_up = min(2 * steps, max(1, total // 10))
    rate = keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate / 20.0,
        total - warm_up,
        warmup_target=recipe.learning_rate,
        warmup_steps=warm_up,
    )
    optimizer = keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, weight_decay=recipe.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    names = ("probabilities", "votes")
    model.compile(
        optimizer,
        {name: keras.losses.CategoricalCrossentropy(from_logits=True) for name in names},
        loss_weights={"probabilities": 1.0, "votes": recipe.votes_weight},
        metrics={"probabilities": ["accuracy"]},
        jit_compile=False,
    )


def _done(folder: Path) -> int:
    mark = folder / "state.yaml"
    return len(yaml_files.read(mark)["rows"]) if mark.exists() else 0


def _claim(folder: Path, recipe: Recipe, faces: fer2013.Fer2013) -> None:
    """Mark the folder as belonging to this recipe and these data, or check that it does."""
    digest = hashlib.sha256()
    for array in (faces.images, faces.targets, faces.votes, faces.usage):
        digest.update(np.ascontiguousarray(array).tobytes())
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "data.sha256"
    if not (folder / RECIPE_FILE).exists():
        write_atomic(folder / RECIPE_FILE, json.dumps(_entries(recipe), indent=1, sort_keys=True).encode())
    elif differing := _differing(folder / RECIPE_FILE, recipe):
        raise ConfigError(
            f"{folder} holds a run with another recipe ({', '.join(differing)}): give another --run folder or delete it"
        )
    if not data.exists():
        write_atomic(data, digest.hexdigest().encode())
    elif data.read_bytes() != digest.hexdigest().encode():
        raise ConfigError(f"{folder} holds a run with other data: give another --run folder or delete it")


def _entries(recipe: Recipe) -> dict[str, Any]:
    """What decides the training, as JSON has it: what is applied afterwards may be changed without training again."""
    entries: dict[str, Any] = json.loads(json.dumps(asdict(recipe)))
    del entries["prior"]
    return entries


def _differing(mark: Path, recipe: Recipe) -> list[str]:
    """What is not as in the file; an entry that it lacks, since it is older than the entry, stands for the default."""
    try:
        before = json.loads(mark.read_bytes())
        if not isinstance(before, dict):
            raise ValueError("names with values are expected")
    except ValueError as error:
        raise ConfigError(f"{mark} is damaged ({reason(error)}): delete {mark.parent}") from error
    now, default = _entries(recipe), _entries(Recipe())
    out = []
    for name in sorted(now | before):
        old = before.get(name, default.get(name))
        if isinstance(old, dict) and isinstance(default.get(name), dict):
            old = default[name] | old
        if old != now.get(name):
            out.append(f"{name} {old}, not {now.get(name)}")
    return out
