"""What a head's training is given and what it gives back (see ``fer_ros.core.base.contracts.Head.train``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fer_ros.core.base.types import FloatArray, ImageArray

if TYPE_CHECKING:
    from fer_ros.core.bundles.bundle import Bundle
    from fer_ros.core.training.options import Options


@dataclass(frozen=True, slots=True)
class LabelledFaces:
    """The faces of one part of the split.

    :ivar crops: uint8 (n, height, width, channels), not scaled.
    :ivar embeddings: float32 (n, *embedding shape), of the general model's backbone.
    :ivar targets: int64 (n,), index into the labels.
    :ivar weights: float32 (n,), what each face counts; the mean is 1.
    """

    crops: ImageArray
    embeddings: FloatArray
    targets: npt.NDArray[np.int64]
    weights: FloatArray

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True, slots=True)
class Task:
    """What to train on.

    :ivar labels: in the order of the head's outputs.
    :ivar training: every label occurs.
    :ivar validation: for early stopping and the curve; may be empty.
    :ivar base: the general model.
    :ivar options: with the head's defaults filled in.
    :ivar progress: to be called after each epoch with the number of epochs and the epoch's row: ``epoch`` from 1,
        ``loss``, ``accuracy``, and with validation data ``val_loss``, ``val_accuracy``.
    """

    labels: tuple[str, ...]
    training: LabelledFaces
    validation: LabelledFaces
    base: Bundle
    options: Options
    progress: Callable[[int, dict[str, float]], None]

    @property
    def rng(self) -> np.random.Generator:
        """A generator at the start of the sequence that the seed stands for."""
        return np.random.default_rng(self.options.seed)

    def batch(self) -> int:
        """Faces a step: the share asked for, rounded up."""
        return max(1, int(np.ceil(self.options.batch_fraction * len(self.training))))


@dataclass(frozen=True, slots=True)
class TrainedHead:
    """A trained head.

    :ivar content: the bytes of the head's file.
    :ivar plugin: name of the head plugin that runs it; empty for the one that trained it.
    :ivar labels: where they differ from those of the task; empty otherwise.
    :ivar backbone: new files of the backbone (file name → bytes), where that was trained too.
    :ivar history: the rows given to ``progress``.
    :ivar facts: what was found, for ``model.yaml``: plain values.
    """

    content: bytes
    plugin: str = ""
    labels: tuple[str, ...] = ()
    backbone: dict[str, bytes] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
