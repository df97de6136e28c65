"""What hinders the reading of a face is named: tried on the sample's photograph and on drawn faces."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import pytest

from fer_ros.core.base.geometry import Framing
from fer_ros.core.base.types import Eyes, Face, ImageArray, Roi
from fer_ros.core.vision import crop, quality
from fer_ros.plugins.sources.sample import SampleSettings, SampleSource

#: The face in the sample's first picture, and its framing, as YuNet finds it.
BOX, FRAMING = Roi(198, 107, 152, 152), Framing(1.05, 0.0, -0.02)


@pytest.fixture(scope="module")
def sample() -> tuple[ImageArray, Roi]:
    source = SampleSource(SampleSettings(fps=30.0))
    source.open()
    return source.picture(0), BOX


def judged(picture: ImageArray, roi: Roi, eyes: Eyes | None = None) -> quality.Quality:
    view = crop.cut(picture, roi, FRAMING, quality.VIEW)
    (found,) = quality.assess(view[np.newaxis], [Face(roi, 0.9, 1, eyes)], FRAMING)
    assert 0.0 <= found.value <= 1.0 and (found.hindrance == "") == (found.value >= quality.ENOUGH)
    return found


def masked(picture: ImageArray, roi: Roi) -> ImageArray:
    image: Any = picture.copy()
    (cx, cy), side = roi.centre, roi.width
    points = [
        (-0.4, 0.05),
        (0.0, -0.06),
        (0.4, 0.05),
        (0.36, 0.3),
        (0.18, 0.5),
        (0.0, 0.55),
        (-0.18, 0.5),
        (-0.36, 0.3),
    ]
    cv2.fillPoly(image, [np.array([(cx + x * side, cy + y * side) for x, y in points], np.int32)], (150, 120, 90))
    return np.asarray(image, np.uint8)


def test_a_plain_face_is_good_enough_in_colour_and_in_grey(sample: tuple[ImageArray, Roi]) -> None:
    picture, roi = sample
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
    assert judged(picture, roi).hindrance == judged(grey, roi).hindrance == ""


def test_what_hinders_is_named(sample: tuple[ImageArray, Roi]) -> None:
    picture, roi = sample
    small = cv2.resize(picture, None, fx=8 / roi.width, fy=8 / roi.width, interpolation=cv2.INTER_AREA)
    zoom = small.shape[1] / picture.shape[1]
    tiny = Roi(round(roi.x * zoom), round(roi.y * zoom), 8, 8)
    blurred = cv2.GaussianBlur(picture, (0, 0), 4.0 * roi.width / 48.0)
    assert judged(np.asarray(small, np.uint8), tiny).hindrance == "small"
    assert judged((picture * 0.01).astype(np.uint8), roi).hindrance == "dark"
    assert judged(np.asarray(blurred, np.uint8), roi).hindrance == "blurred"
    assert judged(np.full_like(picture, 250), roi).hindrance == "blurred", "no light is lacking"
    (cx, cy), side = roi.centre, roi.width
    eyes = (cx - 0.2 * side, cy - 0.1 * side), (cx + 0.2 * side, cy - 0.1 * side)
    assert judged(masked(picture, roi), roi, eyes).hindrance == "covered"


@pytest.mark.parametrize(
    ("distance", "tilt", "named"), [(0.4, 0, ""), (0.4, 30, ""), (0.12, 0, "turned"), (0.4, 80, "turned")]
)
def test_the_eyes_tell_how_far_a_face_is_turned(
    sample: tuple[ImageArray, Roi], distance: float, tilt: float, named: str
) -> None:
    picture, roi = sample
    (cx, cy), half = roi.centre, 0.5 * distance * roi.width
    dx, dy = half * math.cos(math.radians(tilt)), half * math.sin(math.radians(tilt))
    assert judged(picture, roi, ((cx - dx, cy - dy), (cx + dx, cy + dy))).hindrance == named


@pytest.mark.parametrize("shape", [(1, 1), (3, 400), (30, 30, 3), (300, 2, 3)])
def test_any_picture_gets_a_figure(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    for picture in (
        rng.integers(0, 256, shape, dtype=np.uint8),
        np.zeros(shape, np.uint8),
        np.full(shape, 255, np.uint8),
    ):
        for eyes in (None, ((math.nan, 0.0), (math.inf, 1.0)), ((0.0, 0.0), (0.0, 0.0))):
            judged(picture, Roi(0, 0, shape[1], shape[0]), eyes)
