"""Random changes to training crops that keep the expression: place, size, tilt, mirror, light, hidden parts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from fer_ros.core.base.types import FloatArray, ImageArray


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How strong the changes are; each is drawn evenly between the bounds.

    :ivar shift: share of the side, in each direction; covers the jitter of a detector's box.
    :ivar scale: factor by which the face grows or shrinks, from 1 / (1 + scale) to 1 + scale.
    :ivar rotation: degrees to each side.
    :ivar contrast: factor 1 ± contrast on the grey levels.
    :ivar brightness: grey levels added, ±.
    :ivar erase: probability that a rectangle is hidden (random erasing, Zhong et al. 2017, arXiv:1708.04896).
    :ivar flip: whether half of the faces are mirrored.
    """

    shift: float = 0.1
    scale: float = 0.13
    rotation: float = 10.0
    contrast: float = 0.25
    brightness: float = 20.0
    erase: float = 0.3
    flip: bool = True


def augment(image: ImageArray, rng: np.random.Generator, strength: Augmentation) -> FloatArray:
    """One random variation of a crop.

    :param image: uint8 (height, width) or (height, width, channels).
    :returns: float32 of the same shape, 0 to 255.
    """
    rows, columns = image.shape[:2]
    zoom = math.exp(rng.uniform(-1.0, 1.0) * math.log1p(strength.scale))
    angle = math.radians(rng.uniform(-strength.rotation, strength.rotation))
    mirror = -1.0 if strength.flip and rng.random() < 0.5 else 1.0
    a, b = zoom * math.cos(angle), zoom * math.sin(angle)
    cx, cy = (columns - 1) / 2.0, (rows - 1) / 2.0
    tx = rng.uniform(-strength.shift, strength.shift) * columns
    ty = rng.uniform(-strength.shift, strength.shift) * rows
    matrix = np.array(
        [
            [a * mirror, -b, cx + tx - a * mirror * cx + b * cy],
            [b * mirror, a, cy + ty - b * mirror * cx - a * cy],
        ]
    )
    warped = cv2.warpAffine(image, matrix, (columns, rows), borderMode=cv2.BORDER_REPLICATE)
    # OpenCV drops a last axis of length 1.
    out = warped.reshape(image.shape).astype(np.float32)
    out *= np.float32(rng.uniform(1.0 - strength.contrast, 1.0 + strength.contrast))
    out += np.float32(rng.uniform(-strength.brightness, strength.brightness))
    if rng.random() < strength.erase:
        height = int(rng.integers(rows // 8, max(rows // 8 + 1, rows * 2 // 5)))
        width = int(rng.integers(columns // 8, max(columns // 8 + 1, columns * 2 // 5)))
        y, x = int(rng.integers(0, rows - height)), int(rng.integers(0, columns - width))
        out[y : y + height, x : x + width] = rng.uniform(0.0, 255.0)
    return np.clip(out, 0.0, 255.0, out=out)
