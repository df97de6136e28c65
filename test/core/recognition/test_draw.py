"""The annotated picture: same size, input untouched, what matters is visible."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.core.base.labels import DEFAULT_LABELS
from fer_ros.core.base.types import Emotion, Face, Frame, ImageArray, Result, Roi
from fer_ros.core.recognition.draw import annotate, colour, plain


def emotion(roi: Roi, labels: tuple[str, ...] = DEFAULT_LABELS, best: int = 3) -> Emotion:
    probabilities = np.full(len(labels), 0.1 / len(labels), np.float32)
    probabilities[best] += 0.9
    face = Face(roi, 0.8, 1)
    return Emotion(face, labels[best], float(probabilities[best]), labels, probabilities)


def result(image: ImageArray, *rois: Roi) -> Result:
    return Result(Frame(image, 1), [emotion(roi) for roi in rois], "default")


def counted(picture: ImageArray, ink: tuple[int, int, int]) -> int:
    return int((picture == ink).all(axis=2).sum())


@pytest.mark.parametrize("shape", [(240, 320), (480, 640), (1080, 1920), (640, 480)])
def test_box_and_bars_are_inside_and_in_the_colour_of_the_label(shape: tuple[int, int]) -> None:
    image = np.full((*shape, 3), 128, np.uint8)
    image.flags.writeable = False
    side = min(shape) // 4
    roi = Roi(shape[1] // 2 - side, shape[0] // 3, side, side)
    picture = annotate(image, result(image, roi), 4.2)
    assert picture.shape == image.shape
    happy = colour("happy", DEFAULT_LABELS)
    assert tuple(picture[roi.y + side - 1, roi.x + side // 2]) == happy  # the lower edge of the box
    beside = picture[:, roi.x + side + 4 :]
    assert counted(beside, happy) > 20, "the bar of the label that was read"
    assert (image == 128).all()


def test_what_hinders_stands_in_the_caption() -> None:
    image, roi = np.full((480, 640, 3), 128, np.uint8), Roi(250, 200, 150, 150)
    read = emotion(roi)
    hindered = replace(read, hindrance="covered\x1b")
    plain_one, told = (annotate(image, Result(Frame(image, 1), [one], "default")) for one in (read, hindered))
    changed = np.argwhere((plain_one != told).any(axis=2))
    assert len(changed) > 300 and changed[:, 0].max() < roi.y and changed[:, 1].min() >= roi.x, "the caption is longer"


@pytest.mark.slow
@given(
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
    st.lists(st.tuples(*[st.integers(-50, 150)] * 2, *[st.integers(1, 200)] * 2), max_size=6),
    st.booleans(),
)
def test_any_size_and_any_box_is_drawn(
    shape: tuple[int, int], boxes: list[tuple[int, int, int, int]], grey: bool
) -> None:
    image = np.zeros(shape if grey else (*shape, 3), np.uint8)
    picture = annotate(image, result(image, *(Roi(*box) for box in boxes)))
    assert picture.shape == (*shape, 3) and picture.dtype == np.uint8
    assert not image.any()


def test_panels_do_not_hide_other_faces() -> None:
    image = np.full((480, 640, 3), 128, np.uint8)
    left, right = Roi(60, 100, 120, 120), Roi(400, 100, 120, 120)
    picture = annotate(image, result(image, left, right))
    for roi in (left, right):
        middle = picture[roi.y + 10 : roi.y + 110, roi.x + 10 : roi.x + 110]
        assert (middle == 128).all()


def test_many_labels_and_strange_ones() -> None:
    labels = tuple(f"label number {n} \n é 행복" for n in range(60))
    image = np.zeros((120, 160, 3), np.uint8)
    one = emotion(Roi(40, 40, 50, 50), labels, 7)
    assert annotate(image, Result(Frame(image, 1), [one], "m" * 400), 1e9).any()
    assert colour(labels[1], labels) != colour(labels[2], labels)


@given(st.text())
def test_plain_text_is_ascii_and_short(text: str) -> None:
    shown = plain(text)
    assert shown.isascii() and (shown == "" or shown.isprintable()) and len(shown) <= 14


def test_plain_keeps_letters_without_their_accents() -> None:
    assert plain("enttäuscht") == "enttauscht"
    assert plain("none of these") == "none of these"
