"""What tells faces apart does not depend on the light or on the size and the colours of the crop."""

from __future__ import annotations

import numpy as np
import pytest

from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.base.types import ImageArray
from fer_ros.core.vision import crop, identity
from fer_ros.plugins.detectors.haar import HaarDetector
from fer_ros.plugins.sources.sample import SampleSettings, SampleSource


@pytest.fixture(scope="module")
def photograph() -> ImageArray:
    source = SampleSource(SampleSettings(fps=30.0))
    source.open()
    return source.picture(0)


def face(picture: ImageArray, spec: InputSpec) -> ImageArray:
    finder = HaarDetector()
    return crop.cut(picture, finder.detect(picture)[0].roi, finder.framing, spec)[np.newaxis]


def test_any_input_and_any_light_will_do(photograph: ImageArray) -> None:
    dark = (0.4 * photograph.astype(np.float32) + 10).astype(np.uint8)
    row = identity.features(face(photograph, InputSpec()))
    assert row.shape == (1, identity.SIZE) and row.dtype == np.float32
    assert np.linalg.norm(row) == pytest.approx(1.0, abs=1e-5)
    for other in (face(photograph, InputSpec(96, 96, 3, "zero_to_one")), face(dark, InputSpec())):
        assert float((identity.features(other) * row).sum()) > 0.9


def test_noise_is_like_nobody(photograph: ImageArray) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (50, 48, 48, 1)).astype(np.uint8)
    assert (identity.features(noise) @ identity.features(face(photograph, InputSpec())).T).max() < 0.3


def test_nothing_is_nothing() -> None:
    assert identity.features(np.zeros((0, 48, 48, 1), np.uint8)).shape == (0, identity.SIZE)
    assert np.isfinite(identity.features(np.zeros((1, 48, 48, 1), np.uint8))).all()
