"""Whom the robot names, and when it keeps silent."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from fer_ros.core.base.types import Face, FloatArray, ImageArray, Maps, Roi
from fer_ros.core.recognition.naming import AVERAGED, NOBODY, Known, Naming
from fer_ros.core.vision import identity

SECOND = 10**9
BOX = Roi(0, 0, 48, 48)


def pattern(person: int, variant: int = 0, amount: float = 12.0) -> ImageArray:
    """A picture that differs from person to person, and a little from variant to variant."""
    own = cv2.resize(np.random.default_rng(person).normal(128, 50, (9, 9)), (48, 48), interpolation=cv2.INTER_CUBIC)
    other = np.random.default_rng([person, variant]).normal(0, amount, (9, 9))
    image: Any = own + cv2.resize(other, (48, 48), interpolation=cv2.INTER_CUBIC)
    return np.clip(image, 0, 255).astype(np.uint8)[..., np.newaxis]


class Says:
    """A head that always gives the same answer."""

    def __init__(self, *answer: float) -> None:
        self.answer = answer

    def read(self, maps: Maps) -> FloatArray:
        return np.tile(np.array(self.answer, np.float32), (len(maps), 1))


def person(number: int) -> Known:
    rows = identity.features(np.stack([pattern(number, variant) for variant in range(4)]))
    head: Any = Says(0.3, 0.7)
    return Known(f"person {number}", rows, head, np.array([2, 0]))


PEOPLE = [person(1), person(2)]


def named(naming: Naming, *crops: ImageArray, stamp: int = SECOND, quality: float = 1.0, first: int = 7) -> list[int]:
    faces = [Face(BOX, 1.0, first + number) for number in range(len(crops))]
    return list(naming.who(PEOPLE, faces, np.stack(crops), stamp, [quality] * len(crops)))


def test_the_right_ones_are_named_and_strangers_are_not() -> None:
    for number in range(3, 40):
        assert named(Naming(), pattern(1, 9), pattern(number), pattern(2, 9)) == [0, NOBODY, 1]


def test_without_people_nobody_is_named() -> None:
    faces = [Face(BOX, 1.0, 1)]
    assert list(Naming().who([], faces, pattern(1)[np.newaxis], SECOND, [1.0])) == [NOBODY]


def test_a_face_that_cannot_be_read_well_tells_nothing() -> None:
    naming = Naming()
    assert named(naming, pattern(1, 9), quality=0.4) == [NOBODY]
    assert named(naming, pattern(1, 9), stamp=SECOND + 1) == [0]
    # Once it is known who it is, a hand before the face changes nothing.
    assert named(naming, pattern(50), stamp=SECOND + 2, quality=0.4) == [0]


def test_nobody_is_seen_twice_in_a_frame() -> None:
    assert named(Naming(), pattern(1, 9, 60.0), pattern(1, 0)) == [NOBODY, 0]


def test_a_face_is_forgotten_after_a_second_and_when_told_to() -> None:
    naming = Naming()
    assert named(naming, pattern(1, 9)) == [0]
    assert named(naming, pattern(50), stamp=2 * SECOND + 2, quality=0.4) == [NOBODY]
    assert named(naming, pattern(1, 9), stamp=2 * SECOND + 3) == [0]
    naming.reset()
    assert named(naming, pattern(50), stamp=2 * SECOND + 4, quality=0.4) == [NOBODY]


def test_a_wrong_name_does_not_stick_when_another_takes_the_place() -> None:
    naming = Naming()
    for number in range(3 * AVERAGED):
        assert named(naming, pattern(1, number), stamp=SECOND + number) == [0]
    found = [named(naming, pattern(2, n), stamp=2 * SECOND + n)[0] for n in range(3 * AVERAGED)]
    change = found.index(1)
    # In between it is in doubt, and says so.
    assert found[:change].count(NOBODY) and set(found[change:]) == {1} and change < 2 * AVERAGED


def test_someone_like_two_people_is_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    twins = [PEOPLE[0], Known("twin", PEOPLE[0].faces, PEOPLE[0].head, PEOPLE[0].columns)]
    faces = [Face(BOX, 1.0, 1)]
    assert list(Naming().who(twins, faces, pattern(1)[np.newaxis], SECOND, [1.0])) == [NOBODY]


def test_a_persons_answer_is_put_into_the_models_labels() -> None:
    maps = Maps(np.zeros((2, 1, 1, 3), np.float32), np.zeros((2, 0), np.float32))
    assert PEOPLE[0].read(maps, 4).tolist() == [[pytest.approx(0.7), 0.0, pytest.approx(0.3), 0.0]] * 2
