"""Cross-validation over takes: which faces are left out together, and what may be claimed of the answers to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fer_ros.core.training.split_parts import Indices, Origin, complete_sessions, distance, take_ids

#: Folds at most; blocks that a label's only take is cut into; sessions from which whole ones are left out.
FOLDS, BLOCKS, SESSIONS = 10, 3, 3
#: Fewer faces than these cannot be measured on: whatever they showed would be chance.
FEWEST = 10


@dataclass(frozen=True, slots=True)
class Folds:
    """How the faces are left out, arrays of one length.

    :ivar numbers: the fold that leaves a face out, -1 where none does: its label has nothing else to learn from.
    :ivar groups: faces of one group are left out together: a session, a take, a block of a take, or a picture.
    :ivar measured: whether the answer counts: it is left out, and no neighbour in time is learned from.
    :ivar note: one line for people.
    :ivar taught: share of the faces that each round learns from.
    """

    numbers: Indices
    groups: Indices
    measured: npt.NDArray[np.bool_]
    note: str
    taught: float

    @property
    def enough(self) -> bool:
        """Whether there are enough faces to measure."""
        return int(self.measured.sum()) >= FEWEST


def folds(origin: Origin, gap: float) -> Folds:
    """Leave out a part of every label at a time, so that what is learned from stays as even as it is.

    :param gap: seconds that faces learned from and measured on are apart within a take.
    """
    groups, away, kind = _groups(origin, round(gap * 1e9))
    numbers = np.full(len(origin), -1)
    # What is left out must be there once more of the same person: else it is another's face that is measured.
    pairs = origin.labels * (origin.subjects.max(initial=0) + 1) + origin.subjects
    counts = {int(pair): len(np.unique(groups[pairs == pair])) for pair in np.unique(pairs)}
    several = [count for count in counts.values() if count > 1]
    total = min(FOLDS, min(several, default=0))
    for pair, count in counts.items():
        if count > 1:
            rows = np.flatnonzero(pairs == pair)
            place = np.unique(groups[rows], return_inverse=True)[1].reshape(-1)
            numbers[rows] = place % total
    if kind == "session" and several:
        # A session is left out whole: all its labels are of one fold.
        numbers = np.where(numbers >= 0, np.unique(groups, return_inverse=True)[1].reshape(-1) % total, -1)
    measured = (numbers >= 0) & away
    taught = 1.0 - 1.0 / total if total else 1.0
    note = _note(kind, total, len(np.unique(groups[measured])), int(measured.sum()))
    return Folds(numbers, groups, measured, note, taught)


def _note(kind: str, total: int, groups: int, faces: int) -> str:
    if faces < FEWEST:
        return "not enough to measure: more than one take or picture of each label is needed"
    what = {"session": "sessions", "take": "takes", "block": "blocks of takes", "picture": "pictures"}[kind]
    return f"cross-validation: each of {groups} {what} was answered by what the others had taught, in {total} rounds"


def _groups(origin: Origin, gap: int) -> tuple[Indices, npt.NDArray[np.bool_], str]:
    """The group of each face, whether it is apart from all others in time, and what most groups are."""
    away = np.ones(len(origin), dtype=bool)
    complete = complete_sessions(origin)
    if len(complete) >= SESSIONS and np.isin(origin.sessions, complete).all():
        return origin.sessions, away, "session"
    takes = take_ids(origin)
    filmed = origin.takes > 0
    # Three groups of numbers that never meet: takes, blocks of takes, single pictures.
    groups = takes * BLOCKS
    kinds = {"picture": int((~filmed).sum()), "take": 0, "block": 0}
    groups[~filmed] = (takes.max(initial=0) + 1) * BLOCKS + np.arange(int((~filmed).sum()))
    for label in np.unique(origin.labels[filmed]):
        rows = np.flatnonzero(filmed & (origin.labels == label))
        if len(np.unique(takes[rows])) > 1:
            kinds["take"] += len(rows)
            continue
        kinds["block"] += len(rows)
        number, apart = _blocks(origin.stamps[rows], gap)
        groups[rows] += number
        away[rows] = apart
    return groups, away, max(kinds, key=lambda kind: kinds[kind])


def _blocks(stamps: Indices, gap: int) -> tuple[Indices, npt.NDArray[np.bool_]]:
    """Blocks in time of one take, and which frames are at least ``gap`` nanoseconds from another block.

    Of a short take the gap is a quarter of a block, so that half of each stays.
    """
    order = np.argsort(stamps, kind="stable")
    number = np.empty(len(stamps), dtype=np.int64)
    number[order] = np.arange(len(stamps)) * BLOCKS // max(1, len(stamps))
    apart = np.ones(len(stamps), dtype=bool)
    for block in range(BLOCKS):
        own = number == block
        if not own.any() or own.all():
            continue
        times = stamps[own]
        apart[own] = distance(times, np.sort(stamps[~own])) >= min(gap, int(np.ptp(times)) // 4)
    return number, apart
