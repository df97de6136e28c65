from __future__ import annotations

import numpy as np

from fer_ros.core.training.cross import FEWEST, folds
from fer_ros.core.training.split_parts import Origin


def origin(rows: list[tuple[int, int, int, int]], subjects: list[int] | None = None) -> Origin:
    """Rows of (label, session, take, milliseconds)."""
    labels, sessions, takes, stamps = np.array(rows, dtype=np.int64).T
    people = np.zeros_like(labels) if subjects is None else np.array(subjects, dtype=np.int64)
    return Origin(labels, sessions, takes, stamps * 1_000_000, people)


def test_one_picture_a_label_cannot_be_measured() -> None:
    found = folds(origin([(label, 0, 0, label) for label in range(7)]), 0.5)
    assert not found.enough and not found.measured.any() and (found.numbers == -1).all()
    assert "not enough to measure" in found.note


def test_pictures_are_left_out_one_of_each_label_at_a_time() -> None:
    found = folds(origin([(label, 0, 0, label) for label in range(7) for _ in range(3)]), 0.5)
    assert found.enough and found.measured.all() and "each of 21 pictures" in found.note and "3 rounds" in found.note
    assert found.taught == 1 - 1 / 3
    for fold in range(3):
        assert (np.flatnonzero(found.numbers == fold) % 3 == fold).all()


def test_what_was_taken_of_several_people_once_each_cannot_be_measured() -> None:
    """The only sad face of Anna cannot be read by what Ben's sad face has taught."""
    rows = [(label, 0, 0, label) for label in range(7) for _ in range(2)]
    assert folds(origin(rows), 0.5).enough
    assert not folds(origin(rows, [0, 1] * 7), 0.5).enough


def test_whole_takes_are_left_out() -> None:
    rows = [(label, 0, take, 10_000 * take + 33 * n) for label in range(2) for take in (1, 2, 3) for n in range(20)]
    found = folds(origin(rows), 0.5)
    assert found.measured.all() and "each of 6 takes" in found.note
    takes = np.array([(row[0], row[2]) for row in rows])
    for group in np.unique(found.groups):
        assert len(np.unique(takes[found.groups == group], axis=0)) == 1
        assert len(np.unique(found.numbers[found.groups == group])) == 1


def test_of_a_single_take_blocks_are_left_out_and_their_edges_do_not_count() -> None:
    rows = [(label, 0, 1, 33 * n) for label in range(2) for n in range(150)]
    found = folds(origin(rows), 0.5)
    assert "blocks of takes" in found.note and 200 < found.measured.sum() < 280
    stamps = np.array([row[3] for row in rows])
    labels = np.array([row[0] for row in rows])
    for row in np.flatnonzero(found.measured):
        others = stamps[(labels == labels[row]) & (found.numbers != found.numbers[row])]
        assert np.abs(others - stamps[row]).min() >= 400


def test_from_three_sessions_on_whole_ones_are_left_out() -> None:
    rows = [(label, session, 1, 33 * n) for session in range(3) for label in range(2) for n in range(5)]
    found = folds(origin(rows), 0.5)
    assert "3 sessions" in found.note and found.measured.sum() == 30 >= FEWEST
    assert (found.numbers == np.array([row[1] for row in rows])).all()
