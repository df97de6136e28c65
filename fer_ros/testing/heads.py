"""The check of heads: trains one on embeddings that are easy to tell apart, then runs it."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.core.base.arrays import pack
from fer_ros.core.base.contracts import GeneralModel, Head, LabelledFaces, Task, TrainedHead
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import FloatArray
from fer_ros.plugins.heads.linear import LinearHead
from fer_ros.testing.common import check_class, ensure

LABELS = ("happy", "neutral", "sad")
SHAPE = (3, 3, 8)
#: Faces of each label.
FACES = 30


def check_head(cls: type[Head], settings: Any = None, least: float = 0.9) -> None:
    """Train a head on a small task, refit it, load its file, and check its answers.

    :param settings: an instance of its ``Settings``; None takes the defaults.
    :param least: share of the easy training faces that it must get right.
    :raises AssertionError: in one line, what is wrong.
    """
    check_class(cls, Head)
    name = cls.__name__
    with tempfile.TemporaryDirectory(prefix="fer_check_") as folder:
        task = _task(Path(folder), cls, cls.Settings() if settings is None else settings)
        rows: list[dict[str, float]] = []
        trained = cls.train(dataclasses.replace(task, progress=lambda epochs, row: rows.append(row)))
        _check_trained(name, trained, rows)
        head = _loaded(cls, trained, task, Path(folder))
        labels = trained.labels or task.labels
        answers = _answers(name, head, task.training.embeddings, len(labels))
        truth = np.array([labels.index(task.labels[target]) for target in task.training.targets])
        right = float((answers.argmax(axis=1) == truth).mean())
        ensure(right >= least, f"{name} is right for only {right:.0%} of the faces that it was trained on")
        everything = dataclasses.replace(task, validation=_some(task.validation, 0))
        again = cls.refit(everything, trained)
        if again is not None:
            _check_trained(name, again, [])
            _answers(name, _loaded(cls, again, task, Path(folder)), task.training.embeddings, len(labels))
        _check_refusals(cls, trained, labels, Path(folder))


def _check_trained(name: str, trained: object, rows: list[dict[str, float]]) -> None:
    ensure(isinstance(trained, TrainedHead), f"{name}.train must return a TrainedHead")
    assert isinstance(trained, TrainedHead)
    ensure(isinstance(trained.content, bytes) and trained.content, f"{name}.train: content must be bytes")
    try:
        json.dumps(trained.facts, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise AssertionError(f"{name}.train: facts must be plain values: {error}") from error
    if rows:
        ensure(rows == trained.history, f"{name}.train: history must hold the rows given to progress")
        good = all({"epoch", "loss", "accuracy"} <= set(row) for row in rows)
        ensure(good, f"{name}.train: each row needs epoch, loss and accuracy")
        ensure([row["epoch"] for row in rows] == list(range(1, len(rows) + 1)), f"{name}.train: epochs count from 1")


def _loaded(cls: type[Head], trained: TrainedHead, task: Task, folder: Path) -> Head:
    """The head that runs it: another plugin's if the training says so."""
    kind = type(task.base.head) if trained.plugin and trained.plugin == task.base.head_plugin else cls
    file = folder / "head.npz"
    file.write_bytes(trained.content)
    return kind(file, trained.labels or task.labels, SHAPE)


def _answers(name: str, head: Head, embeddings: FloatArray, labels: int) -> FloatArray:
    before = embeddings.copy()
    found = head.predict(embeddings)
    ensure(np.array_equal(embeddings, before), f"{name}.predict changes the embeddings")
    good = found.dtype == np.float32 and found.shape == (len(embeddings), labels)
    ensure(good, f"{name}.predict must give float32 ({len(embeddings)}, {labels})")
    ensure(
        np.isfinite(found).all() and found.min() >= 0.0,
        f"{name}.predict gives a value that is negative or not a number",
    )
    ensure(np.allclose(found.sum(axis=1), 1.0, atol=1e-3), f"{name}.predict: each row must have the sum 1")
    single = np.concatenate([head.predict(embeddings[i : i + 1]) for i in range(3)])
    ensure(np.allclose(found[:3], single, atol=1e-4), f"{name}.predict: a face's answer depends on the others")
    return found


def _check_refusals(cls: type[Head], trained: TrainedHead, labels: tuple[str, ...], folder: Path) -> None:
    """Check that a file for other labels and a damaged file are refused."""
    cases = {"a file for other labels": (trained.content, (*labels, "more")), "a damaged file": (b"damaged", labels)}
    for what, (content, wanted) in cases.items():
        file = folder / "wrong.npz"
        file.write_bytes(content)
        try:
            cls(file, wanted, SHAPE)
        except ConfigError:
            continue
        except Exception as error:
            message = f"{cls.__name__}: {what} must raise ConfigError, not {type(error).__name__}: {error}"
            raise AssertionError(message) from error
        raise AssertionError(f"{cls.__name__}: {what} must raise ConfigError")


def _task(folder: Path, cls: type[Head], settings: Any) -> Task:
    rng = np.random.default_rng(0)
    targets = np.repeat(np.arange(len(LABELS), dtype=np.int64), FACES)
    means = np.zeros((len(LABELS), SHAPE[-1]), np.float32)
    means[np.arange(len(LABELS)), np.arange(len(LABELS))] = 4.0
    noise = rng.normal(0.0, 0.5, (len(targets), *SHAPE)).astype(np.float32)
    embeddings = np.maximum(0.0, means[targets][:, np.newaxis, np.newaxis] + noise)
    order = rng.permutation(len(targets))
    count = len(targets)
    faces = LabelledFaces(
        embeddings=embeddings[order].astype(np.float32),
        targets=targets[order],
        weights=np.ones(count, np.float32),
        finer=np.empty((count, 0), np.float32),
        folds=np.arange(count) % 3,
        measured=np.ones(count, dtype=bool),
        pictures=count,
    )
    file = folder / "general.npz"
    file.write_bytes(pack(kernel=means.T, bias=np.zeros(len(LABELS))))
    general = GeneralModel(
        name="general",
        path=folder,
        labels=LABELS,
        head=LinearHead(file, LABELS, SHAPE),
        head_plugin="linear",
        head_file=file.name,
        quality={"confusion": [[8, 1, 1], [1, 8, 1], [1, 1, 8]]},
    )
    return Task(LABELS, faces, _some(faces, 9), general, settings, 1, lambda epochs, row: None)


def _some(faces: LabelledFaces, count: int) -> LabelledFaces:
    return faces.chosen(np.arange(count))
