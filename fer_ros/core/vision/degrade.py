"""What a robot's camera does to faces and FER2013 does not show: far faces, blur, noise, darkness, hard compression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np

from fer_ros.core.base.types import FloatArray, ImageArray

AnyImage = TypeVar("AnyImage", FloatArray, ImageArray)


@dataclass(frozen=True, slots=True)
class Degradation:
    """How often and how much; the amount is drawn evenly from 0 to the bound.

    :ivar share: share of the faces that are degraded, each in one of the ways below.
    :ivar shrink: the smallest side, over the full one, that a face is reduced to before it is enlarged again.
    :ivar blur: standard deviation of a Gaussian blur, pixels of a 48-pixel face.
    :ivar noise: standard deviation of Gaussian noise, grey levels.
    :ivar gamma: natural logarithm of the exponent, to each side.
    :ivar quality: lowest JPEG quality.
    """

    share: float = 0.3
    shrink: float = 0.4
    blur: float = 1.8
    noise: float = 20.0
    gamma: float = 0.8
    quality: int = 15


WAYS = ("shrink", "blur", "noise", "gamma", "jpeg")


def degrade(image: FloatArray, rng: np.random.Generator, strength: Degradation) -> FloatArray:
    """The face, or with probability ``strength.share`` a worse one.

    :param image: float32 (height, width) or (height, width, channels), 0 to 255.
    :returns: the same shape and range.
    """
    if rng.random() >= strength.share:
        return image
    way = WAYS[int(rng.integers(len(WAYS)))]
    amount = float(rng.random())
    if way == "shrink":
        factor = 1.0 - amount * (1.0 - strength.shrink)
        rows, columns = image.shape[:2]
        small = cv2.resize(
            image, (max(4, round(columns * factor)), max(4, round(rows * factor))), interpolation=cv2.INTER_AREA
        )
        out = cv2.resize(small, (columns, rows), interpolation=cv2.INTER_LINEAR)
    elif way == "blur":
        out = blur(image, 0.3 + amount * strength.blur * image.shape[0] / 48.0)
    elif way == "noise":
        out = noise(image, amount * strength.noise, rng)
    elif way == "gamma":
        out = gamma(image, float(np.exp(strength.gamma * (2.0 * amount - 1.0))))
    else:
        out = jpeg(image, round(95 - amount * (95 - strength.quality)))
    return np.clip(np.asarray(out, dtype=np.float32).reshape(image.shape), 0.0, 255.0)


def blur(image: AnyImage, deviation: float) -> AnyImage:
    """Gaussian blur; the standard deviation in pixels of the picture, over 0."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), deviation), dtype=image.dtype)


def noise(image: AnyImage, deviation: float, rng: np.random.Generator) -> FloatArray:
    """Independent Gaussian noise on every value; the standard deviation in grey levels. May reach beyond 0 to 255."""
    return image + rng.standard_normal(image.shape, dtype=np.float32) * np.float32(deviation)


def gamma(image: AnyImage, exponent: float) -> FloatArray:
    """Levels from 0 to 255 raised to a power, as shares of 255: over 1 darker, below 1 lighter."""
    return np.asarray(255.0 * np.power(np.clip(image, 0.0, 255.0) / 255.0, exponent), dtype=np.float32)


def jpeg(image: AnyImage, quality: int) -> ImageArray:
    """What is left of the picture after JPEG of a quality from 1 to 100."""
    _, code = cv2.imencode(".jpg", np.clip(image, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(code, cv2.IMREAD_UNCHANGED), dtype=np.uint8)
