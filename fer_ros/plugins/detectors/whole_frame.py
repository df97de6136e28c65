"""For images that are faces already: the whole picture is the face."""

from __future__ import annotations

from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.types import Face, ImageArray, Roi


class WholeFrameDetector(Detector):
    """Gives every frame as one face, with score 1 and id 1."""

    def detect(self, image: ImageArray) -> list[Face]:
        height, width = image.shape[:2]
        return [Face(Roi(0, 0, width, height), 1.0, 1)]
