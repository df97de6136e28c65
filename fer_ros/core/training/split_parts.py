"""How filmed faces are put apart: whole takes, whole sessions, or blocks in time with a gap between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_ros.core.base.errors import ConfigError

Indices = npt.NDArray[np.int64]
TRAIN, VALIDATION, TEST, LEFT_OUT = 0, 1, 2, -1


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of the faces; what is left is for the test. ``gap`` in seconds."""

    train: float = 0.70
    validation: float = 0.15
    gap: float = 0.5

    @property
    def test(self) -> float:
        """The rest."""
        return 1.0 - self.train - self.validation

    def check(self) -> None:
        """Refuse shares that leave nothing to test on.

        :raises ConfigError: they do.
        """
        if self.test < 0.01:
            raise ConfigError("train_share and validation_share together leave nothing for the test: take 0.99 at most")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the faces come from, arrays of one length.

    :ivar labels: index of the label.
    :ivar sessions: index of the bag.
    :ivar takes: number of the take within its bag; 0 for pictures that are independent of each other.
    :ivar stamps: nanoseconds.
    :ivar subjects: index of who is shown; all the same where nobody is named.
    """

    labels: Indices
    sessions: Indices
    takes: Indices
    stamps: Indices
    subjects: Indices

    def __len__(self) -> int:
        return len(self.labels)

    def chosen(self, mask: npt.NDArray[np.bool_]) -> Origin:
        """Those where the mask is true."""
        return Origin(self.labels[mask], self.sessions[mask], self.takes[mask], self.stamps[mask], self.subjects[mask])


def blocks(origin: Origin, _names: Sequence[str], shares: Shares, rng: np.random.Generator) -> tuple[Indices, str]:
    """Each take is cut into three blocks in time, in an order that the seed decides."""
    parts = np.full(len(origin), TRAIN)
    takes = take_ids(origin)
    shortest = shares.gap
    for take in np.unique(takes):
        members = np.flatnonzero(takes == take)
        parts[members], gap = _in_blocks(origin.stamps, members, shares, rng)
        shortest = min(shortest, gap) if len(members) > 1 else shortest
    _keep_apart(origin, takes, parts, round(shares.gap * 1e9))
    said = (
        f"{shares.gap:g} s" if shortest >= shares.gap else f"{shortest:.2g} to {shares.gap:g} s, since takes are short,"
    )
    return parts, f"blocks in time, {said} left out between them"


def _in_blocks(stamps: Indices, members: Indices, shares: Shares, rng: np.random.Generator) -> tuple[Indices, float]:
    """The parts of the frames of one take, and the gap that it was long enough for, seconds."""
    by_time = np.argsort(stamps[members], kind="stable")
    ordered = stamps[members][by_time]
    order = rng.permutation([TRAIN, VALIDATION, TEST])
    # Of a short take at least half is kept.
    gap = min(shares.gap, float(ordered[-1] - ordered[0]) / 4e9)
    while (cut := _cut(ordered, round(gap * 1e9), shares, order)) is None:
        gap = gap / 2.0 if gap > 1e-3 else 0.0
    parts = np.empty(len(members), dtype=np.int64)
    parts[by_time] = cut
    return parts, gap


def _cut(stamps: Indices, gap: int, shares: Shares, order: Indices) -> Indices | None:
    """The parts of one take's frames, sorted by time; None where the gaps, nanoseconds, leave a part empty."""
    count = len(stamps)
    rough = sizes(count, shares)
    needed = 1 + sum(size > 0 for size in rough)
    lost = (needed - 1) * (int(np.searchsorted(stamps, stamps[0] + gap, side="right")) - 1) if gap else 0
    validation, test = sizes(max(count - lost, min(count, needed)), shares)
    lengths = {TRAIN: max(1, count - lost - validation - test), VALIDATION: validation, TEST: test}
    wanted = [int(part) for part in order if lengths[int(part)]]
    parts = np.full(count, LEFT_OUT)
    start = 0
    for number, part in enumerate(wanted):
        if number and gap:
            start = int(np.searchsorted(stamps, stamps[start - 1] + gap, side="right"))
        if start >= count:
            return None
        # The last block takes what uneven stamps have left over.
        stop = count if number == len(wanted) - 1 else min(count, start + lengths[part])
        parts[start:stop] = part
        start = stop
    return parts


def whole_takes(origin: Origin, names: Sequence[str], shares: Shares, rng: np.random.Generator) -> tuple[Indices, str]:
    """Of each label, whole takes are held out.

    :raises ConfigError: a label has one take only.
    """
    parts = np.full(len(origin), TRAIN)
    takes = take_ids(origin)
    for label in np.unique(origin.labels):
        members = origin.labels == label
        held = _hold_out(takes[members], np.unique(takes[members]), shares, rng)
        if held is None:
            raise ConfigError(
                f"split 'takes' needs at least 2 takes of each label, '{names[int(label)]}' has one: "
                "record another, or choose split blocks",
                "one_take",
                label=names[int(label)],
            )
        for part, groups in held.items():
            parts[np.isin(takes, groups)] = part
    _validate_on_blocks(origin, takes, parts, shares, rng)
    _keep_apart(origin, takes, parts, round(shares.gap * 1e9))
    return parts, "whole takes are held out"


def whole_sessions(origin: Origin, shares: Shares, rng: np.random.Generator) -> tuple[Indices, str]:
    """Whole sessions are held out, of those that hold every label.

    :raises ConfigError: there are not two of them.
    """
    parts = np.full(len(origin), TRAIN)
    held = _hold_out(origin.sessions, complete_sessions(origin), shares, rng)
    if held is None:
        raise ConfigError(
            "split 'sessions' needs at least 2 bags that each hold every label: record again, or choose blocks",
            "few_bags",
        )
    for part, groups in held.items():
        parts[np.isin(origin.sessions, groups)] = part
    _validate_on_blocks(origin, take_ids(origin), parts, shares, rng)
    return parts, "whole sessions (bags) are held out"


def complete_sessions(origin: Origin) -> Indices:
    """The sessions that hold every label."""
    labels = len(np.unique(origin.labels))
    complete = [s for s in np.unique(origin.sessions) if len(np.unique(origin.labels[origin.sessions == s])) == labels]
    return np.array(complete, dtype=np.int64)


def _hold_out(
    groups: Indices, candidates: Indices, shares: Shares, rng: np.random.Generator
) -> dict[int, list[int]] | None:
    """Which of the candidates go to the test and to validation; None where there are not two.

    None go to validation where that would take too much of the training.
    """
    if len(candidates) < 2:
        return None
    left = {int(group): int((groups == group).sum()) for group in rng.permutation(candidates)}
    held: dict[int, list[int]] = {}
    for part, share in ((TEST, shares.test), (VALIDATION, shares.validation)):
        wanted, got = share * len(groups), 0
        held[part] = []
        while len(left) > 1 and share > 0 and (not held[part] or got < 0.75 * wanted):
            # The one that comes nearest to what is still wanted; the first in random order among equals.
            best = min(left, key=lambda group: abs(left[group] - (wanted - got)))
            got += left.pop(best)
            held[part].append(best)
    kept = len(groups) - sum(int((groups == group).sum()) for part in held.values() for group in part)
    if kept < 0.7 * shares.train * len(groups):
        held[VALIDATION] = []
    return held


def _validate_on_blocks(
    origin: Origin, takes: Indices, parts: Indices, shares: Shares, rng: np.random.Generator
) -> None:
    """Where no whole take could be spared for the validation of a label, a block of each training take serves."""
    rest = shares.train + shares.validation
    inner = Shares(shares.train / rest, shares.validation / rest, shares.gap)
    for label in np.unique(origin.labels):
        own = origin.labels == label
        if shares.validation and not (own & (parts == VALIDATION)).any():
            for take in np.unique(takes[own & (parts == TRAIN)]):
                members = np.flatnonzero(takes == take)
                parts[members] = _in_blocks(origin.stamps, members, inner, rng)[0]


def _keep_apart(origin: Origin, takes: Indices, parts: Indices, gap: int) -> None:
    """Leave out training frames within the gap of held-out ones of the label's next take, as after a short pause.

    At least half of a label's training frames stay, the farthest ones.
    """
    held = np.isin(parts, (VALIDATION, TEST))
    for label in np.unique(origin.labels):
        own = np.flatnonzero((origin.labels == label) & (parts == TRAIN))
        if not len(own):
            continue
        apart = np.full(len(own), gap)
        for take in np.unique(takes[own]):
            of_take = takes[own] == take
            session = origin.sessions[own[of_take]][0]
            near = (origin.labels == label) & (origin.sessions == session) & held & (takes != take)
            others = np.sort(origin.stamps[near])
            if len(others):
                apart[of_take] = distance(origin.stamps[own[of_take]], others)
        parts[own[apart < min(gap, np.median(apart))]] = LEFT_OUT


def distance(stamps: Indices, others: Indices) -> Indices:
    """From each stamp to the nearest of the others, which are sorted."""
    place = np.searchsorted(others, stamps)
    before = np.abs(stamps - others[np.maximum(place - 1, 0)])
    return np.minimum(before, np.abs(stamps - others[np.minimum(place, len(others) - 1)]))


def take_ids(origin: Origin) -> Indices:
    """One number for each (label, session, take)."""
    keys = np.stack([origin.labels, origin.sessions, origin.takes], axis=1)
    inverse: Any = np.unique(keys, axis=0, return_inverse=True)[1]
    return np.asarray(inverse).reshape(-1)


def sizes(count: int, shares: Shares) -> tuple[int, int]:
    """Faces for validation and test of ``count``: at least one each, where one is left to train on."""
    test = max(1, round(shares.test * count)) if count >= 2 and shares.test > 1e-6 else 0
    validation = max(1, round(shares.validation * count)) if count >= 2 + bool(test) and shares.validation > 0 else 0
    return validation, test
