"""Splits: nothing in two parts, every label everywhere, and neighbours in time never on both sides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.training.split_parts import Origin, Shares
from fer_ros.core.training.splits import Split, split

NAMES = ("angry", "happy", "sad")
SECOND = 1_000_000_000


def origin(takes: list[tuple[int, int, int, int]], rate: float = 30.0, pause: float = 2.0) -> Origin:
    """Takes of (label, session, number, frames), one after the other."""
    rows, now = [], SECOND
    for label, session, number, frames in takes:
        for _ in range(frames):
            rows.append((label, session, number, now))
            now += round(SECOND / rate)
        now += round(SECOND * pause)
    a = np.array(rows, dtype=np.int64)
    return Origin(a[:, 0], a[:, 1], a[:, 2], a[:, 3], np.zeros(len(a), np.int64))


def parts(found: Split) -> dict[str, np.ndarray]:
    return {"train": found.train, "validation": found.validation, "test": found.test}


def smallest_gap(of: Origin, found: Split) -> float:
    """Seconds between frames of the same label and session in different parts."""
    least = np.inf
    named = list(parts(found).values())
    for i, one in enumerate(named):
        for other in named[i + 1 :]:
            same = (of.labels[one][:, None] == of.labels[other]) & (of.sessions[one][:, None] == of.sessions[other])
            apart = np.abs(of.stamps[one][:, None] - of.stamps[other])[same]
            least = min(least, float(apart.min()) / 1e9) if apart.size else least
    return least


ONE_TAKE_EACH = origin([(0, 0, 1, 100), (1, 0, 2, 100), (2, 0, 3, 100)])


@st.composite
def origins(draw: st.DrawFn) -> Origin:
    takes, number = [], 0
    for session in range(draw(st.integers(1, 4))):
        for _ in range(draw(st.integers(1, 4))):
            for label in range(3):
                number += 1
                takes.append((label, session, number, draw(st.integers(2, 60))))
    return origin(takes, draw(st.sampled_from((5.0, 30.0, 200.0))), draw(st.sampled_from((0.0, 0.2, 3.0))))


@given(origins(), st.sampled_from(("auto", "blocks", "random")), st.integers(0, 99))
def test_every_face_is_in_one_part_and_every_label_is_trained_and_tested(of: Origin, kind: str, seed: int) -> None:
    found = split(of, NAMES, kind, seed=seed)
    together = np.concatenate([found.train, found.validation, found.test, found.gaps])
    assert sorted(together.tolist()) == list(range(len(of)))
    assert set(of.labels[found.train]) == set(of.labels[found.test]) == {0, 1, 2}
    again = split(of, NAMES, kind, seed=seed)
    assert all(np.array_equal(a, b) for a, b in zip(parts(found).values(), parts(again).values(), strict=True))


@given(st.integers(0, 99), st.integers(90, 300))
def test_blocks_keep_half_a_second_between_the_parts_of_a_label(seed: int, frames: int) -> None:
    of = origin([(label, 0, label + 1, frames) for label in range(3)])
    found = split(of, NAMES, "blocks", seed=seed)
    assert smallest_gap(of, found) > 0.5
    assert len(found.test) >= 0.08 * len(of) and len(found.train) >= 0.4 * len(of)
    assert "0.5 s" in found.note


def test_takes_that_follow_at_once_are_kept_apart_too() -> None:
    of = origin([(0, 0, 1, 90), (0, 0, 2, 90), (0, 0, 3, 90), (1, 0, 4, 90), (1, 0, 5, 90), (1, 0, 6, 90)], pause=0.0)
    found = split(of, NAMES[:2], "takes", seed=3)
    train, held = found.train, np.concatenate([found.validation, found.test])
    same = of.labels[train][:, None] == of.labels[held]
    other_take = of.takes[train][:, None] != of.takes[held]
    assert (np.abs(of.stamps[train][:, None] - of.stamps[held])[same & other_take] >= SECOND / 2).all()


def test_short_takes_get_a_shorter_gap_and_say_so() -> None:
    of = origin([(label, 0, label + 1, 10) for label in range(3)])
    found = split(of, NAMES)
    assert found.kind == "blocks" and "takes are short" in found.note
    assert len(found.train) + len(found.test) + len(found.validation) >= len(of) / 2


def test_whole_takes_are_held_out_where_there_are_several() -> None:
    of = origin([(label, 0, 3 * take + label + 1, 40) for take in range(5) for label in range(3)])
    found = split(of, NAMES)
    assert found.kind == "takes"
    tested = set(of.takes[found.test])
    assert tested.isdisjoint(of.takes[found.train]) and tested.isdisjoint(of.takes[found.validation])
    assert len(found.train) >= 0.5 * len(of)


def test_whole_sessions_are_held_out_where_several_hold_every_label() -> None:
    of = origin([(label, session, label + 1, 30) for session in range(5) for label in range(3)] + [(0, 5, 1, 30)])
    found = split(of, NAMES)
    assert found.kind == "sessions"
    assert set(of.sessions[found.test]).isdisjoint(of.sessions[found.train])
    assert 5 not in of.sessions[found.test]


def test_independent_pictures_are_drawn_at_random_label_by_label() -> None:
    none = np.zeros(600, int)
    of = Origin(np.repeat([0, 1, 2], 200), none, none, np.arange(600) * 1000, none)
    found = split(of, NAMES)
    assert "independent" in found.note and not len(found.gaps)
    assert np.bincount(of.labels[found.test]).tolist() == [30, 30, 30]
    assert np.bincount(of.labels[found.train]).tolist() == [140, 140, 140]


def test_random_is_the_split_of_the_paper() -> None:
    found = split(ONE_TAKE_EACH, NAMES, "random")
    assert (len(found.train), len(found.validation), len(found.test)) == (210, 45, 45)
    # It leaks: nearly every held-out frame has a neighbour of a thirtieth of a second in training.
    assert smallest_gap(ONE_TAKE_EACH, found) < 0.05


def test_another_seed_gives_another_split() -> None:
    first, second = (split(ONE_TAKE_EACH, NAMES, "blocks", seed=seed) for seed in (1, 2))
    assert not np.array_equal(first.test, second.test)


def test_the_shares_are_those_asked_for() -> None:
    found = split(ONE_TAKE_EACH, NAMES, "random", Shares(0.5, 0.2))
    assert (len(found.train), len(found.validation), len(found.test)) == (150, 60, 90)


@pytest.mark.parametrize(
    ("of", "kind", "shares", "message"),
    [
        (ONE_TAKE_EACH, "takes", Shares(), "at least 2 takes of each label, 'angry' has one"),
        (ONE_TAKE_EACH, "sessions", Shares(), "at least 2 bags"),
        (ONE_TAKE_EACH, "halves", Shares(), "choose one of auto, cross, sessions, takes, blocks, random"),
        (ONE_TAKE_EACH, "auto", Shares(0.8, 0.2), "leave nothing for the test"),
        (origin([(0, 0, 1, 1), (1, 0, 2, 9)]), "blocks", Shares(), "leaves no face of 'angry' for the test"),
    ],
)
def test_what_cannot_be_split_is_refused_in_one_line(of: Origin, kind: str, shares: Shares, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        split(of, NAMES[: int(of.labels.max()) + 1], kind, shares)
    assert message in str(error.value) and "\n" not in str(error.value)
