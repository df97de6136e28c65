"""From the bytes of a picture to its pixels: one place for live messages, files and bags.

What it is, how large and where it ends is looked at first (``headers``); then OpenCV decodes it, and Pillow where
OpenCV cannot.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.core.base.errors import BadImage, reason
from fer_ros.core.base.types import ImageArray
from fer_ros.core.vision import opencv_log
from fer_ros.core.vision.depth import PLAIN, Depth
from fer_ros.core.vision.headers.header import Header, damaged
from fer_ros.core.vision.headers.measure import measure
from fer_ros.core.vision.kinds import EMPTY, HEAD, JPEG, JPEG2000, PFM, PNG, PNM, TIFF, Kind, kind_of

#: Is told, in a few words, what is odd about a picture that was read all the same.
Note = Callable[[str], None]
Colour = Literal["any", "grey", "bgr"]

#: Pixels of the largest file that is read: 8192 x 6144. Kinds that take more memory to decode may have fewer.
MAX_FILE_PIXELS = 48 << 20
#: Bytes of the largest file that is read.
MAX_FILE_BYTES = 256 << 20
#: Pixels at the end of the last row. A decoder fills what is cut off with one colour.
FLAT = 64
ANIMATED = "animated: its first picture counts"
_FLAGS = {"any": cv2.IMREAD_ANYCOLOR, "grey": cv2.IMREAD_GRAYSCALE, "bgr": cv2.IMREAD_COLOR}
#: Kinds whose deep samples OpenCV gives as they are.
_DEEP = frozenset({PNG, TIFF, PNM, PFM, JPEG2000})

if "OPENCV_LOG_LEVEL" not in os.environ:  # a user's own value stays
    # OpenCV writes lines of its own to the terminal for what is raised and told here.
    opencv_log.set_level(opencv_log.SILENT)


def ignore(_: str) -> None:
    """For callers that need no notes."""


def decode(
    data: npt.NDArray[np.uint8],
    max_pixels: int,
    colour: Colour = "any",
    upright: bool = False,
    depth: Depth = PLAIN,
    note: Note = ignore,
) -> ImageArray:
    """The picture.

    :param data: (n,), the bytes; what stands behind the picture's end is ignored.
    :param max_pixels: of a JPEG or PNG; kinds that take more memory to decode may have fewer.
    :param colour: ``any``: grey or BGR as it is.
    :param upright: turn it as its EXIF data say.
    :param depth: how samples of more than eight bits become eight.
    :param note: is told what is odd about it.
    :returns: uint8, (height, width, 3) BGR or (height, width) grey.
    :raises BadImage: ``reason`` is ``size``, or ``compression``: no picture, cut off or damaged.
    """
    header = measure(data.data, quick=not upright)
    check_size(header.width, header.height, max_pixels * JPEG.cost // max(JPEG.cost, header.cost))
    if header.frames > 1:
        note(ANIMATED)
    image = _opencv(header, data[: header.end], colour, upright) if header.kind.opencv else None
    if image is not None:
        image = _coloured(image, colour)
    else:
        if not header.kind.pillow:
            raise damaged(header.kind, "it cannot be decoded")
        from fer_ros.core.vision import pillow  # it takes a while to import, and few need it

        image = _coloured(pillow.decode(header.kind, data[: header.end].data, upright), colour)
    if image.dtype != np.uint8:
        image = depth.eight(image, min(header.bits, 16), note)
    return np.asarray(image, dtype=np.uint8)


def read_file(file: Path, depth: Depth = PLAIN, note: Note = ignore) -> ImageArray:
    """A picture file, turned as its EXIF data say.

    :returns: uint8, (height, width, 3) BGR.
    :raises BadImage: it is no whole picture that can be read, or too large; ``short`` says so in a few words.
    """
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            raise BadImage("data", "it is no file", "no file")
        if status.st_size > MAX_FILE_BYTES:
            raise BadImage("size", f"it has more than {MAX_FILE_BYTES >> 20} MB", "too large")
        data = np.frombuffer(file.read_bytes(), dtype=np.uint8)
    except OSError as error:
        raise BadImage("data", f"it cannot be read: {reason(error)}", "that cannot be opened") from error
    return decode(data, MAX_FILE_PIXELS, "bgr", True, depth, note)


def file_kind(file: Path) -> Kind:
    """What a file is, by its first bytes; an empty one where there is no file or it may not be read."""
    try:
        if not file.is_file():
            return EMPTY
        with file.open("rb") as opened:
            return kind_of(opened.read(HEAD))
    except OSError:
        return EMPTY


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Refuse what is empty or too large.

    :raises BadImage: ``reason`` is ``size``.
    """
    if width < 1 or height < 1:
        raise BadImage("size", f"the picture is empty: {width}x{height}", "damaged")
    if width * height > max_pixels:
        raise BadImage("size", f"{width}x{height} is more than max_pixels, {max_pixels}", "too large")


def _opencv(header: Header, data: npt.NDArray[np.uint8], colour: Colour, upright: bool) -> npt.NDArray[Any] | None:
    """The picture as OpenCV reads it, None where it cannot."""
    # OpenCV makes no grey of fractions, nor of all deep TIFFs.
    no_grey = header.bits > 16 or (header.kind is TIFF and header.bits > 8 and colour == "grey")
    flags = _FLAGS["bgr" if no_grey else colour] | (0 if upright else cv2.IMREAD_IGNORE_ORIENTATION)
    if header.bits > 8 and header.kind in _DEEP:
        flags |= cv2.IMREAD_ANYDEPTH
    first, end = header.profile
    if first < end:  # libpng, as some OpenCV have it, complains of many profiles on the terminal, and OpenCV uses none
        data = np.concatenate([data[:first], data[end:]])
    try:
        image: npt.NDArray[Any] | None = cv2.imdecode(data, flags)
    except cv2.error:
        return None
    if image is None or image.dtype not in (np.uint8, np.uint16, np.float32):
        return None
    if header.kind in (JPEG, PNG) and not _of_size(image, header):
        raise damaged(header.kind, "it is of another size than it states")
    if header.kind is JPEG and not upright and header.end == len(data):
        last, count = image[-1, -FLAT:].tobytes(), min(FLAT, header.width)
        if last == last[: len(last) // count] * count:
            measure(data.data)  # it ends like a picture that is cut off: look for its own end mark
    return image


def _of_size(image: npt.NDArray[Any], header: Header) -> bool:
    """Whether it is as large as it states; a turned picture has its sides exchanged."""
    size = image.shape[:2]
    return size in ((header.height, header.width), (header.width, header.height))


def _coloured(image: npt.NDArray[Any], colour: Colour) -> npt.NDArray[Any]:
    if colour == "bgr" and image.ndim == 2:
        return cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) if colour == "grey" and image.ndim == 3 else image
