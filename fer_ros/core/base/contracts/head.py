"""The contract of heads: how they run, and what their training takes and returns."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from fer_ros.core.base.contracts.plugin import Plugin
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import FloatArray, Maps

#: Faces of one piece where not all are in memory: some 60 MB of the default backbone.
PIECE = 2048


class Head(Plugin):
    """Turns embeddings into probabilities (group ``fer_ros.heads``). Runs without TensorFlow.

    Its ``Settings`` are those of its training, :attr:`Task.settings`: a change counts from the next training on.

    :cvar crosses: whether its training gives :attr:`TrainedHead.held_out`; then all faces are for training.
    :cvar in_pieces: whether its training reads the faces by :meth:`LabelledFaces.pieces` alone, so that there may be
        more of them than fit into memory.
    """

    crosses: ClassVar[bool] = False
    in_pieces: ClassVar[bool] = False

    @abstractmethod
    def __init__(self, file: Path, labels: tuple[str, ...], embedding_shape: tuple[int, ...]) -> None:
        """Load a trained head.

        :param file: arrays without pickles, such as ``head.npz``.
        :raises ConfigError: the file is damaged or fits neither the labels nor the embedding.
        """

    @abstractmethod
    def predict(self, embeddings: FloatArray) -> FloatArray:
        """Probabilities of embeddings.

        :param embeddings: float32 (n, *embedding_shape).
        :returns: float32 (n, number of labels), each row non-negative with sum 1.
        """

    def read(self, maps: Maps) -> FloatArray:
        """Probabilities from everything that the backbone gives; a head that reads the finer map overrides it.

        :returns: as :meth:`predict`.
        """
        return self.predict(maps.embeddings)

    @classmethod
    def train(cls, task: Task) -> TrainedHead:
        """Learn from faces. Import here what only training needs.

        :raises ConfigError: it cannot learn from these faces, or not with these settings.
        """
        raise ConfigError(f"a head of type {cls.__name__} cannot be trained here: choose another, see `fer plugins`")

    @classmethod
    def refit(cls, task: Task, trained: TrainedHead) -> TrainedHead | None:
        """The head after it has also learned the held-out faces; None: it stays as it is.

        :param task: like that of :meth:`train`, with every face in ``training`` and none in ``validation``.
        :param trained: the result of :meth:`train`.
        """
        return None


@dataclass(frozen=True, slots=True)
class LabelledFaces:
    """The faces of one part of the split.

    :ivar embeddings: float32 (n, *embedding shape), of the general model's backbone.
    :ivar targets: int64 (n,), index into the labels.
    :ivar weights: float32 (n,), the weight of each face; the mean is 1.
    :ivar finer: float32 (n, *shape of the finer map), (n, 0) where the backbone gives none.
    :ivar folds: int64 (n,), for cross-validation: the number of the fold that leaves a face out, -1: none does. A
        picture and its altered copies are of one fold, and so are the faces of one take.
    :ivar measured: bool (n,), whether the answer to a face counts in cross-validation; a copy's never does.
    :ivar pictures: how many of the rows are pictures; they come first, their altered copies after them.
    """

    embeddings: FloatArray
    targets: npt.NDArray[np.int64]
    weights: FloatArray
    finer: FloatArray
    folds: npt.NDArray[np.int64]
    measured: npt.NDArray[np.bool_]
    pictures: int

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def maps(self) -> Maps:
        """The backbone's output for the faces."""
        return Maps(self.embeddings, self.finer)

    @property
    def in_memory(self) -> bool:
        """Whether the maps are arrays; else they are read where :meth:`pieces` or ``numpy.asarray`` asks for them."""
        return isinstance(self.embeddings, np.ndarray)

    def loaded(self, embeddings: bool = True, finer: bool = True) -> LabelledFaces:
        """The same faces with these maps in memory."""
        return replace(
            self,
            embeddings=np.asarray(self.embeddings) if embeddings else self.embeddings,
            finer=np.asarray(self.finer) if finer else self.finer,
        )

    def answered(self, head: Head) -> FloatArray:
        """A head's probabilities of all faces, float32 (n, labels)."""
        finer = type(head).read is not Head.read  # without it a head reads its embeddings alone
        return np.concatenate([head.read(part.maps) for part in self.pieces(finer=finer)])

    def pieces(self, embeddings: bool = True, finer: bool = True) -> Iterator[LabelledFaces]:
        """The faces in their order, some at a time where not all are in memory.

        :param embeddings: whether these are needed; what is not may not be read.
        """
        if self.in_memory or not len(self):
            yield self.loaded()
            return
        for start in range(0, len(self), PIECE):
            part = self.chosen(np.arange(start, min(start + PIECE, len(self))))
            yield part.loaded(embeddings, finer)

    def chosen(self, rows: npt.NDArray[np.int64]) -> LabelledFaces:
        """Some of the faces, in the order of ``rows``: pictures before copies."""
        return LabelledFaces(
            self.embeddings[rows],
            self.targets[rows],
            self.weights[rows],
            self.finer[rows],
            self.folds[rows],
            self.measured[rows],
            int((rows < self.pictures).sum()),
        )

    def __repr__(self) -> str:
        return f"LabelledFaces({len(self)} faces, embeddings of {self.embeddings.shape[1:]})"


@dataclass(frozen=True, slots=True)
class GeneralModel:
    """The model that a training starts from.

    :ivar path: its folder, a bundle.
    :ivar labels: in the order of its head's outputs.
    :ivar head: its head, loaded; ``head_plugin`` is the name of that plugin.
    :ivar head_file: name of its head's file.
    :ivar quality: what was measured of it, as ``model.yaml`` states it.
    """

    name: str
    path: Path
    labels: tuple[str, ...]
    head: Head
    head_plugin: str
    head_file: str
    quality: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Task:
    """The task of a training.

    :ivar labels: in the order of the head's outputs.
    :ivar training: every label occurs.
    :ivar validation: for early stopping and the curve; may be empty.
    :ivar base: the general model.
    :ivar settings: of the head that is trained, an instance of its ``Settings``.
    :ivar seed: of everything random.
    :ivar progress: to be called after each epoch with the number of all epochs and the epoch's row: ``epoch`` from 1,
        ``loss``, ``accuracy``, and with validation data ``val_loss``, ``val_accuracy``. Heads without epochs call it
        never.
    """

    labels: tuple[str, ...]
    training: LabelledFaces
    validation: LabelledFaces
    base: GeneralModel
    settings: Any
    seed: int
    progress: Callable[[int, dict[str, float]], None]

    @property
    def rng(self) -> np.random.Generator:
        """A new random generator, seeded with ``seed``."""
        return np.random.default_rng(self.seed)


@dataclass(frozen=True, slots=True)
class TrainedHead:
    """A trained head.

    :ivar content: the bytes of the head's file.
    :ivar plugin: name of the head plugin that runs it; empty for the one that trained it.
    :ivar labels: where they differ from those of the task; empty otherwise.
    :ivar history: the rows given to ``progress``.
    :ivar facts: what was found, for ``model.yaml``: plain values.
    :ivar held_out: float32 (pictures, labels), the answer to each picture of the training by what the other folds had
        taught; NaN where its answer does not count. None: the head does not find it out, so it is measured on faces
        that were held out.
    :ivar general: float32 (pictures, labels of the general model), its head's answers to the same pictures, so that
        they need not be read again; NaN or None: not known.
    """

    content: bytes
    plugin: str = ""
    labels: tuple[str, ...] = ()
    history: list[dict[str, float]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    held_out: FloatArray | None = None
    general: FloatArray | None = None

    def __repr__(self) -> str:
        return f"TrainedHead({len(self.content)} bytes, plugin={self.plugin!r}, {len(self.history)} epochs)"
