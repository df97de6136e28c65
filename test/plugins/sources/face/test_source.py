"""The drawn face: what it shows, that a detector finds it, and that every frame follows from seed and number."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.labels import DEFAULT_LABELS
from fer_ros.core.base.settings import make
from fer_ros.plugins.detectors.haar import HaarDetector
from fer_ros.plugins.sources.face.source import FaceSettings, FaceSource


def source(**values: object) -> FaceSource:
    made = FaceSource(make(FaceSettings, {"fps": 0.0, **values}))
    made.open()
    return made


def show(face: FaceSource, expression: str) -> None:
    face.configure(dataclasses.replace(face.settings, expression=expression))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 3])
def test_a_detector_finds_it_in_nearly_every_single_frame(seed: int) -> None:
    face, detector = source(seed=seed), HaarDetector()
    found = []
    for expression in DEFAULT_LABELS:
        show(face, expression)
        for _ in range(6):
            for _ in range(9):
                frame = face.read(1.0)
            detector.reset()
            found.append(len(detector.detect(frame.image)) == 1)
    assert np.mean(found) >= 0.95


def test_every_frame_says_what_it_shows_and_a_change_shows_at_once() -> None:
    face = source(transition=0.0)
    plain, same = source(expression="happy", transition=0.0), source(expression="sad", transition=0.0)
    for other in (plain, same):
        other.read(1.0)
    assert face.read(1.0).truth == "neutral"
    show(face, "happy")
    frame = face.read(1.0)
    assert frame.truth == "happy"
    np.testing.assert_array_equal(frame.image, plain.read(1.0).image)
    assert (frame.image != same.read(1.0).image).any()


def test_an_expression_comes_gradually_within_the_transition() -> None:
    def mouths(transition: float) -> list[np.ndarray]:
        face = source(transition=transition)
        face.read(1.0)
        show(face, "surprise")
        return [face.read(1.0).image.astype(int) for _ in range(9)]

    at_once, gradual = mouths(0.0), mouths(0.15)
    differences = [np.abs(a - b).mean() for a, b in zip(at_once, gradual, strict=True)]
    assert differences[0] > differences[2] > 0 and differences[-1] == 0


@pytest.mark.slow
def test_every_frame_is_a_function_of_seed_and_number() -> None:
    one, two, other = source(seed=4), source(seed=4), source(seed=5)
    for _ in range(5):
        first, second, third = (face.read(1.0).image for face in (one, two, other))
        np.testing.assert_array_equal(first, second)
    assert first.shape == (480, 640, 3) and first.dtype == np.uint8 and (first != third).any()
    one.close()
    one.open()
    two = source(seed=4)
    np.testing.assert_array_equal(one.read(1.0).image, two.read(1.0).image)


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), [(64, 64), (320, 64), (64, 240), (1280, 720)])
def test_it_fits_any_frame(width: int, height: int) -> None:
    face = source(width=width, height=height)
    assert all(face.read(1.0).image.shape == (height, width, 3) for _ in range(40))


def test_only_the_labels_can_be_shown() -> None:
    with pytest.raises(ConfigError, match="choose one of angry, disgust, fear, happy, sad, surprise, neutral"):
        source(expression="bored")
