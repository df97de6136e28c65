"""Checks a caller's pictures: takes them as they are, or refuses them in one line that says what to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fer_ros.core.base.errors import BadImage
from fer_ros.core.base.types import ImageArray


def checked(image: object) -> ImageArray:
    """The picture itself, once it has been checked.

    :param image: uint8, (height, width, 3) BGR, or (height, width) or (height, width, 1) grey.
    :returns: the same pixels; grey ones as (height, width).
    :raises BadImage: it is something else; the message says how to turn it into a picture.
    """
    if image is None:
        raise BadImage("data", "the picture is None: cv2.imread gives None for a file that it cannot read")
    if isinstance(image, (str, Path)):
        raise BadImage("data", f"'{image}' is a path, not a picture: read it first with cv2.imread")
    if not isinstance(image, np.ndarray):
        kind = type(image).__name__
        raise BadImage("data", f"a {kind} is no picture: give a numpy array, such as np.asarray(image)[:, :, ::-1]")
    if image.dtype != np.uint8:
        cure = "(255 * image).astype('uint8') where it holds 0 to 1" if image.dtype.kind == "f" else "bytes, 0 to 255"
        raise BadImage("encoding", f"the picture holds {image.dtype}, not uint8: give {cure}")
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    if image.ndim == 3 and image.shape[2] == 4:
        raise BadImage("encoding", "the picture has 4 channels: give 3, cv2.cvtColor(image, cv2.COLOR_BGRA2BGR)")
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3):
        raise BadImage("size", f"{image.shape} is no picture's shape: give (height, width, 3) BGR or (height, width)")
    if image.size == 0:
        raise BadImage("size", f"the picture is empty, its shape is {image.shape}")
    return image
