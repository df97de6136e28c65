"""The part of an image that a detector looks at, the size that it is brought to before, and finding it again."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from fer_ros.core.base.types import FloatArray, ImageArray, Roi

#: Pixels in a row that are averaged at least where a picture is reduced.
OVERSAMPLING = 3
#: A patch: its longer side in pixels, the way that is searched on each side as a share of it, the lowest correlation
#: with what was there, and the least deviation of its grey levels, below which anything correlates.
GRAIN, REACH, LIKE, PLAIN = 32, 0.25, 0.8, 4.0


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


class Patch:
    """A few grey pixels around a face, to find them again in the next frames: cheaper than to look for a face."""

    def __init__(self, image: ImageArray, cx: float, cy: float, side: float) -> None:
        """Take them; ``cx``, ``cy``, ``side``: pixels of the image."""
        self._place = Window.around(cx, cy, side, GRAIN / max(side, 1.0), image.shape)
        self._centre = cx, cy
        self._pixels: ImageArray | None = None
        if min(self._place.size) >= GRAIN // 2:
            pixels = self._place.view(image, grey=True)
            self._pixels = pixels if pixels.std() >= PLAIN else None

    def find(self, image: ImageArray, cx: float, cy: float) -> tuple[float, float] | None:
        """Where its centre is now, pixels; None where nothing near looks the same.

        :param cx: where the centre should be; ``cy`` the same.
        """
        if self._pixels is None:
            return None
        at, zoom = self._place, self._place.zoom
        right, down, reach = round(cx - self._centre[0]), round(cy - self._centre[1]), round(REACH * GRAIN / zoom)
        x0, y0 = max(0, at.x0 + right - reach), max(0, at.y0 + down - reach)
        x1, y1 = min(image.shape[1], at.x1 + right + reach), min(image.shape[0], at.y1 + down + reach)
        around = Window(x0, y0, x1, y1, zoom)
        if any(a < b for a, b in zip(around.size, at.size, strict=True)):
            return None
        likeness = cv2.matchTemplate(around.view(image, grey=True), self._pixels, cv2.TM_CCOEFF_NORMED)
        _, best, _, (column, row) = cv2.minMaxLoc(likeness)
        if not LIKE <= best <= 1.01:
            return None
        x, y = column + _peak(likeness[row], column), row + _peak(likeness[:, column], row)
        return self._centre[0] + x0 + x / zoom - at.x0, self._centre[1] + y0 + y / zoom - at.y0


def _peak(values: FloatArray, at: int) -> float:
    """How far the top of a parabola through the largest value and its neighbours is from it, −0.5 to 0.5."""
    if not 0 < at < len(values) - 1:
        return 0.0
    before, top, after = (float(v) for v in values[at - 1 : at + 2])
    bend = before + after - 2.0 * top
    return 0.5 * (before - after) / bend if bend < 0.0 else 0.0


def reduced(image: ImageArray, size: tuple[int, int], grey: bool = False) -> ImageArray:
    """Resized to (width, height); of a large picture, only some rows and columns are read."""
    step = min(image.shape[1] // (OVERSAMPLING * size[0]), image.shape[0] // (OVERSAMPLING * size[1]))
    if step > 1:  # averaging every pixel of a large picture costs more than the search
        image = np.ascontiguousarray(image[::step, ::step])
    if grey and image.ndim == 3:  # first: averaging one channel takes less than a third of averaging three
        image = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    halved = image.shape[1] // 2, image.shape[0] // 2
    if image.ndim == 3 and halved[0] >= size[0] and halved[1] >= size[1]:
        # first: it takes a tenth of averaging another number of pixels
        image = image[: 2 * halved[1], : 2 * halved[0]]
        image = np.asarray(cv2.resize(image, halved, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    if image.shape[1::-1] == size:
        return image
    how = cv2.INTER_AREA if size[0] < image.shape[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=how), dtype=np.uint8)
