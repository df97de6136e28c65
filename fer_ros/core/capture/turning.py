"""Pictures of a camera that is mounted on its side or before a mirror, and its geometry turned likewise."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import cv2
import numpy as np

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import ImageArray
from fer_ros.core.capture.intrinsics import Intrinsics

ANGLES = (0, 90, 180, 270)
FLIPS = ("none", "horizontal", "vertical")
_ROTATIONS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_FLIP_CODES = {"horizontal": 1, "vertical": 0}


@dataclass(frozen=True, slots=True)
class Turn:
    """First a rotation, then a flip.

    :ivar rotate: degrees clockwise, one of :data:`ANGLES`.
    :ivar flip: one of :data:`FLIPS`; horizontal: left and right change places.
    """

    rotate: int = 0
    flip: str = "none"

    def __post_init__(self) -> None:
        if self.rotate not in ANGLES:
            raise ConfigError(f"rotate = {self.rotate} is not allowed: give one of {', '.join(map(str, ANGLES))}")

    @property
    def back(self) -> Turn:
        """What undoes it."""
        # A quarter turn and a flip are their own inverse; without the flip the angle changes its sign.
        return self if self.flip != "none" else Turn(-self.rotate % 360)

    def picture(self, image: ImageArray) -> ImageArray:
        """A picture, turned; the same one where there is nothing to turn.

        :param image: uint8, (height, width, 3) or (height, width).
        """
        if self.rotate:
            image = np.asarray(cv2.rotate(image, _ROTATIONS[self.rotate]), dtype=np.uint8)
        if self.flip != "none":
            image = np.asarray(cv2.flip(image, _FLIP_CODES[self.flip]), dtype=np.uint8)
        return image

    def geometry(self, known: Intrinsics) -> Intrinsics:
        """The geometry of the turned picture."""
        if self == Turn():
            return known
        axes = self._axes()
        swapped = bool(axes[0, 0] == 0)
        width, height = (known.height, known.width) if swapped else (known.width, known.height)
        # From pixel to pixel: the axes about the centre of the picture.
        pixels = axes.copy()
        before, after = (known.width - 1) / 2, (known.height - 1) / 2
        pixels[:2, 2] = ((width - 1) / 2, (height - 1) / 2) - axes[:2, :2] @ (before, after)
        projection = np.reshape(known.p, (3, 4))
        p = np.column_stack((pixels @ projection[:, :3] @ axes.T, pixels @ projection[:, 3]))
        k = pixels @ np.reshape(known.k, (3, 3)) @ axes.T
        r = axes @ np.reshape(known.r, (3, 3)) @ axes.T
        d = list(known.d)
        if known.model != "equidistant" and len(d) >= 4:
            # The tangential coefficients p1, p2 belong to y and x. A mirrored axis changes the sign of its own one.
            d[3], d[2] = (float(value) for value in axes[:2, :2] @ (d[3], d[2]))
        return dataclasses.replace(
            known, width=width, height=height, d=tuple(d), k=_numbers(k), r=_numbers(r), p=_numbers(p)
        )

    def _axes(self) -> np.ndarray:
        """3×3, from the camera's axes to those of the turned picture: x to the right, y down."""
        cos, sin = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[self.rotate]
        turned = np.array(((cos, -sin, 0), (sin, cos, 0), (0, 0, 1)), dtype=float)
        signs = {"none": (1, 1, 1), "horizontal": (-1, 1, 1), "vertical": (1, -1, 1)}[self.flip]
        return np.diag(np.array(signs, dtype=float)) @ turned


def _numbers(matrix: np.ndarray) -> tuple[float, ...]:
    return tuple(float(value) for value in matrix.ravel())
