"""Faces by OpenCV's ``FaceDetectorYN`` and the network YuNet, whose file the user brings: it is not part of OpenCV.

It also finds faces that are turned aside or partly covered, which a frontal cascade misses. Its cost grows with
the pixels that the network sees, so it looks at as few as it can:

- each known face is looked for in a small square around its last place, brought to a fixed size. A network of its own
  does that, since OpenCV sets a network up anew whenever the size of its input changes;
- the whole picture, reduced so far that its longer side is ``side``, is looked at every ``full_every`` frames, at once
  where a face was lost, in every frame while none is known, and where so many are that this is cheaper.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.errors import ConfigError, reason
from fer_ros.core.base.geometry import Framing
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Face, ImageArray
from fer_ros.core.vision.tracking import Detection, Track, Tracker, suppress
from fer_ros.core.vision.windows import Window

#: Boxes that overlap by more are the same face, and boxes that are looked at before that.
OVERLAP, CANDIDATES = 0.3, 500
#: Both sides of what the network takes are multiples of this; what is missing is filled up with black.
GRID = 32
#: Side of what the network sees around a known face, pixels, and of the square there, in sides of the face: a larger
#: square loses more faces, a smaller one those that move fast.
NEAR, SPAN = 96, 1.8
#: Pixels of the whole picture that take as long as one such square, measured: small inputs cost more for a pixel.
NEAR_COST = 21_000


@dataclass(frozen=True)
class YuNetSettings:
    """What can be set for the detector."""

    model: str = setting("", "the network, a file such as face_detection_yunet_2023mar.onnx; must be given")
    score: float = setting(0.7, "smallest score that counts as a face, 0 to 1", low=0.05, high=0.99)
    side: int = setting(320, "longer side that pictures are reduced to, pixels", low=64, high=1920)
    full_every: int = setting(10, "frames between searches of the whole picture while faces are known", low=1, high=999)
    max_faces: int = setting(10, "most faces that are followed", low=1, high=100)
    hold: int = setting(3, "frames for which a face that is not seen is still reported", low=0, high=100)
    lost_after: int = setting(15, "frames after which a face not seen is forgotten with its id", low=0, high=999)
    threads: int = setting(1, "CPU threads of OpenCV, in the whole process; 0: as OpenCV chooses", low=0, high=64)


class YuNetDetector(Detector):
    """YuNet with tracking. The score is the network's own."""

    Settings: ClassVar[type[Any]] = YuNetSettings
    #: As benchmarks/framing.py measured it over 1,000 FER2013 training faces with yunet_n_320_320.onnx: scale 1.000
    #: (quartiles 0.91 to 1.10), dx −0.005, dy −0.005 on a first look; 1.032 (0.94 to 1.14), −0.003, −0.020 while a face
    #: is followed.
    framing: ClassVar[Framing] = Framing()

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        self._whole, self._near = _load(self.settings, GRID), _load(self.settings, NEAR)
        if self.settings.threads:
            cv2.setNumThreads(self.settings.threads)
        self._tracker = Tracker(self.settings.hold, self.settings.lost_after)
        self._shape: tuple[int, ...] = ()
        self._since_whole = 0

    def reset(self) -> None:
        self._tracker.clear()

    def detect(self, image: ImageArray) -> list[Face]:
        height, width = image.shape[:2]
        if (height, width) != self._shape:
            self.reset()
            self._shape = (height, width)
            self._window = Window(0, 0, width, height, min(1.0, self.settings.side / max(height, width)))
            self._size = tuple(GRID * max(1, math.ceil(side / GRID)) for side in self._window.size)
            self._whole.setInputSize(self._size)
        seen = self._follow(image)
        self._since_whole += 1
        if self._whole_is_due(seen):
            seen |= self._search(image, seen)
        for track in self._tracker.tracks:
            if track not in seen:
                track.miss()
        self._tracker.prune()
        return self._tracker.faces(width, height, self.settings.max_faces)

    def _follow(self, image: ImageArray) -> set[Track]:
        """Look for each known face near its last place, where that is cheaper than the whole picture.

        :returns: the tracks that were seen.
        """
        seen: set[Track] = set()
        tracks = self._tracker.tracks
        if self.settings.full_every == 1 or len(tracks) * NEAR_COST >= math.prod(self._size):
            return seen
        for track in tracks:
            cx, cy, side = track.predicted()
            reach = side * SPAN
            window = Window.around(cx, cy, reach, NEAR / (reach + 2.0), self._shape)
            found = suppress(self._look(self._near, image, window, (NEAR, NEAR)))
            # A neighbour's face may reach into the square.
            for owner, detection in self._tracker.match(found, [track]):
                if owner is not None:
                    track.hit(detection)
                    seen.add(track)
        return seen

    def _whole_is_due(self, seen: set[Track]) -> bool:
        lost = any(track not in seen and track.misses <= self.settings.hold for track in self._tracker.tracks)
        return lost or not seen or self._since_whole >= self.settings.full_every

    def _search(self, image: ImageArray, seen: set[Track]) -> set[Track]:
        """Look at the whole picture, for new faces and for those that were not seen near their last place.

        :returns: the tracks that were found or opened.
        """
        self._since_whole = 0
        found: set[Track] = set()
        free = self.settings.max_faces - len(seen)
        shown = suppress(self._look(self._whole, image, self._window, self._size))
        for track, detection in self._tracker.match(shown, self._tracker.tracks):
            if track in seen or len(found) >= free:
                continue
            if track is None:
                found.add(self._tracker.add(detection))
            else:
                track.hit(detection)
                found.add(track)
        return found

    def _look(self, network: Any, image: ImageArray, window: Window, size: tuple[int, ...]) -> list[Detection]:
        """The faces in a window, by a network whose input has a size of (width, height)."""
        if min(window.size) < 1:
            return []
        _, rows = network.detect(_filled(window.view(image), size))
        return detections(rows, window, self._shape)


def detections(rows: npt.NDArray[np.float32] | None, window: Window, shape: tuple[int, ...]) -> list[Detection]:
    """What ``FaceDetectorYN.detect`` gives, in pixels of the whole image.

    :param rows: float32 (n, 15): x, y, width, height, five landmarks, score; None where there is no face.
    :param window: what the network saw.
    :param shape: height and width of the whole image; what lies outside is cut off.
    """
    found = []
    for row in () if rows is None else rows:
        if not np.isfinite(row).all():
            continue
        x, y, width, height = (float(value) for value in row[:4])
        roi = window.roi(x, y, max(0.0, width), max(0.0, height)).clipped(shape[1], shape[0])
        if roi.area:
            found.append(Detection(roi, min(1.0, max(0.0, float(row[14])))))
    return found


def _filled(image: ImageArray, size: tuple[int, ...]) -> ImageArray:
    """BGR of (width, height); what is missing to the right and below is black."""
    if image.ndim == 2:
        image = np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
    below, right = size[1] - image.shape[0], size[0] - image.shape[1]
    if below or right:
        filled = cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_CONSTANT)
        image = np.asarray(filled, dtype=np.uint8)
    return image


def _load(settings: YuNetSettings, side: int) -> Any:
    if not hasattr(cv2, "FaceDetectorYN"):
        raise ConfigError(f"OpenCV {cv2.__version__} has no FaceDetectorYN: pip install 'opencv-python-headless<5'")
    if not settings.model:
        raise ConfigError(
            "the detector yunet needs its network: set detectors.yunet.model to the file "
            "face_detection_yunet_2023mar.onnx of OpenCV's model zoo"
        )
    file = Path(settings.model).expanduser()
    if not file.is_file():
        raise ConfigError(f"there is no network at {file}: set detectors.yunet.model to a file")
    try:
        return cv2.FaceDetectorYN.create(str(file), "", (side, side), settings.score, OVERLAP, CANDIDATES)
    except (cv2.error, SystemError) as error:
        raise ConfigError(
            f"{file} is not a network that OpenCV can read; its input must have a fixed size: {reason(error)}"
        ) from error
