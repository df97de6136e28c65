"""What Pillow reads and OpenCV does not, or not everywhere: HEIC, icons, old kinds. Imported where it is needed."""

from __future__ import annotations

import contextlib
import io
import warnings

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from fer_ros.core.base.errors import BadImage
from fer_ros.core.vision.headers.header import Header, damaged
from fer_ros.core.vision.kinds import HEIC, ICON, MAC_ICON, Kind

# It warns of odd metadata, which concern nobody here.
warnings.filterwarnings("ignore", module=r"PIL(\.|$)")
_PNG = b"\x89PNG\r\n\x1a\n"


def header_of(kind: Kind, data: memoryview) -> Header:
    """What Pillow says of a picture before it decodes it.

    :raises BadImage: it is damaged, or Pillow lacks a module for it.
    """
    image = _open(kind, data)
    width, height = image.size[:2]
    if kind in (ICON, MAC_ICON):  # of pictures of their own, whose sizes the icon's own list need not tell
        whole = bytes(data)
        at = whole.find(_PNG)
        while at >= 0:
            sides = (int.from_bytes(whole[at + n : at + n + 4], "big") for n in (16, 20))
            width, height = max((width, height), tuple(sides), key=lambda size: size[0] * size[1])
            at = whole.find(_PNG, at + 8)
    frames = 2 if getattr(image, "is_animated", False) else 1
    return Header(kind, width, height, len(data), kind.cost, frames=frames)


def decode(kind: Kind, data: memoryview, upright: bool) -> npt.NDArray[np.generic]:
    """A picture: uint8 (height, width, 3) BGR or (height, width) grey; uint16 or float32 grey where it is so deep.

    :param upright: turn it as its EXIF data say.
    :raises BadImage: it is damaged, or Pillow lacks a module for it.
    """
    image = _open(kind, data)
    try:
        image.load()
        if upright:
            turned = ImageOps.exif_transpose(image)
            image = image if turned is None else turned
        if image.mode.startswith("I;16"):
            return np.asarray(image).astype(np.uint16)
        if image.mode in ("I", "F"):
            values = np.asarray(image)
            return values.astype(np.float32) if image.mode == "F" else np.clip(values, 0, 65535).astype(np.uint16)
        if image.mode in ("L", "1", "LA"):
            return np.asarray(image.convert("L"))
        return np.ascontiguousarray(np.asarray(image.convert("RGB"))[..., ::-1])
    except Exception as error:  # Pillow raises errors of a dozen types for damaged data
        raise damaged(kind, "it cannot be decoded") from error


def _open(kind: Kind, data: memoryview) -> Image.Image:
    if kind is HEIC:
        with contextlib.suppress(ImportError):
            import pillow_heif

            pillow_heif.register_heif_opener()
    if kind.pillow not in Image.OPEN:
        Image.init()
    if kind.pillow not in Image.OPEN:
        advice = kind.advice or "save it as JPEG or PNG"
        raise BadImage("compression", f"{kind} is not read here: {advice}", f"{kind}, not read here: {advice}")
    try:
        return Image.open(io.BytesIO(data), formats=[kind.pillow])
    except Exception as error:
        raise damaged(kind, "it cannot be opened") from error
