from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.core.base.types import Emotion, Face, Frame, Result, Roi

NUMBERS = st.integers(-50, 50)
ROIS = st.builds(Roi, NUMBERS, NUMBERS, st.integers(0, 40), st.integers(0, 40))


def covered(roi: Roi) -> set[tuple[int, int]]:
    return {(x, y) for x in range(roi.x, roi.x + roi.width) for y in range(roi.y, roi.y + roi.height)}


@given(ROIS, ROIS)
def test_the_overlap_is_that_of_the_pixels(a: Roi, b: Roi) -> None:
    first, second = covered(a), covered(b)
    expected = len(first & second) / len(first | second) if first & second else 0.0
    assert np.isclose(a.iou(b), expected) and a.iou(b) == b.iou(a)


@given(ROIS, st.integers(1, 30), st.integers(1, 30))
def test_clipping_keeps_the_pixels_inside(roi: Roi, width: int, height: int) -> None:
    inside = roi.clipped(width, height)
    assert covered(inside) == covered(roi) & covered(Roi(0, 0, width, height))
    assert inside.width >= 0 and inside.height >= 0
    assert 0 <= inside.x <= width and 0 <= inside.y <= height


@given(st.builds(Roi, NUMBERS, NUMBERS, NUMBERS, NUMBERS))
def test_a_box_of_negative_size_holds_nothing(roi: Roi) -> None:
    inside = roi.clipped(20, 20)
    assert inside.width >= 0 and inside.height >= 0
    if roi.width <= 0 or roi.height <= 0:
        assert inside.area == 0


def test_the_primary_emotion_is_the_first() -> None:
    frame = Frame(np.zeros((4, 4), np.uint8), 1)
    assert Result(frame, [], "m").primary is None
    emotion = Emotion(Face(Roi(1, 2, 3, 4), 0.5, 1), "a", 1.0, ("a", "b"), np.array([1, 0], np.float32))
    assert Result(frame, [emotion], "m").primary is emotion
    assert emotion.face.roi.centre == (2.5, 4.0)
