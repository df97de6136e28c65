"""The faces of a training: what is known of each, and whether there are enough of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.labels import DEFAULT_LABELS, NONE_OF_THESE
from fer_ros.core.base.types import ImageArray
from fer_ros.core.datasets.left_out import LeftOut
from fer_ros.core.training.split_parts import Origin


@dataclass(frozen=True, slots=True)
class Faces:
    """Labelled crops.

    :ivar crops: uint8 (n, height, width, channels); none where they are not kept in memory.
    :ivar labels: the labels that occur, the default ones first, in their order.
    :ivar origin: where each crop comes from.
    :ivar subjects: the names given, sorted, without empty ones.
    :ivar without_face: frames left out because no face was found when they were recorded.
    :ivar left_out: pictures that could not be read.
    :ivar renamed: label in the bags → the usual one that it became.
    """

    crops: ImageArray
    labels: tuple[str, ...]
    origin: Origin
    subjects: tuple[str, ...]
    without_face: int
    left_out: LeftOut
    renamed: dict[str, str]

    def __len__(self) -> int:
        return len(self.origin)


@dataclass(slots=True)
class Rows:
    """Columns of equal length: what is known of each face before all are."""

    labels: list[str] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    sessions: list[int] = field(default_factory=list)
    takes: list[int] = field(default_factory=list)
    stamps: list[int] = field(default_factory=list)

    def add(self, session: int, labels: list[str], subjects: list[str], takes: list[int], stamps: list[int]) -> None:
        """Add faces of one bag."""
        self.labels += labels
        self.subjects += subjects
        self.sessions += [session] * len(labels)
        self.takes += takes
        self.stamps += stamps


def assembled(
    rows: Rows, without_face: int, least: int, left_out: LeftOut, renamed: dict[str, str], crops: ImageArray | None
) -> Faces:
    """The faces, once all are read; arguments and errors as of :func:`fer_ros.core.training.faces.gather`.

    :param crops: None: they are not in memory.
    """
    _enough(Counter(rows.labels), without_face, least)
    labels, people = in_order(set(rows.labels)), sorted(set(rows.subjects))
    number = {label: index for index, label in enumerate(labels)}
    person = {name: index for index, name in enumerate(people)}
    columns = (
        [number[label] for label in rows.labels],
        rows.sessions,
        rows.takes,
        rows.stamps,
        [person[name] for name in rows.subjects],
    )
    origin = Origin(*(np.array(column, dtype=np.int64) for column in columns))
    named = tuple(name for name in people if name)
    none = np.empty((0, 0, 0, 0), np.uint8)
    return Faces(none if crops is None else crops, labels, origin, named, without_face, left_out, renamed)


def in_order(labels: set[str]) -> tuple[str, ...]:
    """The default labels in their order, then others by the alphabet, "none of these" last."""
    default = [*DEFAULT_LABELS, NONE_OF_THESE]
    others = sorted(labels - set(default))
    return tuple(label for label in (*DEFAULT_LABELS, *others, NONE_OF_THESE) if label in labels)


def _enough(counts: Counter[str], without_face: int, least: int) -> None:
    """Refuse faces from which nothing can be learned."""
    hint = f" ({without_face} frames show no face)" if without_face else ""
    if not counts:
        text = f"the bags hold no face{hint}: record some with the face in the picture, in better light"
        raise ConfigError(text, "no_faces", frames=without_face)
    if len(counts) < 2:
        only = next(iter(counts))
        text = f"all faces are labelled '{only}'{hint}: record at least one other label"
        raise ConfigError(text, "one_label", label=only)
    for label, count in sorted(counts.items()):
        if count < least:
            text = f"label '{label}' has one face only{hint}, at least 2 are needed: record more of it"
            raise ConfigError(text, "one_face", label=label)
