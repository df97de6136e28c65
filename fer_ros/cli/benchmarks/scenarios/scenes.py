"""What the pictures show: a face that stands, one that moves fast, none, or many. Made from a source's pictures."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import cv2
import numpy as np

from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import ImageArray, Roi

#: The fast face swings this far to each side, in widths of the picture, so many times a second at 30 frames a second:
#: at 640 pixels up to 33 pixels a frame.
SWING, SWINGS_PER_S, FPS = 1.0 / 6.0, 1.5, 30.0
#: Side of the cell around each of many faces, in sides of its box.
ROOM = 1.6
#: Tiles of a scattered picture on its shorter side: too small for a face.
TILES = 20
#: Frames of the source in which a face must come.
PATIENCE = 60


def fast(images: Iterator[ImageArray]) -> Iterator[ImageArray]:
    """The pictures shifted to and fro; what comes in at the edge repeats it."""
    for number, image in enumerate(images):
        height, width = image.shape[:2]
        shift = SWING * width * math.sin(math.tau * SWINGS_PER_S * number / FPS)
        matrix = np.array([[1.0, 0.0, shift], [0.0, 1.0, 0.0]])
        moved = cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
        yield np.asarray(moved, dtype=np.uint8)


def scattered(images: Iterator[ImageArray]) -> Iterator[ImageArray]:
    """The same light and texture, but no face: the pictures cut into tiles, which are shuffled."""
    for image in images:
        side = max(1, min(image.shape[:2]) // TILES)
        out = image.copy()
        corners = list(itertools.product(*(range(0, size - side + 1, side) for size in image.shape[:2])))
        order = np.random.default_rng(0).permutation(len(corners))
        for (y, x), place in zip(corners, order, strict=True):
            row, column = corners[place]
            out[y : y + side, x : x + side] = image[row : row + side, column : column + side]
        yield out


def many(images: Iterator[ImageArray], count: int, detector: Detector) -> Iterator[ImageArray]:
    """Pictures of the same size with ``count`` faces in a grid, every other one mirrored.

    :param detector: finds the face in the source's pictures; its time is not part of what is measured.
    :raises ConfigError: the source shows no face.
    """
    box: Roi | None = None
    for number, image in enumerate(images):
        found = detector.detect(image)
        box = found[0].roi if found else box
        if box is not None:
            yield _grid(image, box, count)
        elif number >= PATIENCE:
            raise ConfigError(f"no face in {PATIENCE} pictures of the source: choose another --source")


def _grid(image: ImageArray, box: Roi, count: int) -> ImageArray:
    height, width = image.shape[:2]
    rows = max(1, round(math.sqrt(count * height / width)))
    columns = math.ceil(count / rows)
    side = min(width // columns, height // rows)
    cell = cv2.resize(_around(image, box), (side, side), interpolation=cv2.INTER_AREA)
    cells = (np.asarray(cell), np.asarray(cv2.flip(cell, 1)))
    out = np.full_like(image, int(image.mean()))
    places = itertools.islice(itertools.product(range(rows), range(columns)), count)
    for number, (row, column) in enumerate(places):
        y, x = row * (height // rows), column * (width // columns)
        out[y : y + side, x : x + side] = cells[number % 2]
    return out


def _around(image: ImageArray, box: Roi) -> ImageArray:
    height, width = image.shape[:2]
    (cx, cy), half = box.centre, ROOM * max(box.width, box.height) / 2.0
    x0, y0 = max(0, int(cx - half)), max(0, int(cy - half))
    return image[y0 : min(height, int(cy + half)), x0 : min(width, int(cx + half))]
