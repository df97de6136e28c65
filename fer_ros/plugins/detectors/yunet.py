"""Faces by OpenCV's ``FaceDetectorYN`` and the network YuNet, whose file ``fer fetch`` brings: OpenCV has it not.

It also finds faces that are turned aside, tilted, small or partly covered. Its cost grows with the pixels that the
network sees, so a known face is looked for in a small square around its last place, brought to a fixed size. A network
of its own does that, since OpenCV sets a network up anew whenever the size of its input changes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.core.base.errors import ConfigError, reason
from fer_ros.core.base.geometry import Framing
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Eyes, ImageArray
from fer_ros.core.vision import crop, networks
from fer_ros.core.vision.following import FollowingDetector, FollowSettings
from fer_ros.core.vision.tracking import Detection
from fer_ros.core.vision.windows import Window

#: Boxes that overlap by more are the same face, and boxes that are looked at before that.
OVERLAP, CANDIDATES = 0.3, 500
#: Lowest score that is looked at a second time.
DOUBTFUL = 0.3
#: Older versions read the network's file and fail at the first picture: their FaceDetectorYN knows YuNet of 2022.
OLDEST = (4, 8)
#: Both sides of what the network takes are multiples of this, and so many of them at least; what is missing is filled
#: up with black. With a side of one, OpenCV's convolutions read memory that nobody has written: each run found others.
GRID, LEAST = 32, 2
#: Side of what the network sees around a known face, pixels, and of the square there, in sides of the face. The larger
#: a face is in it, the more the eyes tell of its tilt.
NEAR, SPAN = 128, 1.5
#: Pixels of the whole picture that take as long as one such square, measured: small inputs cost more for a pixel.
NEAR_COST = 37_000
#: The network draws the eyes of a tilted head more level than they are. What they are turned further for each degree
#: above FLAT, times the side of the face's box where the network saw it, pixels; measured on portraits tilted by up to
#: 45° with boxes of 60 to 120 pixels. A box below LEAST_SIDE says nothing of the tilt.
STEEPER, FLAT, LEAST_SIDE, STEEPEST = 82.0, 2.0, 56.0, 60.0


@dataclass(frozen=True)
class YuNetSettings(FollowSettings):
    """What can be set for the detector."""

    model: str = setting("", "another network of this kind, an .onnx file; empty for the one that `fer fetch` brings")
    score: float = setting(0.76, "score from which a new face is believed, 0 to 1", low=0.05, high=0.99, live=True)
    side: int = setting(320, "longer side that pictures are reduced to, pixels", low=64, high=1920)


class YuNetDetector(FollowingDetector):
    """YuNet with tracking. The score is the network's own; of a new face, that of both looks."""

    Settings: ClassVar[type[Any]] = YuNetSettings
    rank: ClassVar[int] = 30
    weight: ClassVar[float] = 0.6
    #: Of a small or strongly tilted face the eyes do not tell the tilt.
    turn: ClassVar[float] = 25.0
    #: As benchmarks/framing.py measured it over 600 FER2013 training faces with yunet_n_320_320.onnx: scale 1.005
    #: (quartiles 0.91 to 1.10), dx −0.005, dy −0.017 on a first look; 1.005 (0.92 to 1.10), −0.009, −0.019 while a face
    #: is followed.
    framing: ClassVar[Framing] = Framing(1.005, -0.005, -0.018)

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        file = networks.YUNET.place() if not self.settings.model else Path(self.settings.model).expanduser()
        self._whole, self._small = _load(file, LEAST * GRID), _load(file, NEAR)
        self._sized: tuple[int, ...] = ()

    @classmethod
    def lacks(cls) -> str:
        if _old():
            return f"OpenCV {cv2.__version__} cannot run it, {OLDEST[0]}.{OLDEST[1]} can"
        return "" if networks.YUNET.place().is_file() else "its network is not here: `fer fetch` brings it"

    def dear(self, count: int) -> bool:
        return count * NEAR_COST >= math.prod(self._sized)

    def search(self, image: ImageArray, calm: bool = False) -> list[Detection]:
        height, width = image.shape[:2]
        window = Window(0, 0, width, height, min(1.0, self.settings.side / max(height, width)))
        size = tuple(GRID * max(LEAST, math.ceil(side / GRID)) for side in window.size)
        if size != self._sized:
            self._whole.setInputSize(size)
            self._sized = size
        return self._run(self._whole, image, window, size)

    def look(self, image: ImageArray, cx: float, cy: float, side: float) -> list[Detection]:
        reach = side * SPAN
        window = Window.around(cx, cy, reach, NEAR / (reach + 2.0), image.shape)
        return self._run(self._small, image, window, (NEAR, NEAR))

    def _run(self, network: Any, image: ImageArray, window: Window, size: tuple[int, ...]) -> list[Detection]:
        """The faces in a window, by a network whose input has a size of (width, height)."""
        if min(window.size) < 1:
            return []
        _, rows = network.detect(_filled(self.brightened(window.view(image)), size))
        return detections(rows, window, image.shape)


def detections(rows: npt.NDArray[np.float32] | None, window: Window, shape: tuple[int, ...]) -> list[Detection]:
    """What ``FaceDetectorYN.detect`` gives, in pixels of the whole image.

    :param rows: float32 (n, 15): x, y, width, height, five landmarks of which the first two are the eyes, score; None
        where there is no face.
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
            ax, ay, bx, by = (float(value) for value in row[4:8])
            left, right = _steeper((ax, ay), (bx, by), max(width, height))
            eyes = window.point(*left), window.point(*right)
            found.append(Detection(roi, min(1.0, max(0.0, float(row[14]))), eyes))
    return found


def _steeper(left: tuple[float, float], right: tuple[float, float], side: float) -> Eyes:
    """The eyes turned about their middle, so that they tell the tilt of the head.

    :param side: of the face's box as the network saw it, pixels.
    """
    told = crop.tilt_of((left, right))
    if side < LEAST_SIDE or abs(told) <= FLAT:
        return left, right
    tilt = math.copysign(min(STEEPEST, abs(told) + (abs(told) - FLAT) * STEEPER / side), told)
    half, (x, y) = math.dist(left, right) / 2.0, ((left[0] + right[0]) / 2.0, (left[1] + right[1]) / 2.0)
    across, down = half * math.cos(math.radians(tilt)), half * math.sin(math.radians(tilt))
    return (x - across, y - down), (x + across, y + down)


def _filled(image: ImageArray, size: tuple[int, ...]) -> ImageArray:
    """BGR of (width, height); what is missing to the right and below is black."""
    if image.ndim == 2:
        image = np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
    below, right = size[1] - image.shape[0], size[0] - image.shape[1]
    if below or right:
        filled = cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_CONSTANT)
        image = np.asarray(filled, dtype=np.uint8)
    return image


def _old(version: str = cv2.__version__) -> bool:
    """Whether an OpenCV of this version, or this one, cannot run the network."""
    return not hasattr(cv2, "FaceDetectorYN") or tuple(int(part) for part in version.split(".")[:2]) < OLDEST


def _load(file: Path, side: int) -> Any:
    if _old():
        wanted = f"opencv-python-headless>={OLDEST[0]}.{OLDEST[1]},<5"
        raise ConfigError(
            f"OpenCV {cv2.__version__} cannot run yunet: pip install '{wanted}', or take another detector"
        )
    if not file.is_file():
        raise ConfigError(f"there is no network at {file}: run `fer fetch` to get YuNet's")
    try:
        return cv2.FaceDetectorYN.create(str(file), "", (side, side), DOUBTFUL, OVERLAP, CANDIDATES)
    except (cv2.error, SystemError) as error:
        raise ConfigError(
            f"{file} is not a network that OpenCV can read; its input must have a fixed size: {reason(error)}"
        ) from error
