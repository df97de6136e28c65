"""Between ``sensor_msgs`` images and arrays, in both directions; the only place that knows of both.

Our own conversions come first: they trust no field and work with every NumPy. What they do not know, such as the depth
``32FC1``, is read by cv_bridge where that is installed and works.
"""

from __future__ import annotations

import functools
from array import array
from typing import Any

import numpy as np
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from fer_ros.core.base.errors import BadImage, reason
from fer_ros.core.base.types import ImageArray
from fer_ros.core.vision import images
from fer_ros.core.vision.depth import PLAIN, Depth
from fer_ros.core.vision.pictures import Note, check_size, ignore

#: From Jazzy on, a message that checks its fields keeps an ``array('B')`` as it is, and one that does not copies it
#: once more: 0.02 ms against 0.75 ms for 640x480 in colour. Older distributions always check.
_KEEP: dict[str, bool] = {"check_fields": True} if "_check_fields" in Image.__slots__ else {}
#: Characters of an encoding's name that cv_bridge is asked about: it goes over them with regular expressions.
MAX_NAME = 40


def image(picture: ImageArray, head: Header) -> Image:
    """A picture as an Image.

    :param picture: uint8, (height, width, 3) BGR or (height, width) grey, which becomes ``bgr8`` or ``mono8``.
    """
    height, width = picture.shape[:2]
    encoding = images.encoding_of(picture)
    message = Image(header=head, height=height, width=width, encoding=encoding, is_bigendian=0, **_KEEP)
    message.step = width * (1 if picture.ndim == 2 else 3)
    data = array("B")
    data.frombytes(np.ascontiguousarray(picture).data)
    message.data = data
    return message


def compressed_image(picture: ImageArray, head: Header, quality: int) -> CompressedImage:
    """A picture as a JPEG.

    :param quality: 1 to 100.
    """
    encoding = images.encoding_of(picture)
    # The form that image_transport writes, so that its subscribers know the order of colours.
    message = CompressedImage(header=head, format=f"{encoding}; jpeg compressed {encoding}", **_KEEP)
    message.data = array("B", images.encode_jpeg(picture, quality))
    return message


def picture(
    message: Image, max_pixels: int = images.MAX_PIXELS, depth: Depth = PLAIN, note: Note = ignore
) -> ImageArray:
    """The picture in an uncompressed message.

    :param max_pixels: larger pictures are refused.
    :param depth: how samples of more than 8 bits become eight. Signed ones and those of 32 bits are always stretched.
    :param note: is told what is odd about the picture.
    :returns: uint8, (height, width, 3) BGR or (height, width) grey.
    :raises BadImage: it is no good.
    """
    if message.encoding not in images.ENCODINGS:
        check_size(message.width, message.height, max_pixels)
        return _by_cv_bridge(message, depth)
    return images.decode(
        message.width,
        message.height,
        message.encoding,
        message.step,
        message.data,
        bool(message.is_bigendian),
        max_pixels,
        depth,
        note,
    )


@functools.cache
def _bridge() -> tuple[Any, str]:
    """cv_bridge's converter, else why there is none."""
    try:
        from cv_bridge import CvBridge

        bridge = CvBridge()
        bridge.encoding_to_dtype_with_channels("32FC1")  # loads its compiled part, which may be for another NumPy
    except ImportError as error:
        why = "does not work here" if error.name is None else "is not installed"
        return None, f"cv_bridge, which may know it, {why}"
    except Exception as error:
        return None, f"cv_bridge, which may know it, does not work here: {reason(error)}"
    return bridge, ""


def _by_cv_bridge(message: Image, depth: Depth) -> ImageArray:
    known = f"known are {', '.join(images.ENCODINGS)}"
    bridge, why = _bridge()
    name = message.encoding[:MAX_NAME]
    if bridge is None:
        raise BadImage("encoding", f"encoding {name!r} is not known, and {why}: {known}")
    try:
        kind, channels = bridge.encoding_to_dtype_with_channels(name)
    except Exception:
        raise BadImage("encoding", f"encoding {name!r} is known neither here nor by cv_bridge: {known}") from None
    if channels not in (1, 3):
        raise BadImage("encoding", f"encoding {name!r} has {channels} channels: send 1 or 3")
    # cv_bridge trusts these.
    row_bytes = message.width * channels * np.dtype(kind).itemsize
    if message.step < row_bytes or message.step % (channels * np.dtype(kind).itemsize):
        raise BadImage("step", f"step {message.step} does not fit the {row_bytes} bytes of a row in {name}")
    if len(message.data) != message.step * message.height:
        raise BadImage("data", f"{len(message.data)} bytes of data where step and height make others")
    try:
        samples = np.asarray(bridge.imgmsg_to_cv2(message, "passthrough"))
    except Exception as error:  # such as of big-endian samples with NumPy 2
        raise BadImage("encoding", f"cv_bridge cannot read this {name}: {reason(error)}") from error
    if samples.dtype.kind == "f":
        return depth.eight(samples.astype(np.float32, copy=False))
    if samples.dtype == np.uint8:
        return np.asarray(samples)
    return Depth(stretch=True).eight(samples.astype(np.float32))
