"""From a face's box to the network's input: the one place where crops are framed, resized and scaled.

Training, evaluation and the running robot all go through :func:`scale`, and every box through :func:`cut`, so a model
sees in the field what it saw in training.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np

from fer_ros.core.base.geometry import Framing, InputSpec
from fer_ros.core.base.types import Eyes, FloatArray, ImageArray, Roi

#: Grey levels below which a crop counts as flat; keeps noise in a nearly black picture from being blown up.
MIN_STD = 8.0
#: Side of the largest crop over the longer side of the image; no face is larger, and a box from elsewhere must not
#: decide how much memory is taken.
MAX_REACH = 3
#: A face whose eyes are tilted by more degrees is turned back to so many: faces of the training are tilted so far.
TILT = 7.0


def cut(image: ImageArray, roi: Roi, framing: Framing, spec: InputSpec, eyes: Eyes | None = None) -> ImageArray:
    """Cut a face out and bring it to the network's size; what lies beyond the image repeats its edge.

    :param image: uint8 (height, width, 3) BGR or (height, width) grey.
    :param roi: the detector's box, of any size and at any place; one wholly outside gets the nearest edge.
    :param eyes: where they are known, a tilted face is turned upright.
    :returns: uint8 (spec.height, spec.width, spec.channels), RGB where there are three channels.
    """
    return resize(square(image, roi, framing, eyes), spec)


def square(image: ImageArray, roi: Roi, framing: Framing, eyes: Eyes | None = None) -> ImageArray:
    """The same cut at the picture's own size and with its channels: a view of the image where it lies within."""
    rows, columns = image.shape[:2]
    cx, cy, side = framing.square(roi)
    side_px = min(max(1, round(side)), MAX_REACH * max(rows, columns))
    tilt = tilt_of(eyes)
    if abs(tilt) > TILT:
        return turned(image, roi.centre, (cx, cy), side_px, tilt - math.copysign(TILT, tilt))
    # Moved so far that it holds at least the nearest row and column, which is all that would be seen of it anyway.
    x0 = min(max(round(cx - side_px / 2.0), 1 - side_px), columns - 1)
    y0 = min(max(round(cy - side_px / 2.0), 1 - side_px), rows - 1)
    x1, y1 = x0 + side_px, y0 + side_px
    part = image[max(y0, 0) : y1, max(x0, 0) : x1]
    pads = (max(0, -y0), max(0, y1 - rows), max(0, -x0), max(0, x1 - columns))
    return _uint8(cv2.copyMakeBorder(part, *pads, cv2.BORDER_REPLICATE)) if any(pads) else part


def tilt_of(eyes: Eyes | None) -> float:
    """How far the line through the eyes falls to the right, degrees; 0 where they are not known."""
    if eyes is None:
        return 0.0
    (ax, ay), (bx, by) = eyes
    return math.degrees(math.atan2(by - ay, bx - ax))


def turned(
    image: ImageArray, pivot: tuple[float, float], centre: tuple[float, float], side: int, degrees: float
) -> ImageArray:
    """A square of an image that was turned anticlockwise about a place; edges are repeated.

    :param centre: of the square, in the image after it was turned; ``side``: pixels.
    """
    matrix = cv2.getRotationMatrix2D(pivot, degrees, 1.0)
    matrix[:, 2] += (side - 1) / 2.0 - centre[0], (side - 1) / 2.0 - centre[1]
    return _uint8(cv2.warpAffine(image, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE))


def resize(image: ImageArray, spec: InputSpec) -> ImageArray:
    """A face image of any size, grey or BGR, brought to the network's size and channels (uint8, three-dimensional)."""
    image = _channels(image, spec.channels)
    if image.shape[:2] != (spec.height, spec.width):
        shrink = image.shape[0] > spec.height or image.shape[1] > spec.width
        how = cv2.INTER_AREA if shrink else cv2.INTER_LINEAR
        image = _uint8(cv2.resize(image, (spec.width, spec.height), interpolation=how))
    return image.reshape(spec.height, spec.width, spec.channels)


def scale(crops: ImageArray | FloatArray, spec: InputSpec) -> FloatArray:
    """Grey levels to the network's range.

    :param crops: (n, height, width, channels), 0 to 255.
    :returns: float32 of the same shape.
    """
    x = np.asarray(crops, dtype=np.float32)
    if spec.scaling == "minus_one_to_one":
        return x / np.float32(127.5) - np.float32(1.0)
    if spec.scaling == "zero_to_one":
        return x / np.float32(255.0)
    axes = (1, 2, 3)
    x = x - x.mean(axis=axes, keepdims=True)
    deviation = np.sqrt(np.mean(np.square(x), axis=axes, keepdims=True))
    return x / np.maximum(deviation, np.float32(MIN_STD))


def _channels(image: ImageArray, channels: int) -> ImageArray:
    if channels == 1:
        return image if image.ndim == 2 else _uint8(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
    return _uint8(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB if image.ndim == 2 else cv2.COLOR_BGR2RGB))


def _uint8(image: Any) -> ImageArray:
    # OpenCV's type hints do not say that uint8 stays uint8.
    return np.asarray(image, dtype=np.uint8)
