"""Detectors of two looks: what the look from near is given, and where its answer lies."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from fer_ros.core.base.types import ImageArray, Roi
from fer_ros.core.vision.crop import tilt_of
from fer_ros.core.vision.following import TILTED, FollowingDetector
from fer_ros.core.vision.tracking import Detection

SIDE = 100


def eyes_in(image: ImageArray) -> tuple[tuple[float, float], tuple[float, float]]:
    """The two bright spots, the one on the left first."""
    _, _, _, centres = cv2.connectedComponentsWithStats((image > 128).astype(np.uint8))
    (ax, ay), (bx, by) = sorted(centres[1:].tolist())
    return (ax, ay), (bx, by)


class Spots(FollowingDetector):
    """Two bright spots are the eyes of a face; the first look is not sure of it."""

    def search(self, image: ImageArray, calm: bool = False) -> list[Detection]:
        return [self._face(eyes_in(image), 0.4)]

    def look(self, image: ImageArray, cx: float, cy: float, side: float) -> list[Detection]:
        eyes = eyes_in(image)
        self.tilt = tilt_of(eyes)
        return [self._face(eyes, 0.9)]

    @staticmethod
    def _face(eyes: tuple[tuple[float, float], tuple[float, float]], score: float) -> Detection:
        """The eyes lie in the middle of the box."""
        x, y = ((a + b) / 2.0 for a, b in zip(*eyes, strict=True))
        return Detection(Roi(round(x - SIDE / 2), round(y - SIDE / 2), SIDE, SIDE), score, eyes)


@pytest.mark.parametrize("degrees", [-60.0, -25.0, -8.0, 0.0, 15.0, 45.0])
def test_a_tilted_face_is_looked_at_upright_and_its_place_is_that_in_the_picture(degrees: float) -> None:
    image = np.zeros((240, 320), np.uint8)
    right, down = 22 * math.cos(math.radians(degrees)), 22 * math.sin(math.radians(degrees))
    places = (150 - right, 110 - down), (150 + right, 110 + down)
    for x, y in places:
        cv2.circle(image, (round(x), round(y)), 4, 255, -1)
    detector = Spots()
    (face,) = detector.detect(image)
    assert abs(detector.tilt) < 3.0 if abs(degrees) > TILTED else abs(detector.tilt - degrees) < 3.0
    assert math.dist(face.roi.centre, (150, 110)) < 2.0
    assert face.eyes is not None and np.allclose(face.eyes, places, atol=2.0)


def drawn(degrees: float, at: tuple[float, float], apart: float, shape: tuple[int, int] = (240, 320)) -> ImageArray:
    """Two bright eyes that are tilted."""
    image = np.zeros(shape, np.uint8)
    across, down = apart / 2 * math.cos(math.radians(degrees)), apart / 2 * math.sin(math.radians(degrees))
    for sign in (-1, 1):
        cv2.circle(image, (round(at[0] + sign * across), round(at[1] + sign * down)), round(apart / 11), 255, -1)
    return image


def test_a_known_face_is_looked_at_as_its_eyes_were_tilted_at_the_last_look() -> None:
    detector, told = Spots(), []
    for number in range(10):  # it tilts by 20° a look
        degrees = min(20.0 * number, 60.0)
        (face,) = detector.follow(drawn(degrees, (150, 110), 44), round(0.2e9 * number))
        assert face.track_id == 1 and math.dist(face.roi.centre, (150, 110)) < 3.0
        assert abs(tilt_of(face.eyes) - degrees) < 3.0
        told.append(abs(detector.tilt))
    assert max(told) < 25.0 and max(told[-4:]) < 5.0, "what is left is what it has tilted since"


class Level(Spots):
    """As YuNet: it draws all eyes level and is the surer of a face the less this one is tilted."""

    turn = 25.0
    looks = 0

    def search(self, image: ImageArray, calm: bool = False) -> list[Detection]:
        return [self._level(image, 0.5)]

    def look(self, image: ImageArray, cx: float, cy: float, side: float) -> list[Detection]:
        self.looks += 1
        return [self._level(image, 0.95 - abs(tilt_of(eyes_in(image))) / 60.0)]

    def _level(self, image: ImageArray, score: float) -> Detection:
        face = self._face(eyes_in(image), max(score, 0.0))
        x, y = face.roi.centre
        return Detection(face.roi, face.score, ((x - 22.0, y), (x + 22.0, y)))


@pytest.mark.parametrize("degrees", [-28.0, 0.0, 22.0])
def test_a_doubtful_face_is_turned_both_ways_where_its_eyes_do_not_tell_the_tilt(degrees: float) -> None:
    image = np.zeros((240, 320), np.uint8)
    right, down = 22 * math.cos(math.radians(degrees)), 22 * math.sin(math.radians(degrees))
    for x, y in ((150 - right, 110 - down), (150 + right, 110 + down)):
        cv2.circle(image, (round(x), round(y)), 4, 255, -1)
    turned, plain = Level(), Level()
    plain.turn = 0.0  # type: ignore[misc]
    (face,), before = turned.detect(image), plain.detect(image)
    assert (plain.looks, turned.looks) == (1, 3)
    if degrees:
        assert not before or before[0].score < face.score - 0.1
        assert abs(tilt_of(face.eyes) - math.copysign(25.0, degrees)) < 3.0
    assert math.dist(face.roi.centre, (150, 110)) < 2.0
