"""The part of an image that a detector looks at, and the size that it is brought to before."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from fer_ros.core.base.types import ImageArray, Roi

#: Pixels in a row that are averaged at least where a picture is reduced.
OVERSAMPLING = 3


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of an image, seen at another size.

    :ivar x0: left edge in pixels of the image; ``y0``: upper edge; ``x1``, ``y1``: the pixel after the last one.
    :ivar zoom: pixels of what is looked at per pixel of the image.
    """

    x0: int
    y0: int
    x1: int
    y1: int
    zoom: float

    @classmethod
    def around(cls, cx: float, cy: float, reach: float, zoom: float, shape: tuple[int, ...]) -> Window:
        """A square around a place, less than ``reach`` + 2 pixels wide, cut to the image; empty where it lies outside.

        :param shape: of the image: height, width.
        """
        half = reach / 2.0
        x0, y0 = max(0, int(cx - half)), max(0, int(cy - half))
        x1, y1 = min(shape[1], int(cx + half) + 1), min(shape[0], int(cy + half) + 1)
        return cls(x0, y0, x1, y1, zoom)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of what is looked at, pixels; not above 0 where it is empty."""
        return round((self.x1 - self.x0) * self.zoom), round((self.y1 - self.y0) * self.zoom)

    def view(self, image: ImageArray, grey: bool = False) -> ImageArray:
        """What is looked at, of :attr:`size`; ``grey``: with one channel in any case."""
        return reduced(image[self.y0 : self.y1, self.x0 : self.x1], self.size, grey)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """A place in what is looked at as one of the image, pixels."""
        return self.x0 + x / self.zoom, self.y0 + y / self.zoom

    def roi(self, x: float, y: float, width: float, height: float) -> Roi:
        """A box of what is looked at as one of the image; it may reach beyond both."""
        zoom = self.zoom
        return Roi(round(self.x0 + x / zoom), round(self.y0 + y / zoom), round(width / zoom), round(height / zoom))


def reduced(image: ImageArray, size: tuple[int, int], grey: bool = False) -> ImageArray:
    """Resized to (width, height); of a large picture, only some rows and columns are read."""
    step = min(image.shape[1] // (OVERSAMPLING * size[0]), image.shape[0] // (OVERSAMPLING * size[1]))
    if step > 1:  # averaging every pixel of a large picture costs more than the search
        image = np.ascontiguousarray(image[::step, ::step])
    if grey and image.ndim == 3:  # first: averaging one channel takes less than a third of averaging three
        image = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    how = cv2.INTER_AREA if size[0] < image.shape[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=how), dtype=np.uint8)
