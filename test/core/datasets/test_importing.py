"""What an import writes into a bag: the faces that the detector found, with their eyes."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np

from fer_ros.core import bags
from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.types import Face, ImageArray, Roi
from fer_ros.core.datasets import importing
from fer_ros.core.datasets.datasets import BagDataset, FolderDataset

EYES = ((9.5, 12.25), (20.0, 14.5))


class Bright(Detector):
    """Finds a face in bright pictures and tells its eyes."""

    def detect(self, image: ImageArray) -> list[Face]:
        return [Face(Roi(2, 3, 30, 30), 0.9, 1, EYES)] if image.mean() > 100 else []


def test_the_eyes_go_along_into_the_bag_and_what_is_measured_on_it(fer_home: Path, tmp_path: Path) -> None:
    (tmp_path / "happy").mkdir()
    for name, level in (("a", 200), ("b", 20)):
        cv2.imwrite(str(tmp_path / "happy" / f"{name}.png"), np.full((40, 40), level, np.uint8))
    folder, pictures = fer_home / "bags" / "mine", importing.from_dataset(FolderDataset(tmp_path, False, None))
    with bags.BagWriter(folder, {}) as writer:
        importing.write(pictures, writer, Bright(), True, time.time_ns, lambda number: None)
    assert [(s.roi, s.eyes) for s in bags.stored(folder)] == [(Roi(2, 3, 30, 30), EYES), (None, None)]
    assert [item.eyes for item in BagDataset(folder, False)] == [EYES, None]
    with bags.BagWriter(fer_home / "bags" / "crops", {}) as writer:
        pictures = importing.from_dataset(FolderDataset(tmp_path, True, None))
        importing.write(pictures, writer, None, True, time.time_ns, lambda number: None)
    assert {s.eyes for s in bags.stored(fer_home / "bags" / "crops")} == {None}
