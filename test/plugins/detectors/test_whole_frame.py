"""The detector for pictures that are faces already."""

from __future__ import annotations

import numpy as np
import pytest

from fer_ros.core.base.types import Face, Roi
from fer_ros.plugins.detectors.whole_frame import WholeFrameDetector


@pytest.mark.parametrize("shape", [(1, 1), (48, 48), (30, 20, 3)])
def test_the_whole_picture_is_the_face(shape: tuple[int, ...]) -> None:
    faces = WholeFrameDetector().detect(np.zeros(shape, np.uint8))
    assert faces == [Face(Roi(0, 0, shape[1], shape[0]), 1.0, 1)]
