"""The Haar detector on the photograph of the sample, and on what is no face."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import ImageArray
from fer_ros.plugins.detectors import haar
from fer_ros.plugins.detectors.haar import HaarDetector, HaarSettings
from fer_ros.plugins.sources.sample import SampleSettings, SampleSource


@pytest.fixture(scope="module")
def sample() -> SampleSource:
    source = SampleSource(SampleSettings(fps=30.0))
    source.open()
    return source


@pytest.fixture(scope="module")
def photograph(sample: SampleSource) -> ImageArray:
    return sample.picture(0)


def empty(shape: tuple[int, int] = (480, 640)) -> ImageArray:
    return np.full((*shape, 3), 110, np.uint8)


@pytest.mark.parametrize("size", [(320, 240), (640, 480), (1280, 720), (480, 640)])
def test_the_sample_is_found_on_every_frame_under_one_id(size: tuple[int, int]) -> None:
    source = SampleSource(SampleSettings(width=size[0], height=size[1], fps=30.0, seed=1))
    source.open()
    detector = HaarDetector()
    for index in range(0, 120, 2):
        faces = detector.detect(source.picture(index))
        assert faces and faces[0].track_id == 1, f"frame {index}"
        face = faces[0]
        assert 0.3 < face.score <= 1.0
        assert face.roi.clipped(*size) == face.roi


def test_grey_read_only_and_cut_out_images_give_the_same(photograph: ImageArray) -> None:
    grey = cv2.cvtColor(photograph, cv2.COLOR_BGR2GRAY)
    grey.flags.writeable = False
    wide = np.concatenate([photograph, photograph], axis=1)
    view = wide[:, : photograph.shape[1]]  # rows that are not contiguous
    expected = HaarDetector().detect(photograph)[0].roi
    for image in (np.asarray(grey, dtype=np.uint8), view):
        before = image.copy()
        found = HaarDetector().detect(image)[0].roi
        assert found.iou(expected) > 0.9
        assert (image == before).all()


def test_a_face_of_any_size_in_a_large_picture(photograph: ImageArray) -> None:
    huge = cv2.resize(photograph, (4000, 3000), interpolation=cv2.INTER_LINEAR)
    roi = HaarDetector().detect(np.asarray(huge, dtype=np.uint8))[0].roi
    small = HaarDetector().detect(photograph)[0].roi
    assert roi.width / small.width == pytest.approx(6.25, rel=0.1)


@settings(max_examples=15)
@given(st.lists(st.tuples(st.integers(1, 200), st.integers(1, 200), st.booleans()), min_size=1, max_size=3))
def test_images_of_any_size_one_after_the_other(shapes: list[tuple[int, int, bool]]) -> None:
    detector = HaarDetector()
    noise = np.random.default_rng(0)
    for height, width, grey in shapes:
        shape = (height, width) if grey else (height, width, 3)
        image = noise.integers(0, 256, shape, dtype=np.uint8)
        for _ in range(2):
            for face in detector.detect(image):
                assert face.roi.clipped(width, height) == face.roi and face.roi.area > 0


def test_no_face_gives_nothing_and_a_face_that_leaves_is_no_ghost(photograph: ImageArray) -> None:
    detector = HaarDetector()
    assert not any(detector.detect(empty()) for _ in range(10))
    assert detector.detect(photograph), "a face that appears is seen at once, however long there was none"
    for _ in range(5):
        detector.detect(photograph)
    gone = [len(detector.detect(empty())) for _ in range(10)]
    shown = round(30 * HaarSettings().shown)
    assert gone[shown:] == [0] * (10 - shown)


def test_ids_are_not_reused_after_a_loss_a_reset_and_a_change_of_size(photograph: ImageArray) -> None:
    detector = HaarDetector(HaarSettings(known=0.1))
    ids = [detector.detect(photograph)[0].track_id]
    for _ in range(7):
        detector.detect(empty())
    ids.append(detector.detect(photograph)[0].track_id)
    detector.reset()
    ids.append(detector.detect(photograph)[0].track_id)
    ids.append(detector.detect(np.ascontiguousarray(photograph[:470]))[0].track_id)
    assert ids == [1, 2, 3, 4]


def test_two_faces_have_two_ids_and_a_limit_is_kept(sample: SampleSource) -> None:
    def both(index: int) -> ImageArray:
        return np.concatenate([sample.picture(index), sample.picture(index)[:, ::-1]], axis=1)

    detector, one = HaarDetector(), HaarDetector(HaarSettings(max_faces=1))
    for index in range(12):
        faces = detector.detect(both(index))
        assert {face.track_id for face in faces} == {1, 2}
        assert [face.roi.area for face in faces] == sorted((face.roi.area for face in faces), reverse=True)
        assert len(one.detect(both(index))) == 1


def test_a_newcomer_is_found_while_another_is_followed(photograph: ImageArray) -> None:
    alone = np.concatenate([photograph, empty()], axis=1)
    both = np.concatenate([photograph, photograph], axis=1)
    detector = HaarDetector(HaarSettings(search_every=0.3))
    for _ in range(5):
        assert len(detector.detect(alone)) == 1
    counts = [len(detector.detect(both)) for _ in range(15)]
    assert counts[-1] == 2


def test_the_box_keeps_still_under_noise(photograph: ImageArray) -> None:
    rng = np.random.default_rng(0)
    detector = HaarDetector()
    sides, centres = [], []
    for _ in range(40):
        noise = rng.integers(-12, 13, photograph.shape)
        image = np.clip(photograph + noise, 0, 255).astype(np.uint8)
        roi = detector.detect(image)[0].roi
        sides.append(roi.width)
        centres.append(roi.centre[0])
    assert np.std(sides[5:]) / np.mean(sides) < 0.02
    assert np.std(centres[5:]) / np.mean(sides) < 0.02


def test_a_cascade_that_is_none_is_refused_in_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.xml"
    broken.write_text("<opencv_storage>\n<cascade>")
    for path in (tmp_path / "none.xml", broken, tmp_path):
        with pytest.raises(ConfigError) as caught:
            HaarDetector(HaarSettings(cascade=str(path)))
        assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_opencv_of_debian_has_its_cascades_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = Path(cv2.data.haarcascades, haar.CASCADE)
    monkeypatch.delattr(cv2, "data")
    monkeypatch.setattr(haar, "DEBIAN_CASCADES", tmp_path)
    with pytest.raises(ConfigError, match="apt-get install opencv-data"):
        HaarDetector()
    (tmp_path / haar.CASCADE).symlink_to(file)
    assert HaarDetector().detect(empty()) == []
