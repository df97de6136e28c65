"""Reading FER2013: the original ``fer2013.csv`` (with FER+'s ``fer2013new.csv`` beside it) or the same as ``.npz``."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_ros.core.errors import ConfigError, quoted, reason
from fer_ros.core.labels import DEFAULT_LABELS, FERPLUS_TO_LABEL
from fer_ros.core.types import FloatArray, ImageArray

SIDE = 48
TRAINING, PUBLIC_TEST, PRIVATE_TEST = "Training", "PublicTest", "PrivateTest"
USAGES = (TRAINING, PUBLIC_TEST, PRIVATE_TEST)


@dataclass(frozen=True, slots=True)
class Fer2013:
    """Faces with their labels.

    :ivar images: uint8 (n, 48, 48), grey.
    :ivar targets: int64 (n,), index into ``labels``.
    :ivar votes: float32 (n, 7), FER+ votes per label; zeros where there are none.
    :ivar usage: str (n,), ``Training``, ``PublicTest`` or ``PrivateTest``.
    :ivar rows: int64 (n,), row in the original csv.
    """

    images: ImageArray
    targets: npt.NDArray[np.int64]
    votes: FloatArray
    usage: npt.NDArray[np.str_]
    rows: npt.NDArray[np.int64]
    labels: tuple[str, ...] = DEFAULT_LABELS

    def __len__(self) -> int:
        return len(self.images)

    def part(self, usage: str) -> Fer2013:
        """The faces of one split.

        :raises ConfigError: the split has none.
        """
        chosen = self.usage == usage
        if not chosen.any():
            found = ", ".join(sorted(set(self.usage.tolist())))
            raise ConfigError(f"there are no faces of usage {quoted(usage)}: found {found or 'none'}")
        return self.take(np.flatnonzero(chosen))

    def take(self, indices: npt.NDArray[np.intp]) -> Fer2013:
        """The faces at the indices."""
        return Fer2013(
            self.images[indices], self.targets[indices], self.votes[indices], self.usage[indices], self.rows[indices]
        )


def load(path: Path) -> Fer2013:
    """Read a ``.csv`` or ``.npz``.

    :raises ConfigError: the file is missing, of another kind, or damaged; the message names the first bad row.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: no such file; give the path of fer2013.csv")
    if path.suffix.lower() == ".npz":
        return _from_npz(path)
    if path.suffix.lower() == ".csv":
        return _from_csv(path)
    raise ConfigError(f"{path}: not a FER2013 file; give fer2013.csv (or the same data as .npz)")


def soft_targets(faces: Fer2013, votes_weight: float) -> FloatArray:
    """Training targets: the original label mixed with the share of FER+ votes.

    :param votes_weight: 0 takes the label alone, 1 the votes alone; without votes the label always counts alone.
    :returns: float32 (n, number of labels), rows of sum 1.
    """
    hard = np.eye(len(faces.labels), dtype=np.float32)[faces.targets]
    total = faces.votes.sum(axis=1, keepdims=True)
    share = np.where(total > 0, faces.votes / np.maximum(total, 1.0), hard)
    return ((1.0 - votes_weight) * hard + votes_weight * share).astype(np.float32)


def _votes(names: list[str], votes: npt.NDArray[np.float32]) -> FloatArray:
    missing = sorted(set(FERPLUS_TO_LABEL) - set(names))
    if missing or votes.ndim != 2 or votes.shape[1] != len(names):
        raise ValueError(f"FER+ needs a column of votes for {', '.join(missing) or 'each of its names'}")
    if not (np.isfinite(votes).all() and (votes >= 0).all()):
        raise ValueError("votes must be numbers from 0 up")
    out = np.zeros((len(votes), len(DEFAULT_LABELS)), dtype=np.float32)
    for column, name in enumerate(names):
        if name in FERPLUS_TO_LABEL:
            out[:, DEFAULT_LABELS.index(FERPLUS_TO_LABEL[name])] = votes[:, column]
    return out


def _from_npz(path: Path) -> Fer2013:
    try:
        with np.load(path, allow_pickle=False) as data:
            images, targets, usage = data["image"], data["label"].astype(np.int64), data["usage"].astype(str)
            rows = data["row"].astype(np.int64) if "row" in data else np.arange(len(images))
            votes = np.zeros((len(images), len(DEFAULT_LABELS)), dtype=np.float32)
            if "votes" in data:
                votes = _votes([str(n) for n in data["vote_names"]], data["votes"].astype(np.float32))
            names = tuple(str(n) for n in data["label_names"]) if "label_names" in data else DEFAULT_LABELS
    except Exception as error:
        # A damaged archive makes zipfile, zlib and numpy raise errors of a dozen unrelated types.
        raise ConfigError(f"{path}: damaged or not FER2013: {reason(error)}") from error
    if images.dtype != np.uint8 or images.shape[1:] != (SIDE, SIDE) or names != DEFAULT_LABELS:
        raise ConfigError(f"{path}: expected uint8 images of 48x48 with the labels {', '.join(DEFAULT_LABELS)}")
    if not len(images):
        raise ConfigError(f"{path}: holds no faces")
    if {targets.shape, usage.shape, rows.shape, votes.shape[:1]} != {(len(images),)}:
        raise ConfigError(f"{path}: there must be one label, usage and row for each of the {len(images)} images")
    if targets.min() < 0 or targets.max() >= len(names):
        raise ConfigError(f"{path}: labels must be from 0 to {len(names) - 1}")
    if unknown := set(usage.tolist()) - set(USAGES):
        raise ConfigError(f"{path}: usage {quoted(min(unknown))} is not one of {', '.join(USAGES)}")
    return Fer2013(images, targets, votes, usage, rows)


def _from_csv(path: Path) -> Fer2013:
    images, targets, usage = [], [], []
    for line, row in _csv_rows(path, ("emotion", "pixels", "Usage")):
        where = f"{path}: line {line}"
        images.append(_pixels(where, row["pixels"]))
        try:
            target = int(row["emotion"])
        except (ValueError, TypeError):
            target = -1
        if not 0 <= target < len(DEFAULT_LABELS):
            raise ConfigError(f"{where} has emotion {quoted(row['emotion'])}, expected 0 to {len(DEFAULT_LABELS) - 1}")
        if row["Usage"] not in USAGES:
            raise ConfigError(f"{where} has usage {quoted(row['Usage'])}, expected one of {', '.join(USAGES)}")
        targets.append(target)
        usage.append(row["Usage"])
    if not images:
        raise ConfigError(f"{path}: holds no faces")
    votes = np.zeros((len(images), len(DEFAULT_LABELS)), dtype=np.float32)
    plus = path.with_name("fer2013new.csv")
    if plus.is_file():
        votes = _votes_csv(plus, len(images))
    return Fer2013(np.stack(images), np.array(targets, dtype=np.int64), votes, np.array(usage), np.arange(len(images)))


def _csv_rows(path: Path, needed: tuple[str, ...]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and row; a short row has None in what it lacks."""
    try:
        # Spreadsheets put a byte order mark in front, which would become part of the first column's name.
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = set(needed) - set(reader.fieldnames or ())
            if missing:
                raise ConfigError(f"{path}: column {', '.join(sorted(missing))} is missing; this is not {path.name}")
            for row in reader:
                yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path}: cannot be read: {reason(error)}") from error


def _pixels(where: str, text: str | None) -> ImageArray:
    try:
        with warnings.catch_warnings():
            # What is no number ends the reading with a warning. Ten times as fast as split() and int().
            warnings.simplefilter("error")
            levels = np.fromstring(text or "", dtype=np.int64, sep=" ")
    except (ValueError, DeprecationWarning):
        raise ConfigError(f"{where} is damaged: numbers expected") from None
    if levels.size != SIDE * SIDE or levels.min() < 0 or levels.max() > 255:
        raise ConfigError(f"{where} needs {SIDE * SIDE} grey levels from 0 to 255")
    return levels.astype(np.uint8).reshape(SIDE, SIDE)


def _votes_csv(path: Path, count: int) -> FloatArray:
    names = list(FERPLUS_TO_LABEL)
    rows = [[row[name] for name in names] for _, row in _csv_rows(path, tuple(names))]
    if len(rows) != count:
        raise ConfigError(f"{path}: has {len(rows)} rows, fer2013.csv has {count}; they must be of the same release")
    try:
        return _votes(names, np.array([[float(text.strip() or 0) for text in row] for row in rows], dtype=np.float32))
    except (ValueError, AttributeError):
        raise ConfigError(f"{path}: each row needs votes that are numbers from 0 up") from None
