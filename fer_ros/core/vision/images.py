"""From image message fields to pictures and back. No field is trusted. No ROS import.

``rosbags-image`` was looked at and not taken: it ignores ``step``, so that padded rows come out sheared, and has
neither a limit on sizes nor an error of its own for damaged data, while a node must survive every message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.core.base.errors import BadImage
from fer_ros.core.base.types import ImageArray
from fer_ros.core.vision import pictures
from fer_ros.core.vision.depth import PLAIN, Depth
from fer_ros.core.vision.pictures import Note, check_size, ignore

#: Anything that lends its bytes without a copy: ``bytes``, ``bytearray``, ``memoryview``, ``array.array('B')``.
Buffer = Any
#: Pixels of the largest picture that is decoded unless told otherwise: 4096 x 4096.
MAX_PIXELS = 1 << 24


@dataclass(frozen=True, slots=True)
class _Encoding:
    """How the pixels of an encoding lie in memory.

    :ivar channels: samples per pixel.
    :ivar size: bytes per sample, 1 or 2.
    :ivar code: OpenCV's conversion to BGR; None where the samples are BGR or grey already.
    :ivar block: width and height must be multiples of these.
    :ivar planes: rows of data per two rows of the picture: 3 or 6 where chroma follows in planes of its own.
    :ivar chroma: such rows are ``step`` times this long; 0: all is interleaved.
    """

    channels: int
    size: int = 1
    code: int | None = None
    block: tuple[int, int] = (1, 1)
    planes: int = 2
    chroma: float = 0


def _table() -> dict[str, _Encoding]:
    table = {
        "uyvy": _Encoding(2, code=cv2.COLOR_YUV2BGR_UYVY, block=(2, 1)),
        "yuyv": _Encoding(2, code=cv2.COLOR_YUV2BGR_YUY2, block=(2, 1)),
        "nv12": _Encoding(1, code=cv2.COLOR_YUV2BGR_NV12, block=(2, 2), planes=3),
        "nv21": _Encoding(1, code=cv2.COLOR_YUV2BGR_NV21, block=(2, 2), planes=3),
        "nv24": _Encoding(1, planes=6, chroma=2),
        "i420": _Encoding(1, code=cv2.COLOR_YUV2BGR_I420, block=(2, 2), planes=3, chroma=0.5),
        "yv12": _Encoding(1, code=cv2.COLOR_YUV2BGR_YV12, block=(2, 2), planes=3, chroma=0.5),
        # nv12 with ten bits, in the upper ones of sixteen.
        "p010": _Encoding(1, 2, cv2.COLOR_YUV2BGR_NV12, block=(2, 2), planes=3),
    }
    # The names that ROS had for them before.
    table |= {"yuv422": table["uyvy"], "yuv422_yuy2": table["yuyv"]}
    for bits, size in (("8", 1), ("16", 2)):
        grey, bgr = _Encoding(1, size), _Encoding(3, size)
        bgra = _Encoding(4, size, cv2.COLOR_BGRA2BGR)
        table |= {f"mono{bits}": grey, f"bgr{bits}": bgr, f"bgra{bits}": bgra}
        # OpenCV's own type names say nothing of the order of colours; OpenCV's order is taken.
        table |= {f"{bits}UC1": grey, f"{bits}UC3": bgr, f"{bits}UC4": bgra}
        table[f"rgb{bits}"] = _Encoding(3, size, cv2.COLOR_RGB2BGR)
        table[f"rgba{bits}"] = _Encoding(4, size, cv2.COLOR_RGBA2BGR)
        for pattern in ("rggb", "bggr", "gbrg", "grbg"):
            code = getattr(cv2, f"COLOR_Bayer{pattern.upper()}2BGR")
            table[f"bayer_{pattern}{bits}"] = _Encoding(1, size, code, block=(2, 2))
    return table


_TABLE = _table()
#: Y, U, V, 1 to B, G, R by ITU-R BT.601, of samples from 16 to 235.
_SLOPES = np.array([[1.164383, 2.017232, 0], [1.164383, -0.391762, -0.812968], [1.164383, 0, 1.596027]])
_VIDEO = np.column_stack([_SLOPES, -_SLOPES @ (16, 128, 128)])
#: The encodings of ``sensor_msgs/Image`` that :func:`decode` knows.
ENCODINGS = tuple(sorted(_TABLE))


def decode(
    width: int,
    height: int,
    encoding: str,
    step: int,
    data: Buffer,
    is_bigendian: bool = False,
    max_pixels: int = MAX_PIXELS,
    depth: Depth = PLAIN,
    note: Note = ignore,
) -> ImageArray:
    """The picture in the fields of a ``sensor_msgs/Image``.

    :param step: bytes from one row to the next.
    :param data: the bytes; the result is a view of them where they are 8-bit BGR or grey already.
    :param is_bigendian: the order of 16-bit samples.
    :param max_pixels: larger pictures are refused.
    :param depth: how samples of 16 bits become eight.
    :param note: is told what is odd about the picture, such as how few bits it uses.
    :returns: uint8, (height, width, 3) BGR or (height, width) grey.
    :raises BadImage: ``reason`` is ``size``, ``encoding``, ``step`` or ``data``.
    """
    check_size(width, height, max_pixels)
    kind = _TABLE.get(encoding)
    if kind is None:
        raise BadImage("encoding", f"encoding {encoding[:40]!r} is not known: send one of {', '.join(ENCODINGS)}")
    if width % kind.block[0] or height % kind.block[1]:
        raise BadImage("size", f"{encoding} comes in blocks of {kind.block[0]}x{kind.block[1]}, not {width}x{height}")
    row_bytes = width * kind.channels * kind.size
    if step < row_bytes:
        raise BadImage("step", f"step {step} is less than the {row_bytes} bytes of {width} pixels in {encoding}")
    buffer = _bytes(data)
    rows = height * kind.planes // 2
    if buffer.size != step * rows:
        raise BadImage("data", f"{buffer.size} bytes of data where {rows} rows of {step} make {step * rows}")
    if kind.chroma:
        return _of_planes(kind, buffer, width, height, step)
    samples = buffer.reshape(rows, step)[:, :row_bytes]
    if encoding == "p010":
        samples = samples[:, (0 if is_bigendian else 1) :: 2]
    elif kind.size == 2:
        wide = np.ascontiguousarray(samples).view(">u2" if is_bigendian else "<u2")
        samples = depth.eight(wide.astype(np.uint16, copy=False), note=note)
    if kind.channels > 1:
        samples = samples.reshape(rows, width, kind.channels)
    return samples if kind.code is None else _uint8(cv2.cvtColor(samples, kind.code))


def _of_planes(kind: _Encoding, buffer: npt.NDArray[np.uint8], width: int, height: int, step: int) -> ImageArray:
    """The picture of planes whose rows differ in length."""
    long = int(step * kind.chroma)
    if long / kind.chroma != step:
        raise BadImage("step", f"step {step} is odd, where rows of chroma are half as long")
    luma, chroma = buffer[: height * step].reshape(height, step)[:, :width], buffer[height * step :].reshape(-1, long)
    chroma = chroma[:, : int(width * kind.chroma)]
    if kind.code is None:  # OpenCV knows no chroma of full size in the range of video
        return _uint8(cv2.transform(np.dstack([luma, chroma.reshape(height, width, 2)]), _VIDEO))
    return _uint8(cv2.cvtColor(np.concatenate([luma.ravel(), chroma.ravel()]).reshape(-1, width), kind.code))


def decode_compressed(
    data: Buffer, max_pixels: int = MAX_PIXELS, grey: bool = False, depth: Depth = PLAIN, note: Note = ignore
) -> ImageArray:
    """The picture in the data of a ``sensor_msgs/CompressedImage``, told by its first bytes.

    The field ``format`` is not asked: drivers fill it in many ways. The orientation that a photograph's EXIF data
    states is left aside, so that pixels stay those of the sensor. What stands behind the picture is ignored.

    :param max_pixels: larger pictures are refused by their header, before memory is taken for them.
    :param grey: decode to grey in any case, which takes a third of the time of colour.
    :param depth: how samples of more than eight bits become eight.
    :param note: is told what is odd about the picture, such as how few bits it uses.
    :returns: uint8, (height, width, 3) BGR or (height, width) grey.
    :raises BadImage: ``reason`` is ``data``, ``size`` or ``compression`` (no picture, cut off or damaged).
    """
    return pictures.decode(_bytes(data), max_pixels, "grey" if grey else "any", False, depth, note)


def encode_jpeg(image: ImageArray, quality: int = 85) -> bytes:
    """A picture as JPEG.

    :param image: uint8, (height, width, 3) BGR or (height, width) grey.
    :param quality: 1 (small) to 100 (best).
    """
    _, encoded = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return encoded.tobytes()


def encoding_of(image: ImageArray) -> str:
    """The encoding that a picture of ours has in a ``sensor_msgs/Image``: ``bgr8`` or ``mono8``."""
    return "mono8" if image.ndim == 2 else "bgr8"


def _bytes(data: Buffer) -> npt.NDArray[np.uint8]:
    if len(data) == 0:
        raise BadImage("data", "the message holds no data")
    return np.frombuffer(data, dtype=np.uint8)


def _uint8(image: Any) -> ImageArray:
    return np.asarray(image, dtype=np.uint8)
