"""YuNet: its file is the user's, and ``FER_YUNET`` names one to test with; else a network that finds bright squares."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import ImageArray, Roi
from fer_ros.core.vision.crop import tilt_of
from fer_ros.core.vision.tracking import Detection
from fer_ros.core.vision.windows import Window
from fer_ros.plugins.detectors import yunet
from fer_ros.plugins.detectors.yunet import (
    FLAT,
    GRID,
    LEAST,
    LEAST_SIDE,
    NEAR,
    NEAR_COST,
    STEEPEST,
    YuNetDetector,
    YuNetSettings,
    detections,
)
from fer_ros.plugins.sources.sample import SampleSettings, SampleSource

needs_opencv = pytest.mark.skipif(yunet._old(), reason="this OpenCV cannot run YuNet")


@needs_opencv
def test_without_its_network_the_error_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_HOME", str(tmp_path))
    assert "`fer fetch`" in YuNetDetector.lacks()
    with pytest.raises(ConfigError, match=r"there is no network at .*yunet.*`fer fetch`"):
        YuNetDetector()
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no network")
    for path, text in ((tmp_path / "none.onnx", "there is no network"), (broken, "not a network that OpenCV can read")):
        with pytest.raises(ConfigError, match=text) as caught:
            YuNetDetector(YuNetSettings(model=str(path)))
        assert str(path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.skipif(not yunet._old(), reason="this OpenCV can run YuNet")
def test_an_old_opencv_is_named_before_the_first_picture_fails(bright_squares: str) -> None:
    assert "4.8 can" in YuNetDetector.lacks()
    with pytest.raises(ConfigError, match=r"OpenCV 4\.\d\.\d cannot run yunet: pip install .*>=4\.8"):
        YuNetDetector(YuNetSettings(model=bright_squares))


@pytest.mark.parametrize(
    ("version", "old"), [("4.6.0", True), ("4.7.0-dev", True), ("4.8.1", False), ("4.14.0", False)]
)
def test_versions_of_opencv_are_told_apart_by_number(version: str, old: bool) -> None:
    assert yunet._old(version) == old


def test_boxes_come_back_in_pixels_of_the_whole_image() -> None:
    rows = np.zeros((4, 15), np.float32)
    rows[0, [0, 1, 2, 3, 14]] = (10, 20, 30, 40, 0.75)
    rows[0, 4:8] = (15, 30, 35, 31)
    rows[1, [0, 1, 2, 3, 14]] = (-10, 100, 30, 40, 1.2)
    rows[2, [0, 1, 2, 3, 14]] = (500, 20, 30, 40, 0.9)
    rows[3, 0] = np.nan
    found = detections(rows, Window(0, 0, 640, 240, 0.5), (240, 640))
    corner = ((0.0, 0.0), (0.0, 0.0))
    assert found == [
        Detection(Roi(20, 40, 60, 80), 0.75, ((30.0, 60.0), (70.0, 62.0))),
        Detection(Roi(0, 200, 40, 40), 1.0, corner),
    ]
    assert detections(None, Window(0, 0, 640, 240, 0.5), (240, 640)) == []


@given(told=st.floats(-60.0, 60.0), side=st.floats(4.0, 320.0), apart=st.floats(2.0, 100.0), zoom=st.floats(0.1, 4.0))
def test_eyes_that_are_drawn_level_are_turned_to_the_tilt_of_the_head(
    told: float, side: float, apart: float, zoom: float
) -> None:
    across, down = apart / 2 * math.cos(math.radians(told)), apart / 2 * math.sin(math.radians(told))
    row = np.zeros((1, 15), np.float32)
    row[0, [0, 1, 2, 3, 14]] = (0, 0, side, side, 0.9)
    row[0, 4:8] = (200 - across, 100 - down, 200 + across, 100 + down)
    for found in detections(row, Window(0, 0, 4000, 4000, zoom), (4000, 4000)):
        assert found.eyes is not None
        left, right = found.eyes
        middle = [(a + b) / 2 * zoom for a, b in zip(left, right, strict=True)]
        assert np.allclose(middle, (200, 100), atol=1e-2) and abs(math.dist(left, right) * zoom - apart) < 1e-2
        tilt, slack = tilt_of(found.eyes), 0.1
        assert tilt * told >= -slack and abs(told) - slack <= abs(tilt) <= max(abs(told), STEEPEST) + slack
        if side < LEAST_SIDE - slack or abs(told) < FLAT - slack:
            assert abs(tilt - told) < slack
        if side > 60.0 and abs(told) > FLAT + 5.0:
            assert abs(tilt) > 1.1 * abs(told) or abs(tilt) > STEEPEST - slack


def picture(*places: tuple[int, int], side: int = 100, shape: tuple[int, int] = (480, 640)) -> ImageArray:
    """Black, with a bright square at each place (x, y)."""
    image = np.zeros((*shape, 3), np.uint8)
    for x, y in places:
        image[y : y + side, x : x + side] = 255
    return image


@pytest.fixture
def make(bright_squares: str) -> Callable[..., YuNetDetector]:
    if yunet._old():
        pytest.skip("this OpenCV cannot run YuNet")
    usual = {"model": bright_squares, "score": 0.15, "keep": 0.1}
    return lambda **values: YuNetDetector(YuNetSettings(**{**usual, **values}))


Make = Callable[..., YuNetDetector]


@pytest.mark.parametrize("search_every", [0.0, 0.25, 60.0])
@pytest.mark.parametrize("fps", [2, 10, 30])
def test_a_face_that_moves_and_grows_is_followed_under_one_id(make: Make, search_every: float, fps: int) -> None:
    detector = make(search_every=search_every)
    for index in range(25):
        now = index / fps
        x, y, side = round(360 - abs(150 * now % 600 - 300)), round(200 - 10 * now), 90 + index
        (face,) = detector.follow(picture((x, y), side=side), round(1e9 * now))
        assert face.track_id == 1 and face.roi.iou(Roi(x, y, side, side)) > 0.6, f"frame {index}"


@pytest.mark.parametrize("fps", [1, 5, 30])
def test_a_newcomer_is_found_within_the_time_at_any_frame_rate(make: Make, fps: int) -> None:
    detector = make(search_every=0.5)
    shown = [len(detector.follow(picture((40, 40)), round(1e9 * i / fps))) for i in range(fps + 1)]
    assert shown == [1] * (fps + 1)
    for index in range(fps + 1, 2 * fps + 2):
        count = len(detector.follow(picture((40, 40), (400, 300)), round(1e9 * index / fps)))
        if index / fps - 1.0 >= 0.55:
            assert count == 2


def test_where_a_face_is_lost_the_whole_picture_is_searched_at_once(make: Make) -> None:
    detector = make(search_every=60.0, shown=0.07, known=0.5)
    for _ in range(5):
        faces = detector.detect(picture((40, 40), (400, 300)))
    (still,) = (face.track_id for face in faces if face.roi.x < 200)
    shown = [sorted(face.track_id for face in detector.detect(picture((40, 40), (400, 20)))) for _ in range(4)]
    assert shown[-1] == [still, 3], "the second has jumped too far to be the same"
    assert all(still in ids for ids in shown)
    back = detector.detect(picture((40, 40), (400, 20), (420, 310)))
    assert still in {face.track_id for face in back}
    gone = [len(detector.detect(picture())) for _ in range(8)]
    assert gone[4:] == [0] * 4
    for _ in range(20):
        detector.detect(picture())
    *_, back = (detector.detect(picture((40, 40))) for _ in range(4))
    assert back[0].track_id > 2, "ids are not used again"


def test_of_many_faces_the_whole_picture_is_the_cheaper_look(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[tuple[int, ...]] = []
    run = YuNetDetector._run

    def spy(self: YuNetDetector, network: Any, image: ImageArray, window: Window, size: tuple[int, ...]) -> Any:
        sizes.append(size)
        return run(self, network, image, window, size)

    monkeypatch.setattr(YuNetDetector, "_run", spy)
    make().search(picture(side=20, shape=(25, 300)))
    assert sizes == [(320, LEAST * GRID)], "OpenCV reads memory that nobody has written where a side is smaller"
    # Reduced, this picture has 320×160 pixels, which cost more than one square and less than two.
    assert NEAR_COST < 320 * 160 < 2 * NEAR_COST
    detector = make(search_every=60.0)
    detector.detect(picture((40, 60), shape=(320, 640)))
    assert not detector.dear(1) and detector.dear(2)
    sizes.clear()
    detector.follow(picture((40, 60), shape=(320, 640)), 200_000_000)
    assert sizes == [(NEAR, NEAR)]


@pytest.mark.parametrize(("fps", "most"), [(5, 5), (30, 8), (60, 8)])
def test_a_known_face_is_looked_for_eight_times_a_second_and_its_pixels_in_between(
    make: Make, monkeypatch: pytest.MonkeyPatch, fps: int, most: int
) -> None:
    looks: list[float] = []
    look = YuNetDetector.look

    def spy(self: YuNetDetector, image: ImageArray, cx: float, cy: float, side: float) -> list[Detection]:
        looks.append(cx)
        return look(self, image, cx, cy, side)

    detector = make(search_every=60.0)
    monkeypatch.setattr(YuNetDetector, "look", spy)
    for index in range(fps + 1):
        now = index / fps
        x = 40 + round(200 * now)
        (face,) = detector.follow(picture((x, 40)), round(1e9 * now))
        assert face.track_id == 1 and face.roi.iou(Roi(x, 40, 100, 100)) > 0.7
        if not index:
            looks.clear()  # those that decided on the new face
    assert len(looks) <= most
    looks.clear()
    for later in (0.03, 0.06):  # covered: the pixels are not there any more
        detector.follow(picture(), round(1e9 * (1.0 + later)))
    assert looks


@pytest.mark.slow
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


@pytest.mark.skipif("FER_YUNET" not in os.environ, reason="FER_YUNET names no network")
def test_every_run_finds_the_same_in_tiny_pictures() -> None:
    source = SampleSource(SampleSettings(fps=30.0))
    source.open()
    face = source.picture(0)[80:400, 160:480]
    for size in ((25, 31), (31, 60), (30, 200), (200, 30)):
        tiny = np.asarray(cv2.resize(face, size, interpolation=cv2.INTER_AREA), np.uint8)
        found = []
        for number in range(8):
            filled = np.full(250_000 * (number + 1), np.nan, np.float32)  # what unwritten memory may hold
            del filled
            detector = YuNetDetector(YuNetSettings(model=os.environ["FER_YUNET"]))
            found.append([(d.roi, d.score) for d in detector.search(tiny)])
        assert all(one == found[0] for one in found), size
