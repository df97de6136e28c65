"""Reading FER2013: the original ``fer2013.csv`` (with FER+'s ``fer2013new.csv`` beside it) or the same as ``.npz``.

A damaged row is left out and counted, or refused where that is asked for.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_ros.core.base import arrays
from fer_ros.core.base.errors import ConfigError, quoted, reason
from fer_ros.core.base.labels import DEFAULT_LABELS, FERPLUS_TO_LABEL, resolve
from fer_ros.core.base.types import FloatArray, ImageArray
from fer_ros.core.datasets import tables
from fer_ros.core.datasets.left_out import LeftOut

SIDE = 48
#: Bytes of all arrays at most; those of the whole of FER2013 have some 100 million.
MAX_NPZ = 1 << 30
TRAINING, PUBLIC_TEST, PRIVATE_TEST = "Training", "PublicTest", "PrivateTest"
USAGES = (TRAINING, PUBLIC_TEST, PRIVATE_TEST)
#: Names of the columns in files that others made of it.
COLUMNS = {"usage": "Usage", "split": "Usage", "label": "emotion", "pixel": "pixels", "image": "pixels"}
#: Some write the grey levels as a list of Python.
_LIST = str.maketrans("[],", "   ")
#: Many grey levels, which no header holds.
_GREY_LEVELS = re.compile(r"\[?\s*(\d{1,3}[\s,]+){100}")
#: What else a table may have, for the error.
LISTED = ", or path and label of pictures"


class BadRow(ValueError):
    """A row cannot be used.

    :ivar kind: of the damage, to count by.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Fer2013:
    """Faces with their labels.

    :ivar images: uint8 (n, 48, 48), grey.
    :ivar targets: int64 (n,), index into ``labels``.
    :ivar votes: float32 (n, 7), FER+ votes per label; zeros where there are none.
    :ivar usage: str (n,), ``Training``, ``PublicTest`` or ``PrivateTest``.
    :ivar rows: int64 (n,), row in the original csv.
    :ivar left_out: rows of the whole file that were left out, by the kind of damage.
    """

    images: ImageArray
    targets: npt.NDArray[np.int64]
    votes: FloatArray
    usage: npt.NDArray[np.str_]
    rows: npt.NDArray[np.int64]
    labels: tuple[str, ...] = DEFAULT_LABELS
    left_out: LeftOut = field(default_factory=LeftOut)

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
            self.images[indices],
            self.targets[indices],
            self.votes[indices],
            self.usage[indices],
            self.rows[indices],
            self.labels,
            self.left_out,
        )


def load(path: Path, strict: bool = False) -> Fer2013:
    """Read a ``.csv`` or ``.npz``.

    :param strict: refuse damaged rows instead of leaving them out.
    :raises ConfigError: the file is missing, of another kind, damaged as a whole or without one good row; with
        ``strict`` also for any damaged row, and the message names the first.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: no such file; give the path of fer2013.csv")
    left_out = LeftOut(strict)
    with path.open("rb") as file:
        packed = file.read(4) == b"PK\x03\x04"
    return _from_npz(path, left_out) if packed or path.suffix.lower() == ".npz" else _from_csv(path, left_out)


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


def _from_npz(path: Path, left_out: LeftOut) -> Fer2013:
    try:
        data = arrays.read(path, MAX_NPZ)
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
    if {targets.shape, usage.shape, rows.shape, votes.shape[:1]} != {(len(images),)}:
        raise ConfigError(f"{path}: there must be one label, usage and row for each of the {len(images)} images")
    good = (targets >= 0) & (targets < len(names)) & np.isin(usage, USAGES)
    for index in np.flatnonzero(~good):
        try:
            _emotion(int(targets[index])), _usage(str(usage[index]))
        except BadRow as error:
            left_out.add(f"{path}: row {rows[index]}", error.kind, str(error))
    if not good.any():
        raise _empty(path, left_out)
    return Fer2013(images, targets, votes, usage, rows, DEFAULT_LABELS, left_out).take(np.flatnonzero(good))


def _from_csv(path: Path, left_out: LeftOut) -> Fer2013:
    found: list[tuple[ImageArray, int, str, int]] = []
    count = 0
    rows_read = tables.rows(path, ("emotion", "pixels"), COLUMNS, LISTED, _columns_of)
    for count, (line, row) in enumerate(rows_read, start=1):
        try:
            face, target = _pixels(row["pixels"]), _emotion(row["emotion"])
            # Kaggle's train.csv has no column Usage.
            found.append((face, target, _usage(row["Usage"]) if "Usage" in row else TRAINING, count - 1))
        except BadRow as error:
            left_out.add(f"{path}: line {line}", error.kind, str(error))
    if not found:
        raise _empty(path, left_out)
    votes = np.zeros((count, len(DEFAULT_LABELS)), dtype=np.float32)
    plus = path.with_name("fer2013new.csv")
    if plus.is_file():
        votes = _votes_csv(plus, count, left_out)
    images, targets, usage, rows = zip(*found, strict=True)
    return Fer2013(
        np.stack(images),
        np.array(targets, dtype=np.int64),
        votes[list(rows)],
        np.array(usage),
        np.array(rows, dtype=np.int64),
        DEFAULT_LABELS,
        left_out,
    )


def _columns_of(fields: list[str]) -> list[str] | None:
    """The columns of a table without a header, told by what its first row holds; None where that is no row."""
    kinds = ["pixels" if _GREY_LEVELS.match(field) else "Usage" if field.strip() in USAGES else "" for field in fields]
    others = [number for number, kind in enumerate(kinds) if not kind]
    if kinds.count("pixels") != 1 or len(others) != 1:
        return None
    kinds[others[0]] = "emotion"
    return kinds


def _empty(path: Path, left_out: LeftOut) -> ConfigError:
    return ConfigError(f"{path}: holds no faces" + (f" that can be used ({left_out})" if left_out.counts else ""))


def _pixels(text: str | None) -> ImageArray:
    try:
        with warnings.catch_warnings():
            # What is no number ends the reading with a warning. Ten times as fast as split() and int().
            warnings.simplefilter("error")
            levels = np.fromstring((text or "").translate(_LIST), dtype=np.int64, sep=" ")
    except (ValueError, DeprecationWarning):
        raise BadRow("of damaged pixels", "numbers expected") from None
    if levels.size != SIDE * SIDE:
        raise BadRow("of another size", f"{levels.size} grey levels, {SIDE * SIDE} expected")
    if levels.min() < 0 or levels.max() > 255:
        raise BadRow("of damaged pixels", "grey levels from 0 to 255 expected")
    return levels.astype(np.uint8).reshape(SIDE, SIDE)


def _emotion(value: str | int | None) -> int:
    """The number of the label, which is given as that number or by its name."""
    try:
        number = float("" if value is None else value)  # pandas writes 3 as 3.0 where a label is missing elsewhere
        target = int(number) if number.is_integer() else -1
    except (ValueError, OverflowError):
        name = resolve(str(value or ""), DEFAULT_LABELS)
        target = -1 if name is None else DEFAULT_LABELS.index(name)
    if not 0 <= target < len(DEFAULT_LABELS):
        raise BadRow("of unknown emotion", f"emotion {quoted(value)}, expected 0 to {len(DEFAULT_LABELS) - 1}")
    return target


def _usage(value: str | None) -> str:
    value = value and value.strip()
    if value not in USAGES:
        raise BadRow("of unknown usage", f"usage {quoted(value)}, expected one of {', '.join(USAGES)}")
    return value


def _votes_csv(path: Path, count: int, left_out: LeftOut) -> FloatArray:
    """Votes per label, float32 (count, labels); damaged ones are left out, and their faces have none."""
    names = list(FERPLUS_TO_LABEL)
    of_label = {label: name for name, label in FERPLUS_TO_LABEL.items()}
    others = {
        given.strip().casefold(): of_label.get(resolve(given, DEFAULT_LABELS) or "") for given in tables.header(path)
    }
    rows = list(tables.rows(path, tuple(names), {given: name for given, name in others.items() if name}))
    if len(rows) != count:
        raise ConfigError(f"{path}: has {len(rows)} rows, fer2013.csv has {count}; they must be of the same release")
    votes = np.zeros((count, len(names)), dtype=np.float32)
    for number, (line, row) in enumerate(rows):
        try:
            given = [float((row[name] or "").strip() or 0) if row[name] is not None else -1.0 for name in names]
        except ValueError:
            given = [-1.0]
        if min(given) >= 0 and np.isfinite(given).all():
            votes[number] = given
        else:
            left_out.add(f"{path}: line {line}", "of damaged votes", "numbers from 0 up expected")
    return _votes(names, votes)
