"""Frames made of portraits: a face of any size, tilt and light, with a mask or sunglasses drawn over it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from fer_ros.core.base.types import ImageArray

#: What can be drawn over a face.
WEARS = ("mask", "sunglasses", "hand")
#: Where the face is in a portrait of people_dev, in its sides: centre x, centre y and side of the box, the means over
#: its 420 pictures; they scatter by 0.01, 0.01 and 0.03.
CENTRE, SIDE = (0.504, 0.558), 0.60
WIDTH, HEIGHT = 640, 480
GROUND = (128, 128, 128)


def compose(portrait: ImageArray, side: float, tilt: float = 0.0, light: float = 1.0, wears: str = "") -> ImageArray:
    """A frame of 640×480 with the portrait's face in its middle, on grey.

    :param portrait: uint8 BGR, square, framed as those of people_dev.
    :param side: of the face's box, pixels.
    :param tilt: degrees, anticlockwise.
    :param light: share of the light that is left.
    :param wears: one of :data:`WEARS`, or empty.
    :returns: uint8 (480, 640, 3) BGR.
    """
    if wears:
        portrait = wearing(portrait, wears)
    height, width = portrait.shape[:2]
    zoom = side / (SIDE * width)
    how = cv2.INTER_AREA if zoom < 1.0 else cv2.INTER_CUBIC
    small = cv2.resize(portrait, None, fx=zoom, fy=zoom, interpolation=how)
    cx, cy = CENTRE[0] * width * zoom, CENTRE[1] * height * zoom
    matrix = cv2.getRotationMatrix2D((cx, cy), tilt, 1.0)
    matrix[:, 2] += (WIDTH / 2.0 - cx, HEIGHT / 2.0 - cy)
    frame = cv2.warpAffine(small, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_CONSTANT, borderValue=GROUND)
    return np.asarray(np.clip(np.asarray(frame, np.float32) * light, 0, 255), dtype=np.uint8)


def wearing(portrait: ImageArray, what: str) -> ImageArray:
    """The portrait with a surgical mask, with sunglasses, or with a hand over the mouth."""
    image: Any = portrait.copy()
    height, width = image.shape[:2]

    def at(points: list[tuple[float, float]]) -> Any:
        """Places in sides of the face's box, from its centre, as pixels."""
        return np.array([[(CENTRE[0] + SIDE * x) * width, (CENTRE[1] + SIDE * y) * height] for x, y in points]).astype(
            np.int32
        )

    if what == "mask":
        shape = [(-0.40, 0.05), (-0.2, 0.0), (0.0, -0.06), (0.2, 0.0), (0.40, 0.05), (0.36, 0.30), (0.18, 0.50)]
        shape += [(0.0, 0.55), (-0.18, 0.50), (-0.36, 0.30)]
        cv2.fillPoly(image, [at(shape)], (214, 196, 168), cv2.LINE_AA)
        for y in (0.13, 0.23, 0.33):
            cv2.polylines(
                image, [at([(-0.36, y - 0.03), (0.0, y + 0.02), (0.36, y - 0.03)])], False, (190, 172, 146), 2
            )
        for sign in (-1.0, 1.0):
            cv2.polylines(image, [at([(0.40 * sign, 0.05), (0.5 * sign, -0.1)])], False, (230, 225, 220), 2)
    elif what == "sunglasses":
        for sign in (-1.0, 1.0):
            shape = [(0.04, -0.27), (0.36, -0.28), (0.37, -0.16), (0.28, -0.08), (0.12, -0.07), (0.05, -0.14)]
            cv2.fillPoly(image, [at([(sign * x, y) for x, y in shape])], (18, 16, 14), cv2.LINE_AA)
        cv2.polylines(image, [at([(-0.05, -0.23), (0.05, -0.23)])], False, (18, 16, 14), 3)
    elif what == "hand":
        (left, top), (right, below) = at([(-0.25, 0.04), (0.25, 0.14)]).tolist()
        shade = np.median(image[top : below + 1, left : right + 1], axis=(0, 1))
        light, dark, thick = (0.95 * shade).tolist(), (0.6 * shade).tolist(), SIDE * width
        cv2.fillPoly(
            image, [at([(0.3, 0.04), (0.62, 0.2), (0.62, 0.75), (0.42, 0.8), (0.28, 0.55)])], light, cv2.LINE_AA
        )
        for number in range(4):  # from the palm to the left; the mouth shows between them
            tip, root = at(
                [(-0.26 + 0.03 * abs(number - 1), 0.06 + 0.12 * number), (0.36, 0.1 + 0.12 * number)]
            ).tolist()
            cv2.line(image, tip, root, dark, max(1, round(0.105 * thick)), cv2.LINE_AA)
            cv2.line(image, tip, root, light, max(1, round(0.085 * thick)), cv2.LINE_AA)
    else:
        raise ValueError(f"nothing is known of wearing {what!r}")
    return np.asarray(image, dtype=np.uint8)
