"""Reading headers before decoding, so that a small file cannot take all memory.

Where a picture ends is found as its format defines it. What stands behind is no part of it: drivers send their whole
buffer, and phones keep a film behind a photograph.
"""

from __future__ import annotations

from collections.abc import Callable

from fer_ros.core.base.errors import BadImage
from fer_ros.core.vision import kinds
from fer_ros.core.vision.headers import iso, plain, web
from fer_ros.core.vision.headers.header import Header, damaged
from fer_ros.core.vision.headers.jpeg import jpeg
from fer_ros.core.vision.headers.png import png
from fer_ros.core.vision.headers.tiff import tiff

_READERS: dict[kinds.Kind, Callable[[memoryview], Header]] = {
    kinds.JPEG: jpeg,
    kinds.PNG: png,
    kinds.GIF: web.gif,
    kinds.WEBP: web.webp,
    kinds.BMP: plain.bmp,
    kinds.PNM: plain.pnm,
    kinds.PFM: plain.pfm,
    kinds.HDR: plain.hdr,
    kinds.SUN: plain.sun,
    kinds.TIFF: tiff,
    kinds.JPEG2000: iso.jpeg2000,
    kinds.AVIF: iso.avif,
    kinds.HEIC: iso.heic,
}


def measure(data: memoryview, quick: bool = False) -> Header:
    """Read a picture's header; nothing is decoded.

    :param data: a whole file, one-dimensional, bytes.
    :param quick: believe the end mark at the end of a JPEG: see :func:`jpeg`.
    :raises BadImage: ``reason`` is ``compression``: it is no picture that is read here, damaged, or cut off.
    """
    kind = kinds.kind_of(data)
    if not kind.picture:
        begin = f": it begins with {bytes(data[:4]).hex(' ')}" if kind is kinds.UNKNOWN else ""
        raise BadImage("compression", f"no picture ({kind}){begin}", f"no picture ({kind})")
    if not kind.readable:
        raise BadImage("compression", f"{kind} is not read: {kind.advice}", f"{kind}: {kind.advice}")
    reader = _READERS.get(kind)
    if reader is None:
        from fer_ros.core.vision.pillow import header_of  # Pillow takes a while to import, and few need it

        return header_of(kind, data)
    try:
        return jpeg(data, quick) if reader is jpeg else reader(data)
    except (IndexError, ValueError) as error:
        raise damaged(kind, "its header is incomplete") from error


def compressed_size(data: memoryview) -> tuple[int, int]:
    """Width and height in pixels, as the header states them.

    :raises BadImage: see :func:`measure`.
    """
    header = measure(data)
    return header.width, header.height
