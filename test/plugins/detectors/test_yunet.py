"""YuNet: its file is the user's, and ``FER_YUNET`` names one to test with; else a network that finds bright squares."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import ImageArray, Roi
from fer_ros.core.vision.tracking import Detection
from fer_ros.core.vision.windows import Window
from fer_ros.plugins.detectors.yunet import NEAR, NEAR_COST, YuNetDetector, YuNetSettings, detections
from fer_ros.plugins.sources.sample import SampleSettings, SampleSource


def test_without_its_network_the_error_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"set detectors.yunet.model to the file face_detection_yunet_2023mar.onnx"):
        YuNetDetector()
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no network")
    for path, text in ((tmp_path / "none.onnx", "there is no network"), (broken, "not a network that OpenCV can read")):
        with pytest.raises(ConfigError, match=text) as caught:
            YuNetDetector(YuNetSettings(model=str(path)))
        assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_boxes_come_back_in_pixels_of_the_whole_image() -> None:
    rows = np.zeros((4, 15), np.float32)
    rows[0, [0, 1, 2, 3, 14]] = (10, 20, 30, 40, 0.75)
    rows[1, [0, 1, 2, 3, 14]] = (-10, 100, 30, 40, 1.2)
    rows[2, [0, 1, 2, 3, 14]] = (500, 20, 30, 40, 0.9)
    rows[3, 0] = np.nan
    found = detections(rows, Window(0, 0, 640, 240, 0.5), (240, 640))
    assert found == [Detection(Roi(20, 40, 60, 80), 0.75), Detection(Roi(0, 200, 40, 40), 1.0)]
    assert detections(None, Window(0, 0, 640, 240, 0.5), (240, 640)) == []


def picture(*places: tuple[int, int], side: int = 100, shape: tuple[int, int] = (480, 640)) -> ImageArray:
    """Black, with a bright square at each place (x, y)."""
    image = np.zeros((*shape, 3), np.uint8)
    for x, y in places:
        image[y : y + side, x : x + side] = 255
    return image


@pytest.fixture
def make(bright_squares: str) -> Callable[..., YuNetDetector]:
    return lambda **values: YuNetDetector(YuNetSettings(model=bright_squares, score=0.2, **values))


Make = Callable[..., YuNetDetector]


@pytest.mark.parametrize("full_every", [1, 7, 999])
def test_a_face_that_moves_and_grows_is_followed_under_one_id(make: Make, full_every: int) -> None:
    detector = make(full_every=full_every)
    for index in range(25):
        x, y, side = 60 + 10 * index, 200 - 5 * index, 90 + index
        (face,) = detector.detect(picture((x, y), side=side))
        assert face.track_id == 1 and face.roi.iou(Roi(x, y, side, side)) > 0.7, f"frame {index}"
        assert 0.2 <= face.score <= 1.0


@pytest.mark.parametrize("full_every", [1, 6])
def test_a_newcomer_is_found_when_the_whole_picture_is_looked_at(make: Make, full_every: int) -> None:
    detector = make(full_every=full_every)
    for index in range(full_every):  # the first frame is looked at as a whole
        assert len(detector.detect(picture((40, 40)))) == 1, f"frame {index}"
    counts = [len(detector.detect(picture((40, 40), (400, 300)))) for _ in range(full_every)]
    assert counts == [2] * full_every
    detector.reset()
    detector.detect(picture((40, 40)))
    counts = [len(detector.detect(picture((40, 40), (400, 300)))) for _ in range(full_every)]
    assert counts == [1] * (full_every - 1) + [2], "between two such looks only known faces are looked at"


def test_where_a_face_is_lost_the_whole_picture_is_searched_at_once(make: Make) -> None:
    detector = make(full_every=999, hold=2, lost_after=5)
    for _ in range(5):
        detector.detect(picture((40, 40), (400, 300)))
    shown = [[face.track_id for face in detector.detect(picture((40, 40), (400, 60)))] for _ in range(4)]
    assert [sorted(ids) for ids in shown] == [[1, 2, 3], [1, 2, 3], [1, 3], [1, 3]]
    back = detector.detect(picture((40, 40), (400, 60), (420, 310)))
    assert sorted(face.track_id for face in back) == [1, 2, 3], "a lost face is also looked for where it was"
    gone = [len(detector.detect(picture())) for _ in range(8)]
    assert gone[:2] == [3, 3] and gone[2:] == [0] * 6
    assert [face.track_id for face in detector.detect(picture((40, 40)))] == [4], "ids are not used again"


def test_of_more_faces_the_whole_picture_is_the_cheaper_look(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[tuple[int, int]] = []
    look = YuNetDetector._look

    def spy(self: YuNetDetector, network: Any, image: ImageArray, window: Window, size: tuple[int, int]) -> Any:
        sizes.append(size)
        return look(self, network, image, window, size)

    monkeypatch.setattr(YuNetDetector, "_look", spy)
    # Reduced, this picture has 320×160 pixels, which cost more than two squares and less than three.
    places = [(40, 60), (270, 60), (500, 60)]
    assert 2 * NEAR_COST < 320 * 160 < 3 * NEAR_COST
    for count, expected in ((1, [(NEAR, NEAR)]), (2, 2 * [(NEAR, NEAR)]), (3, [(320, 160)])):
        detector = make(full_every=999)
        for _ in range(3):
            sizes.clear()
            assert len(detector.detect(picture(*places[:count], shape=(320, 640)))) == count
        assert sizes == expected


@pytest.mark.parametrize("shape", [(1, 1), (3, 4000), (2000, 2), (33, 31), (480, 640), (1500, 2000)])
def test_pictures_of_any_size_in_grey_or_colour(make: Make, shape: tuple[int, int]) -> None:
    detector = make()
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    for image in (noise, noise, noise[..., 0], noise[:, ::-1]):
        for face in detector.detect(image):
            assert face.roi.clipped(shape[1], shape[0]) == face.roi and face.roi.area > 0
    assert detector.detect(np.zeros(shape, np.uint8)) is not None


@pytest.mark.skipif("FER_YUNET" not in os.environ, reason="FER_YUNET names no network")
def test_the_sample_is_followed_under_one_id() -> None:
    source = SampleSource(SampleSettings(fps=30.0))
    source.open()
    detector = YuNetDetector(YuNetSettings(model=os.environ["FER_YUNET"]))
    for index in range(0, 60, 3):
        faces = detector.detect(source.picture(index))
        assert [face.track_id for face in faces] == [1], f"frame {index}"
        assert faces[0].roi.clipped(640, 480) == faces[0].roi
    assert detector.detect(np.zeros((1, 1), np.uint8)) == []
