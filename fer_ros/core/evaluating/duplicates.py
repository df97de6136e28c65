"""Near-duplicates of a dataset: across its splits, across several sets, or within one."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.geometry import Framing
from fer_ros.core.base.types import ImageArray
from fer_ros.core.datasets import datasets, fer2013, near_duplicates
from fer_ros.core.datasets.batches import Batch, batches, in_order
from fer_ros.core.datasets.datasets import Dataset, FerDataset
from fer_ros.core.datasets.left_out import LeftOut
from fer_ros.core.datasets.picture import LabelledPicture
from fer_ros.core.engine import Engine
from fer_ros.core.vision import crop

#: Pictures that a worker reads at once.
BATCH = 64


@dataclass(frozen=True, slots=True)
class Group:
    """Faces that belong together, such as a split.

    :ivar images: uint8 (n, height, width), grey.
    """

    name: str
    images: ImageArray
    names: list[str]
    labels: list[str]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two faces that count as one photograph; ``first`` and ``second`` are indices into the groups' faces."""

    first_group: Group
    first: int
    second_group: Group
    second: int
    correlation: float

    @property
    def same_label(self) -> bool:
        """Whether both have the same label."""
        return self.first_group.labels[self.first] == self.second_group.labels[self.second]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        places = ((self.first_group, self.first), (self.second_group, self.second))
        first, second = ({"group": g.name, "name": g.names[i], "label": g.labels[i]} for g, i in places)
        return {"first": first, "second": second, "correlation": self.correlation, "same_label": self.same_label}


@dataclass(frozen=True, slots=True)
class Found:
    """All pairs, the most alike first, and what was left out while reading (reason → how many)."""

    groups: list[Group]
    pairs: list[Pair]
    threshold: float
    left_out: dict[str, int]

    def between(self) -> list[dict[str, Any]]:
        """For each two groups that were compared and have pairs: how many, of how many faces, with the same label."""
        rows = []
        for (a, b), pairs in _by_groups(self.pairs).items():
            rows.append(
                {
                    "first": a,
                    "second": b,
                    "pairs": len(pairs),
                    "first_faces": len({pair.first for pair in pairs}),
                    "second_faces": len({pair.second for pair in pairs}),
                    "same_label": sum(pair.same_label for pair in pairs),
                }
            )
        return rows

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "threshold": self.threshold,
            "groups": {group.name: len(group.images) for group in self.groups},
            "count": len(self.pairs),
            "between": self.between(),
            "pairs": [pair.to_dict() for pair in self.pairs],
            "skipped": self.left_out,
        }


def groups(paths: list[Path], strict: bool = False, engine: Engine | None = None) -> tuple[list[Group], dict[str, int]]:
    """The groups of some datasets, and what was left out: of FER2013 each split is one, else each dataset.

    :param engine: reads the pictures; None: this process. The answers are the same.
    :raises ConfigError: a dataset cannot be read, or ``strict`` and something of it cannot.
    """
    out: list[Group] = []
    left_out = LeftOut(strict)
    for path in paths:
        dataset = datasets.load(path, strict=strict)
        left_out.merge(dataset.left_out)
        prefix = "" if len(paths) == 1 else f"{path} "
        if isinstance(dataset, FerDataset):
            out += _splits(dataset, prefix)
        else:
            out.append(_group(str(path), dataset, left_out, engine))
    return out, dict(left_out.counts)


def find(
    given: list[Group], threshold: float = near_duplicates.THRESHOLD, within: bool = False, left_out: Any = None
) -> Found:
    """Compare every two groups; within each of them only where that is asked for or there is but one.

    :param threshold: correlation of the thumbnails, over 0 and below 1.
    :raises ConfigError: the threshold is not between 0 and 1.
    """
    if not 0.0 < threshold < 1.0:
        raise ConfigError(
            f"the threshold is a correlation: give a number between 0 and 1, such as 0.98, not {threshold:g}"
        )
    compared = list(itertools.combinations(range(len(given)), 2))
    if within or len(given) == 1:
        compared += [(number, number) for number in range(len(given))]
    pairs: list[Pair] = []
    for a, b in compared:
        first, second, correlation = near_duplicates.pairs(given[a].images, given[b].images, threshold)
        for i, j, value in zip(first.tolist(), second.tolist(), correlation.tolist(), strict=True):
            if a != b or i < j:
                pairs.append(Pair(given[a], i, given[b], j, min(1.0, value)))
    pairs.sort(key=lambda pair: -pair.correlation)
    return Found(given, pairs, threshold, left_out or {})


def twins(dataset: Dataset) -> npt.NDArray[np.bool_] | None:
    """Which faces of the chosen splits have a near-duplicate in another split of the file, (n,).

    None where the dataset is not FER2013 or its file has no other split.
    """
    if not isinstance(dataset, FerDataset) or len(set(dataset.whole.usage)) < 2:
        return None
    faces, whole = dataset.faces, dataset.whole
    out = np.zeros(len(faces), dtype=np.bool_)
    for usage in np.unique(faces.usage):
        own = np.flatnonzero(faces.usage == usage)
        _, doubles, _ = near_duplicates.pairs(whole.images[whole.usage != usage], faces.images[own])
        out[own[doubles]] = True
    return out


def _splits(dataset: FerDataset, prefix: str) -> list[Group]:
    faces = dataset.whole
    out = []
    for usage in fer2013.USAGES:
        own = faces.take(np.flatnonzero(faces.usage == usage))
        if len(own):
            labels = [own.labels[target] for target in own.targets]
            out.append(Group(f"{prefix}{usage}", own.images, [f"row {row}" for row in own.rows], labels))
    return out


def _group(name: str, dataset: Dataset, left_out: LeftOut, engine: Engine | None) -> Group:
    if engine is None or not engine.apart:
        parts = iter([_faces(dataset, left_out)])
    else:
        work = functools.partial(_far, left_out.strict)
        parts = (part for _, part in in_order(engine, work, batches(dataset, BATCH)))
    images: list[ImageArray] = []
    names: list[str] = []
    labels: list[str] = []
    for part in parts:
        images, names, labels = images + part.images, names + part.names, labels + part.labels
        if part.left_out is not left_out:
            left_out.merge(part.left_out)
    if not images:
        raise ConfigError(f"{name}: no picture could be read ({left_out})")
    return Group(name, np.stack(images).astype(np.uint8), names, labels)


@dataclass(frozen=True, slots=True)
class _Faces:
    """Small grey faces of some pictures."""

    images: list[ImageArray]
    names: list[str]
    labels: list[str]
    left_out: LeftOut


def _far(strict: bool, batch: Batch) -> _Faces:
    return _faces((one.read() for one in batch.pictures), LeftOut(strict, quiet=True))


def _faces(pictures: Iterable[LabelledPicture], left_out: LeftOut) -> _Faces:
    side = near_duplicates.SIDE
    found = _Faces([], [], [], left_out)
    for item in pictures:
        if item.image is None:
            left_out.unreadable(item.name, item.error)
            continue
        face = item.image if item.roi is None else crop.square(item.image, item.roi, Framing())
        grey = face if face.ndim == 2 else cv2.cvtColor(face, cv2.COLOR_BGR2GRAY)
        found.images.append(cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA))
        found.names.append(item.name)
        found.labels.append(item.label)
    return found


def _by_groups(pairs: list[Pair]) -> dict[tuple[str, str], list[Pair]]:
    out: dict[tuple[str, str], list[Pair]] = {}
    for pair in pairs:
        out.setdefault((pair.first_group.name, pair.second_group.name), []).append(pair)
    return out
