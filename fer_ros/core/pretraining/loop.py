"""The Keras side of pretraining: batches made on the fly, and the state that is saved after each epoch.

Imports Keras, so only :func:`fer_ros.core.pretraining.run.run` imports it, when a run begins.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import yaml

from fer_ros.core.base import arrays, yaml_files
from fer_ros.core.base.arrays import pack
from fer_ros.core.base.errors import ConfigError, reason
from fer_ros.core.base.files import write_atomic
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.base.types import FloatArray, ImageArray
from fer_ros.core.datasets import fer2013
from fer_ros.core.evaluating import plots
from fer_ros.core.pretraining import data
from fer_ros.core.pretraining.recipe import Recipe
from fer_ros.core.pretraining.run_folder import STATE_FILE
from fer_ros.core.training.augment import augment
from fer_ros.core.vision.crop import scale
from fer_ros.core.vision.degrade import degrade

#: Called after each epoch: epoch from 1, number of epochs, loss, accuracy on PublicTest.
Progress = Callable[[int, int, float, float], None]
#: Of the history: training loss and accuracy with augmentation, accuracy on PublicTest without.
COLUMNS = ("epoch", "loss", "accuracy", "val_accuracy")

#: Epochs from one plot of the curves to the next.
PLOT_EVERY = 5
#: Bytes of the running average of a network at most.
MAX_AVERAGE = 4 << 30
#: Steps from one sample of the running average to the next.
AVERAGE_EVERY = 10
#: From scaled crops, float32 (n, height, width, channels), to probabilities, float32 (n, labels).
Teacher = Callable[[FloatArray], FloatArray]


class Batches(keras.utils.PyDataset):
    """Augmented batches; the order and changes depend on seed and epoch alone, so that a resumed run goes on alike."""

    def __init__(
        self, images: ImageArray, targets: FloatArray, votes: FloatArray, recipe: Recipe, teacher: Teacher | None = None
    ) -> None:
        super().__init__(workers=1)
        self.images, self.targets, self.votes = images, targets, votes
        self.recipe, self.teacher, self.spec = recipe, teacher, recipe.input
        self.begin(0)

    def begin(self, epoch: int) -> None:
        self.epoch = epoch
        self.order = np.random.default_rng([self.recipe.seed, epoch]).permutation(len(self.images))

    def __len__(self) -> int:
        return max(1, len(self.images) // self.recipe.batch)

    def __getitem__(self, index: int) -> tuple[FloatArray, dict[str, FloatArray]]:
        recipe = self.recipe
        rng = np.random.default_rng([recipe.seed, self.epoch, index])
        chosen = self.order[index * recipe.batch : (index + 1) * recipe.batch]
        changed = (augment(self.images[i], rng, recipe.augmentation) for i in chosen)
        crops = np.stack([degrade(crop, rng, recipe.degradation) for crop in changed])
        crops = crops.reshape(len(chosen), *self.images.shape[1:])
        targets = {"probabilities": self.targets[chosen], "votes": self.votes[chosen]}
        if recipe.mixup:
            share = np.float32(rng.beta(recipe.mixup, recipe.mixup))
            other = rng.permutation(len(chosen))
            crops = share * crops + (1 - share) * crops[other]
            targets = {name: share * rows + (1 - share) * rows[other] for name, rows in targets.items()}
        x = scale(_to_spec(crops, self.spec), self.spec)
        if self.teacher is not None:
            weight = np.float32(recipe.teacher_weight)
            answer = self.teacher(
                x if self.spec == recipe.input else scale(_to_spec(crops, recipe.input), recipe.input)
            )
            targets["probabilities"] = (1 - weight) * targets["probabilities"] + weight * answer
        return x, targets


class Checkpoints(keras.callbacks.Callback):
    """After each epoch: measure, then save the model with its optimizer and random state, then the history."""

    def __init__(
        self,
        folder: Path,
        model: Any,
        batches: Any,
        test: fer2013.Fer2013,
        progress: Progress | None,
    ) -> None:
        super().__init__()
        self.folder, self.network, self.batches = folder, model, batches
        self.test, self.progress = test, progress
        self.rows: list[dict[str, float]] = []
        self.average: list[FloatArray] = []

    def restore(self) -> int:
        """Load the last finished epoch; returns how many are done."""
        mark = self.folder / STATE_FILE
        if not mark.exists():
            return 0
        state = yaml_files.read(mark)
        self.network.optimizer.build(self.network.trainable_variables)
        try:
            self.network.load_weights(self.folder / Path(state["file"]).name)
            for seed, value in zip(self._seeds(), state.get("seeds", ()), strict=False):
                seed.assign(np.array(value, dtype=np.uint32))
            average = arrays.read(self.folder / Path(state["average"]).name, MAX_AVERAGE)
            self.average = [average[str(number)] for number in range(len(average))]
            self.rows = [{name: row[name] for name in COLUMNS} for row in state["rows"]]
        except Exception as error:
            # h5py and Keras raise errors of many types.
            raise ConfigError(
                f"{self.folder}: the saved state is damaged ({reason(error)}); delete the folder"
            ) from error
        return len(self.rows)

    def _seeds(self) -> list[Any]:
        # Where the dropout is in its random numbers; Keras does not save it with the weights.
        return [variable for variable in self.network.variables if variable.name == "seed_generator_state"]

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.batches.begin(epoch)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        # Without a momentum only the last step counts, and a large network takes long to copy.
        if batch + 1 < len(self.batches) and (batch % AVERAGE_EVERY or not self.batches.recipe.average):
            return
        if keras.backend.backend() == "jax":
            # Between steps JAX has the weights, and the model has none.
            self.network.jax_state_sync()
        weights = self.network.get_weights()
        # At first over all there were, so that the random beginning does not stay in the average.
        seen = (self.batches.epoch * len(self.batches) + batch) // AVERAGE_EVERY
        keep = min(self.batches.recipe.average, (1.0 + seen) / (10.0 + seen))
        if not self.average:
            self.average = weights
        pairs = zip(self.average, weights, strict=True)
        self.average = [kept + np.float32(1.0 - keep) * (new - kept) for kept, new in pairs]

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        accuracy = self._accuracy()
        row = {"epoch": epoch + 1, "loss": float(logs["loss"]), "accuracy": float(logs["probabilities_accuracy"])}
        self.rows.append({**row, "val_accuracy": accuracy})
        self._save(epoch)
        if (epoch + 1) % PLOT_EVERY == 0 or epoch + 1 == self.batches.recipe.epochs:
            write_atomic(self.folder / "training.png", plots.training_curve(self.rows, fer2013.PUBLIC_TEST))
        if self.progress:
            self.progress(epoch + 1, self.batches.recipe.epochs, row["loss"], accuracy)

    def _accuracy(self) -> float:
        """Of the averaged weights, on PublicTest."""
        current = self.network.get_weights()
        self.network.set_weights(self.average)
        logits = [
            np.asarray(self.network.predict_on_batch(crops)["probabilities"])
            for crops in data.prepared(self.test.images, self.batches.spec)
        ]
        self.network.set_weights(current)
        return float(np.mean(np.concatenate(logits).argmax(axis=1) == self.test.targets))

    def _save(self, epoch: int) -> None:
        # Two files in turn: the one named by state.yaml is never the one being written.
        name = f"state_{epoch % 2}.weights.h5"
        temporary = self.folder / f"writing_{name}"
        self.network.save_weights(temporary)
        os.replace(temporary, self.folder / name)
        average = f"average_{epoch % 2}.npz"
        write_atomic(self.folder / average, pack(**{str(number): array for number, array in enumerate(self.average)}))
        seeds = [[int(part) for part in np.asarray(seed)] for seed in self._seeds()]
        state = {"file": name, "average": average, "seeds": seeds, "rows": self.rows}
        write_atomic(self.folder / STATE_FILE, yaml.safe_dump(state).encode())
        lines = [",".join(COLUMNS)] + [",".join(repr(row[name]) for name in COLUMNS) for row in self.rows]
        write_atomic(self.folder / "history.csv", ("\n".join(lines) + "\n").encode())


def _to_spec(crops: FloatArray, spec: InputSpec) -> FloatArray:
    if crops.shape[1:3] == (spec.height, spec.width):
        return crops
    resized = [cv2.resize(crop, (spec.width, spec.height), interpolation=cv2.INTER_LINEAR) for crop in crops]
    return np.stack(resized).reshape(len(crops), spec.height, spec.width, spec.channels)
