"""A linear head on the finer map, solved in closed form: from one picture a label to thousands, in milliseconds.

What it says of a face that looks like none it was taught is the general model's answer: strangers are read as before.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer_ros.core.base.arrays import unpack
from fer_ros.core.base.contracts import Head, Task, TrainedHead
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import FloatArray, Maps
from fer_ros.core.vision.likeness import finest, gate, general_answers, unit
from fer_ros.core.vision.softmax import softmax


@dataclass(frozen=True)
class RidgeSettings:
    """Chosen on half of the 70 people of KDEF, from one picture a label (docs/training.md)."""

    keep_general: bool = setting(
        True,
        "keep the general model's other labels, and its answers to people who look like nobody that was taught",
        live=True,
    )
    penalty: float = setting(
        0.0, "how strongly the weights are kept small; 0: by cross-validation", low=0.0, high=1e3, live=True
    )
    prior: float = setting(
        -1.0,
        "weight of the general model's answer, 0 to 1; -1: by its accuracy on what is taught",
        low=-1.0,
        high=1.0,
        live=True,
    )


class RidgeHead(Head):
    """Scores of unit features, softened by a temperature, mixed with the general model's answer to unlike faces.

    The features are the finer map (the embedding where there is none), each value less its mean and over its deviation,
    the whole divided by its length. File, for d features and L labels: ``mean`` and ``scale`` (d,), ``kernel``
    (d, L), ``prior`` and ``base`` (L,), ``temperature`` (1,), ``known`` (n, d) features of taught faces, ``gate`` (2,)
    likeness to the nearest of them below which the general answer counts alone and above which it does not count,
    ``general_kernel`` (channels, L) and ``general_bias`` (L,) of the general model's linear head, ``general`` (L,) 1
    for the labels that it has.
    """

    Settings = RidgeSettings
    crosses = True
    in_pieces = True

    def __init__(self, file: Path, labels: tuple[str, ...], embedding_shape: tuple[int, ...]) -> None:
        some, channels = len(labels), embedding_shape[-1]
        vector: tuple[int | None, ...] = (some,)
        a = unpack(
            file,
            {
                **{"mean": (None,), "scale": (None,), "kernel": (None, some), "prior": vector, "base": vector},
                **{"temperature": (1,), "known": (None, None), "gate": (2,), "general": vector},
                **{"general_kernel": (channels, some), "general_bias": vector},
            },
        )
        values = {a["mean"].size, a["scale"].size, len(a["kernel"]), a["known"].shape[1]}
        if len(values) != 1 or (a["scale"] <= 0).any() or not len(a["known"]) or a["gate"][0] > a["gate"][1]:
            raise ConfigError(f"{file}: its arrays do not fit each other: train the model anew")
        self.arrays, self._file = a, file

    def predict(self, embeddings: FloatArray) -> FloatArray:
        return self.read(Maps(embeddings, np.empty((len(embeddings), 0), np.float32)))

    def read(self, maps: Maps) -> FloatArray:
        a = self.arrays
        found = finest(maps)
        if found.shape[1] != a["mean"].size:
            raise ConfigError(
                f"{self._file}: it was taught on {a['mean'].size} values of a face, this network gives "
                f"{found.shape[1]}: train the model anew"
            )
        x = unit(found, a["mean"], a["scale"])
        general = general_answers(maps.embeddings, a["general_kernel"], a["general_bias"], a["general"] > 0)
        scores = a["prior"] * general + a["base"] + x @ a["kernel"]
        taught = softmax(a["temperature"][0] * scores)
        share = gate((x @ a["known"].T).max(axis=1), float(a["gate"][0]), float(a["gate"][1]))[:, np.newaxis]
        return np.asarray(share * taught + (1 - share) * general, dtype=np.float32) if a["general"].any() else taught

    @classmethod
    def train(cls, task: Task) -> TrainedHead:
        from fer_ros.core.training.fitting import ridge_fit

        asked = task.settings
        return ridge_fit.train(task, asked.keep_general, asked.penalty, asked.prior)
