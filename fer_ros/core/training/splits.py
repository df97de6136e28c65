"""Which faces are for training, which for validation, and which are held out for the test.

Neighbouring frames of a camera are near duplicates of each other. A random split puts them on both sides, so that the
test asks for what was learned by heart: its figure is too good by some points to some tens of points. The honest
splits here hold out whole sessions, whole takes, or blocks in time with a gap between them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fer_ros.core.base.errors import ConfigError, quoted
from fer_ros.core.training.split_parts import (
    LEFT_OUT,
    TEST,
    TRAIN,
    VALIDATION,
    Indices,
    Origin,
    Shares,
    blocks,
    complete_sessions,
    sizes,
    take_ids,
    whole_sessions,
    whole_takes,
)

#: From so many takes of every label (sessions with every label) on, whole ones are held out by default.
SEVERAL = 3


@dataclass(frozen=True, slots=True)
class Split:
    """Indices, each sorted; disjoint but for the kind ``cross``.

    :ivar kind: ``cross``, ``sessions``, ``takes``, ``blocks`` or ``random``. With ``cross`` every face is both in
        training and in the test: see :mod:`fer_ros.core.training.cross`.
    :ivar gaps: left out because they lie between two parts.
    :ivar note: one line for people.
    """

    kind: str
    train: Indices
    validation: Indices
    test: Indices
    gaps: Indices
    note: str


def split(
    origin: Origin, names: Sequence[str], kind: str = "auto", shares: Shares | None = None, seed: int = 1
) -> Split:
    """Split the faces so that every label is in every part.

    :param names: the labels, for messages.
    :param kind: ``auto`` takes the most honest way that the data allow.
    :param seed: the same seed gives the same split.
    :raises ConfigError: there are too few faces, takes or sessions.
    """
    shares = shares or Shares()
    shares.check()
    if kind == "auto":
        *better, last = _suitable(origin)
        for candidate in better:
            with contextlib.suppress(ConfigError):
                return split(origin, names, candidate, shares, seed)
        kind = last
    if kind == "cross":
        every, none = np.arange(len(origin)), np.arange(0)
        return Split(kind, every, none, every, none, "")
    rng = np.random.default_rng(seed)
    if kind == "random":
        parts, note = _random(origin, shares, rng), "random: neighbouring frames on both sides, the figures flatter"
    elif kind == "sessions":
        parts, note = whole_sessions(origin, shares, rng)
    elif kind in ("takes", "blocks"):
        parts, note = _apart(origin, names, kind, shares, rng)
    else:
        raise ConfigError(
            f"split {quoted(kind)} is not known: choose one of auto, cross, sessions, takes, blocks, random"
        )
    train, validation, test, gaps = (np.flatnonzero(parts == part) for part in (TRAIN, VALIDATION, TEST, LEFT_OUT))
    found = Split(kind, train, validation, test, gaps, note)
    _check(origin, names, found)
    return found


def _suitable(origin: Origin) -> list[str]:
    """The honest kinds that these data allow, the most honest first; blocks are always possible."""
    kinds = ["blocks"]
    taken = origin.chosen(origin.takes > 0)
    takes = take_ids(taken)
    if all(len(np.unique(takes[taken.labels == label])) >= SEVERAL for label in np.unique(taken.labels)):
        kinds.insert(0, "takes")
    if len(complete_sessions(origin)) >= SEVERAL:
        kinds.insert(0, "sessions")
    return kinds


def _apart(
    origin: Origin, names: Sequence[str], kind: str, shares: Shares, rng: np.random.Generator
) -> tuple[Indices, str]:
    """Takes or blocks for what was filmed; pictures that are independent of each other may be drawn at random."""
    parts = np.full(len(origin), TRAIN)
    filmed = origin.takes > 0
    notes = []
    if filmed.any():
        way = whole_takes if kind == "takes" else blocks
        parts[filmed], note = way(origin.chosen(filmed), names, shares, rng)
        notes.append(note)
    if not filmed.all():
        parts[~filmed] = _random(origin.chosen(~filmed), shares, rng)
        notes.append("pictures that are independent of each other are held out at random")
    return parts, "; ".join(notes)


def _random(origin: Origin, shares: Shares, rng: np.random.Generator) -> Indices:
    parts = np.full(len(origin), TRAIN)
    for label in np.unique(origin.labels):
        members = rng.permutation(np.flatnonzero(origin.labels == label))
        validation, test = sizes(len(members), shares)
        parts[members[:test]] = TEST
        parts[members[test : test + validation]] = VALIDATION
    return parts


def _check(origin: Origin, names: Sequence[str], found: Split) -> None:
    """Every label must be in training and test, and in validation where that is not empty."""
    for part, indices in (("training", found.train), ("test", found.test)):
        missing = set(range(len(names))) - set(origin.labels[indices].tolist())
        if missing:
            label = names[min(missing)]
            text = f"split '{found.kind}' leaves no face of '{label}' for the {part}: record more of it"
            raise ConfigError(text, "none_to_test", label=label)
