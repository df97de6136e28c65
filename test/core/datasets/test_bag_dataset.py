"""A bag as a dataset: the boxes that were recorded are used, so that no detector decides anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer_ros.core import bags
from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import Face, ImageArray, Roi
from fer_ros.core.datasets import datasets
from fer_ros.core.evaluating.evaluation import evaluate
from fer_ros.core.recognition.recogniser import Model

BOX = Roi(60, 20, 30, 30)


class LastResort(Detector):
    """Finds the left half; counts how often it is asked."""

    asked = 0

    def detect(self, image: ImageArray) -> list[Face]:
        self.asked += 1
        return [Face(Roi(0, 0, 40, 40), 1.0, 1)]


def _picture(level: int) -> bytes:
    """A frame whose left half is dark, with a face of a grey level in the right one."""
    image = np.zeros((80, 120, 3), np.uint8)
    image[20:50, 60:90] = level
    return cv2.imencode(".png", image)[1].tobytes()


@pytest.fixture
def bag(fer_home: Path) -> Path:
    folder = fer_home / "bags" / "mine"
    with bags.BagWriter(folder, {}) as writer:
        for label, level, box in (("dark", 10, BOX), ("bright", 240, BOX), ("bright", 240, None)):
            writer.begin_take(label)
            writer.write(1 + len(writer.takes), _picture(level), box)
    return folder


def test_the_recorded_boxes_are_used(bag: Path, brightness: Any) -> None:
    dataset = datasets.load(bag)
    assert (len(dataset), dataset.labels, dataset.crops) == (3, ("bright", "dark"), False)
    detector = LastResort()
    found = evaluate(Model.open(brightness()), dataset, detector)
    # The last frame has no box: the detector is asked, and finds darkness.
    assert found.metrics.confusion == [[1, 0], [1, 1]]
    assert detector.asked == 1


def test_by_name_or_file(bag: Path, tmp_path: Path) -> None:
    assert len(datasets.load(Path("mine"))) == 3
    assert len(datasets.load(bag / "mine_2.mcap")) == 1
    with pytest.raises(ConfigError, match="has no splits"):
        datasets.load(bag, split="PublicTest")
    (bag / "mine_2.mcap").write_bytes(b"no bag at all")
    with pytest.raises(ConfigError, match="damaged"):
        datasets.load(bag)


def test_pictures_that_are_faces_already(tmp_path: Path, brightness: Any) -> None:
    with bags.BagWriter(tmp_path / "bag", {"pictures": "faces"}) as writer:
        writer.begin_take("bright", independent=True)
        writer.write(1, _picture(0), None)
    dataset = datasets.load(tmp_path / "bag")
    assert dataset.crops
    assert evaluate(Model.open(brightness()), dataset).metrics.confusion == [[0, 0], [1, 0]]
