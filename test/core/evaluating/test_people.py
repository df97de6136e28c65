"""Frames made of portraits: what is drawn over a face hides what it should, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from fer_ros.core.base.types import ImageArray
from fer_ros.core.evaluating.people import CENTRE, SIDE, WEARS, compose, wearing

#: Places in sides of the face's box, from its centre.
EYES, MOUTH, HAIR = [(-0.2, -0.18), (0.2, -0.18)], [(-0.1, 0.27), (0.0, 0.29), (0.1, 0.27)], [(-0.6, -0.7), (0.6, -0.7)]


def portrait(side: int) -> ImageArray:
    noise = np.random.default_rng(0).integers(-8, 9, (side, side, 1))
    return np.asarray(np.clip(np.array([110, 140, 190]) + noise, 0, 255), np.uint8)


def changed(what: str, side: int = 640) -> ImageArray:
    before = portrait(side)
    return np.asarray((wearing(before, what) != before).any(axis=2), np.uint8)


def share(image: ImageArray, places: list[tuple[float, float]]) -> float:
    """Of the places, how much is changed."""
    side, found = image.shape[0], []
    for x, y in places:
        column, row = round((CENTRE[0] + SIDE * x) * side), round((CENTRE[1] + SIDE * y) * side)
        found.append(image[row - 12 : row + 13, column - 12 : column + 13].mean())
    return float(np.mean(found))


@pytest.mark.parametrize(
    ("what", "eyes", "mouth"), [("mask", False, True), ("sunglasses", True, False), ("hand", False, True)]
)
def test_it_hides_the_mouth_or_the_eyes_and_leaves_the_rest(what: str, eyes: bool, mouth: bool) -> None:
    image = changed(what)
    for places, hidden in ((EYES, eyes), (MOUTH, mouth), (HAIR, False)):
        assert share(image, places) > 0.75 if hidden else share(image, places) == 0.0
    assert image.mean() < 0.25


def test_a_hand_has_the_colour_of_the_face() -> None:
    before = portrait(640)
    after = wearing(before, "hand")
    colour = np.median(after[(after != before).any(axis=2)], axis=0)
    assert np.abs(colour - 0.95 * np.array([110, 140, 190])).max() < 8


@pytest.mark.parametrize("side", [5, 40, 640])
@pytest.mark.parametrize("what", WEARS)
def test_portraits_of_any_size(side: int, what: str) -> None:
    assert compose(portrait(side), 150.0, 20.0, 0.5, what).shape == (480, 640, 3)


def test_what_is_unknown_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing is known of wearing 'a hat'"):
        wearing(portrait(40), "a hat")
