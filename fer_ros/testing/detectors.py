"""The check of detectors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.types import Face, ImageArray
from fer_ros.testing.common import check_class, check_configure, ensure

#: (height, width) of pictures, from the smallest to unusual ones.
SIZES = ((1, 1), (1, 50), (50, 1), (48, 64), (240, 320), (333, 77))


def check_detector(cls: type[Detector], settings: Any = None, image: ImageArray | None = None) -> None:
    """Check a detector on grey and colour pictures of many sizes, and on changes of size.

    :param settings: an instance of its ``Settings``; None takes the defaults.
    :param image: uint8, a picture in which it finds at least one face; None skips that check.
    :raises AssertionError: in one line, what is wrong.
    """
    check_class(cls, Detector)
    name, framing = cls.__name__, cls.framing
    values = (framing.scale, framing.dx, framing.dy)
    ensure(all(math.isfinite(v) for v in values) and framing.scale > 0, f"{name}.framing must be finite, scale above 0")
    detector = cls(settings)
    ensure(isinstance(detector.settings, cls.Settings), f"{name}.__init__ must keep the settings")
    rng = np.random.default_rng(0)
    for shape in [(*size, *colour) for size in SIZES for colour in ((), (3,))]:
        for picture in (rng.integers(0, 256, shape).astype(np.uint8), np.zeros(shape, np.uint8)):
            _check_faces(detector, picture)
    check_configure(detector)
    detector.reset()
    if image is None:
        return
    first = _check_faces(detector, image)
    ensure(first, f"{name} finds no face in the given picture")
    again = _check_faces(detector, image)
    same = {face.track_id for face in first} & {face.track_id for face in again}
    ensure(same, f"{name}: a face that stays must keep its track_id")
    _check_faces(detector, np.ascontiguousarray(image[::2, ::2]))
    detector.reset()
    ensure(_check_faces(detector, image), f"{name}: after reset it must find the face again")


def _check_faces(detector: Detector, image: ImageArray) -> list[Face]:
    name, before = type(detector).__name__, image.copy()
    faces = detector.detect(image)
    what = f"{name}.detect on a picture of shape {image.shape}"
    ensure(np.array_equal(image, before), f"{what} changes the picture")
    ensure(isinstance(faces, list) and all(isinstance(f, Face) for f in faces), f"{what} must give a list of Face")
    height, width = image.shape[:2]
    for face in faces:
        roi = face.roi
        inside = roi.x >= 0 and roi.y >= 0 and roi.x + roi.width <= width and roi.y + roi.height <= height
        ensure(inside and roi.width > 0 and roi.height > 0, f"{what}: {roi} does not lie inside the picture")
        ensure(all(isinstance(v, int) for v in (roi.x, roi.y, roi.width, roi.height)), f"{what}: boxes must be int")
        ensure(0.0 <= face.score <= 1.0, f"{what}: score {face.score} is not in 0 to 1")
        ensure(isinstance(face.track_id, int) and face.track_id >= 1, f"{what}: track_id must be 1 or more")
    areas = [face.roi.area for face in faces]
    ensure(areas == sorted(areas, reverse=True), f"{what}: the largest face must come first")
    ids = [face.track_id for face in faces]
    ensure(len(set(ids)) == len(ids), f"{what}: two faces have the same track_id")
    return faces
