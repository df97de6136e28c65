"""Faces by OpenCV's ``FaceDetectorYN`` and the network YuNet, whose file the user brings: it is not part of OpenCV.

It also finds faces that are turned aside or partly covered, which a frontal cascade misses. The whole picture is looked
at in every frame, reduced so far that its longer side is ``side``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.core.contracts import Detector
from fer_ros.core.crop import Framing
from fer_ros.core.errors import ConfigError, reason
from fer_ros.core.settings import setting
from fer_ros.core.tracking import Detection, Tracker, suppress
from fer_ros.core.types import Face, ImageArray, Roi

#: Boxes that overlap by more are the same face, and boxes that are looked at before that.
OVERLAP, CANDIDATES = 0.3, 500
#: Both sides of what the network takes are multiples of this; what is missing is filled up with black.
GRID = 32


@dataclass(frozen=True)
class YuNetSettings:
    """What can be set for the detector."""

    model: str = setting("", "the network, such as face_detection_yunet_2023mar.onnx; must be given")
    score: float = setting(0.7, "smallest score that counts as a face, 0 to 1", low=0.05, high=0.99)
    side: int = setting(320, "longer side that pictures are reduced to, pixels", low=64, high=1920)
    max_faces: int = setting(10, "most faces that are followed", low=1, high=100)
    hold: int = setting(3, "frames for which a face that is not seen is still reported", low=0, high=100)
    lost_after: int = setting(15, "frames after which a face not seen is forgotten with its id", low=0, high=999)
    threads: int = setting(1, "CPU threads of OpenCV, in the whole process; 0: as OpenCV chooses", low=0, high=64)


class YuNetDetector(Detector):
    """YuNet with tracking. The score is the network's own."""

    Settings: ClassVar[type[Any]] = YuNetSettings
    #: Not measured, as the network is not at hand where this is built: benchmarks/framing.py --detector yunet tells.
    framing: ClassVar[Framing] = Framing()

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        self._network = _load(self.settings)
        if self.settings.threads:
            cv2.setNumThreads(self.settings.threads)
        self._tracker = Tracker(self.settings.hold, self.settings.lost_after)
        self._shape: tuple[int, ...] = ()

    def reset(self) -> None:
        self._tracker.clear()

    def detect(self, image: ImageArray) -> list[Face]:
        if image.shape[:2] != self._shape:
            self.reset()
            self._shape = image.shape[:2]
        height, width = image.shape[:2]
        small, zoom = _reduced(image, self.settings.side)
        self._network.setInputSize((small.shape[1], small.shape[0]))
        _, rows = self._network.detect(small)
        found = suppress(detections(rows, zoom, (width, height)))[: self.settings.max_faces]
        missed = set(self._tracker.tracks)
        for track, detection in self._tracker.match(found, self._tracker.tracks):
            if track is None:
                self._tracker.add(detection)
            else:
                track.hit(detection)
                missed.discard(track)
        for track in missed:
            track.miss()
        self._tracker.prune()
        return self._tracker.faces(width, height, self.settings.max_faces)


def detections(rows: npt.NDArray[np.float32] | None, zoom: float, size: tuple[int, int]) -> list[Detection]:
    """What ``FaceDetectorYN.detect`` gives, in pixels of the whole image.

    :param rows: float32 (n, 15): x, y, width, height, five landmarks, score; None where there is no face.
    :param zoom: pixels of the reduced image per pixel of the whole one.
    :param size: width and height of the whole image; what lies outside is cut off.
    """
    found = []
    for row in () if rows is None else rows:
        if not np.isfinite(row).all():
            continue
        x, y, width, height = (round(float(value) / zoom) for value in row[:4])
        roi = Roi(x, y, max(0, width), max(0, height)).clipped(*size)
        if roi.area:
            found.append(Detection(roi, min(1.0, max(0.0, float(row[14])))))
    return found


def _reduced(image: ImageArray, side: int) -> tuple[ImageArray, float]:
    """BGR, the longer side at most ``side`` pixels, filled up to the network's grid; and the zoom."""
    height, width = image.shape[:2]
    zoom = min(1.0, side / max(height, width))
    if zoom < 1.0:
        size = (max(1, round(width * zoom)), max(1, round(height * zoom)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    if image.ndim == 2:
        image = np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
    below, right = -image.shape[0] % GRID, -image.shape[1] % GRID
    if below or right:
        filled = cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_CONSTANT)
        image = np.asarray(filled, dtype=np.uint8)
    return image, zoom


def _load(settings: YuNetSettings) -> Any:
    if not hasattr(cv2, "FaceDetectorYN"):
        raise ConfigError(f"OpenCV {cv2.__version__} has no FaceDetectorYN: pip install 'opencv-python-headless<5'")
    if not settings.model:
        raise ConfigError(
            "the detector yunet needs its network: set detector.model to the file face_detection_yunet_2023mar.onnx of "
            "OpenCV's model zoo"
        )
    file = Path(settings.model).expanduser()
    if not file.is_file():
        raise ConfigError(f"there is no network at {file}: set detector.model to a file")
    try:
        return cv2.FaceDetectorYN.create(str(file), "", (GRID, GRID), settings.score, OVERLAP, CANDIDATES)
    except (cv2.error, SystemError) as error:
        raise ConfigError(f"{file} is not a network that OpenCV can read: {reason(error)}") from error
