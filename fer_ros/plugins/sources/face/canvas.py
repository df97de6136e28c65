"""Soft-edged shapes on the sprite of a drawn face, in coordinates of the face."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np

from fer_ros.core.base.types import FloatArray, ImageArray

#: Pixels for one unit; size of the sprite, pixels; where the origin lies in it.
UNIT, SIZE, ORIGIN = 104.0, (272, 352), (136.0, 150.0)
#: Fractional bits of coordinates in OpenCV's drawing.
SHIFT = 4


def spline(half: list[tuple[float, float]]) -> FloatArray:
    """A smooth symmetric outline from its right half, from the top to the bottom."""
    right = np.array(half)
    left = right[::-1][1:-1] * np.array((-1.0, 1.0)) if right[-1, 0] == 0.0 else right[::-1] * np.array((-1.0, 1.0))
    ring = np.concatenate([right, left])
    t = np.arange(4 * len(ring)) / 4.0
    index, f = t.astype(int), (t % 1.0)[:, np.newaxis]
    p0, p1, p2, p3 = (ring[(index + k) % len(ring)] for k in (-1, 0, 1, 2))
    smooth = 0.5 * (
        2 * p1 + (p2 - p0) * f + (2 * p0 - 5 * p1 + 4 * p2 - p3) * f**2 + (3 * p1 - p0 - 3 * p2 + p3) * f**3
    )
    return pixels(smooth)


def ellipse(centre: tuple[float, float], a: float, b: float) -> FloatArray:
    """An ellipse as a polygon."""
    t = np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False)
    return pixels(np.stack([centre[0] + a * np.cos(t), centre[1] + b * np.sin(t)], axis=1))


def pixels(points: Any) -> FloatArray:
    """Points in units of the face as pixels of the sprite, float32 (n, 2)."""
    return (np.asarray(points) * UNIT + np.array(ORIGIN)).astype(np.float32)


def mask(polygons: Iterable[FloatArray], blur: float = 0.0) -> ImageArray:
    """Where the polygons are, uint8 (rows, columns), with soft edges."""
    covered = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    for polygon in polygons:
        cv2.fillPoly(covered, [_fixed(polygon)], 255, cv2.LINE_AA, SHIFT)
    return cv2.GaussianBlur(covered, (0, 0), blur) if blur else covered


def fill(picture: FloatArray, polygon: FloatArray, colour: Any) -> None:
    """Fill with soft edges; only the pixels around the polygon are touched."""
    x0, y0 = np.maximum(np.floor(polygon.min(axis=0)).astype(int) - 2, 0)
    x1, y1 = np.ceil(polygon.max(axis=0)).astype(int) + 3
    part = picture[y0:y1, x0:x1]
    covered = np.zeros(part.shape[:2], np.uint8)
    cv2.fillPoly(covered, [_fixed(polygon - np.array((x0, y0), np.float32))], 255, cv2.LINE_AA, SHIFT)
    share = covered.astype(np.float32)[..., np.newaxis] / 255.0
    part += share * (np.asarray(colour, np.float32) - part)


def line(picture: Any, points: list[tuple[float, float]], width: int, colour: Any) -> None:
    """A line through two or three points, in units of the face; a curve through three."""
    ends = np.array(points)
    if len(ends) == 3:
        t = np.linspace(0.0, 1.0, 9)[:, np.newaxis]
        middle = 2.0 * ends[1] - 0.5 * (ends[0] + ends[2])
        ends = (1 - t) ** 2 * ends[0] + 2 * t * (1 - t) * middle + t**2 * ends[2]
    stroke(picture, pixels(ends), width, colour)


def stroke(picture: Any, points: FloatArray, width: int, colour: Any) -> None:
    """A line through points, in pixels."""
    if picture.dtype == np.uint8:
        cv2.polylines(picture, [_fixed(points)], False, int(colour), width, cv2.LINE_AA, SHIFT)
        return
    covered = np.zeros(picture.shape[:2], np.uint8)
    cv2.polylines(covered, [_fixed(points)], False, 255, width, cv2.LINE_AA, SHIFT)
    x0, y0 = np.maximum(np.floor(points.min(axis=0)).astype(int) - 4, 0)
    x1, y1 = np.ceil(points.max(axis=0)).astype(int) + 5
    share = covered[y0:y1, x0:x1].astype(np.float32)[..., np.newaxis] / 255.0
    part = picture[y0:y1, x0:x1]
    part += share * (np.asarray(colour, np.float32) - part)


def _fixed(points: FloatArray) -> Any:
    return np.round(points * (1 << SHIFT)).astype(np.int32)
