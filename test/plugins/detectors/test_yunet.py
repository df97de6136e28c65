"""YuNet: its file is the user's; ``FER_YUNET`` names one to test with."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from fer_ros.core.errors import ConfigError
from fer_ros.core.tracking import Detection
from fer_ros.core.types import Roi
from fer_ros.plugins.detectors.yunet import YuNetDetector, YuNetSettings, detections
from fer_ros.plugins.sources.sample import SampleSettings, SampleSource


def test_without_its_network_the_error_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"set detector.model to the file face_detection_yunet_2023mar.onnx"):
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
    found = detections(rows, 0.5, (640, 240))
    assert found == [Detection(Roi(20, 40, 60, 80), 0.75), Detection(Roi(0, 200, 40, 40), 1.0)]
    assert detections(None, 0.5, (640, 240)) == []


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
