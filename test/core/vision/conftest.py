"""A picture in every kind of file that people have, made here, and files that are something else or harmful."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import cv2
import numpy as np
from PIL import Image

Y, X = np.mgrid[:48, :64]
#: uint8 (48, 64, 3) BGR, with a corner by which its orientation is seen.
PICTURE = np.stack([X * 3, Y * 4, X + Y], axis=-1).astype(np.uint8)
PICTURE[:12, :12] = (0, 0, 255)
GREY = PICTURE[..., 1]
_RGB = Image.fromarray(np.ascontiguousarray(PICTURE[..., ::-1]))
_MORE: dict[str, Any] = {"save_all": True, "append_images": [_RGB.rotate(90), _RGB.rotate(180)]}


def pil(form: str, image: Image.Image = _RGB, **how: Any) -> bytes:
    """A file by Pillow."""
    out = io.BytesIO()
    image.save(out, form, **how)
    return out.getvalue()


def ocv(suffix: str, image: np.ndarray = PICTURE, *how: int) -> bytes:
    """A file by OpenCV."""
    return bytes(cv2.imencode(suffix, image, list(how))[1].tobytes())


def heic(**how: Any) -> bytes:
    """A file as phones write it; empty where pillow-heif is not installed."""
    try:
        import pillow_heif
    except ImportError:
        return b""
    pillow_heif.register_heif_opener()
    return pil("HEIF", quality=95, **how)


def with_exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return pil("JPEG", quality=95, exif=exif)


JPEG = pil("JPEG", quality=95)
PNG = pil("PNG")
DEEP = PICTURE.astype(np.uint16) * 257
FILM = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(60_000)

#: Name → file; each shows PICTURE (those with "grey" its green channel), but for losses.
READABLE: dict[str, bytes] = {
    "jpeg": JPEG,
    "jpeg progressive": pil("JPEG", quality=95, progressive=True),
    "jpeg of print": pil("JPEG", _RGB.convert("CMYK"), quality=95),
    "jpeg with restarts": ocv(".jpg", PICTURE, cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_RST_INTERVAL, 2),
    "jpeg grey": ocv(".jpg", GREY, cv2.IMWRITE_JPEG_QUALITY, 95),
    "jpeg with a film behind": JPEG + FILM,
    "jpeg in a padded buffer": JPEG + bytes(100_000),
    "jpeg in a buffer of ff": JPEG + b"\xff" * 6_000,
    "jpeg with bytes between segments": JPEG[:20] + bytes(60) + JPEG[20:],
    # Pillow before 10.3 damages the first picture of three.
    "jpeg several in one": pil("MPO", quality=95, save_all=True, append_images=[_RGB.rotate(90)]),
    "png": PNG,
    "png deep": ocv(".png", DEEP),
    "png with alpha": pil("PNG", _RGB.convert("RGBA")),
    "png with a profile that is wrong": pil("PNG", icc_profile=b"nonsense" * 20),
    "png palette": pil("PNG", _RGB.quantize(256)),
    "png animated": pil("PNG", **_MORE),
    "png in a padded buffer": PNG + bytes(100_000),
    "png grey": ocv(".png", GREY),
    "gif": pil("GIF"),
    "gif animated": pil("GIF", **_MORE),
    "bmp": pil("BMP"),
    "bmp by opencv": ocv(".bmp"),
    "tiff": pil("TIFF"),
    "tiff lzw": pil("TIFF", compression="tiff_lzw"),
    "tiff jpeg": pil("TIFF", compression="jpeg", quality=95),
    "tiff of print": pil("TIFF", _RGB.convert("CMYK")),
    "tiff deep": ocv(".tiff", DEEP),
    "tiff of fractions": ocv(".tiff", PICTURE.astype(np.float32) / 255),
    "webp": pil("WEBP", quality=95),
    "webp lossless": pil("WEBP", lossless=True),
    "webp with alpha": pil("WEBP", _RGB.convert("RGBA"), lossless=True),
    "webp animated": pil("WEBP", lossless=True, **_MORE),
    "jpeg 2000": pil("JPEG2000"),
    "jpeg 2000 codestream": pil("JPEG2000", no_jp2=True),
    "ppm": ocv(".ppm"),
    "ppm as text": ocv(".ppm", PICTURE, cv2.IMWRITE_PXM_BINARY, 0),
    "pgm grey": ocv(".pgm", GREY),
    "pgm deep grey": ocv(".pgm", GREY.astype(np.uint16) * 257),
    "pgm of ten bits grey": b"P5\n# a comment\n64 48\n1023\n" + (GREY.astype(np.uint16) * 4).astype(">u2").tobytes(),
    "pam": ocv(".pam"),
    "pfm": ocv(".pfm", PICTURE.astype(np.float32) / 255),
    "radiance": ocv(".hdr", PICTURE.astype(np.float32) / 255),
    "sun raster": ocv(".ras"),
    "tga": pil("TGA"),
    "tga packed": pil("TGA", compression="tga_rle"),
    "pcx": pil("PCX"),
    "sgi": pil("SGI"),
    "dds": pil("DDS"),
    "icon": pil("ICO", _RGB.resize((64, 48)), sizes=[(64, 48)]),
}
if cv2.haveImageReader("x.avif") or "AVIF" in Image.SAVE:
    READABLE |= {"avif": pil("AVIF", quality=95), "avif animated": pil("AVIF", quality=95, **_MORE)}
if heic():
    READABLE |= {"heic": heic(), "heic several in one": heic(**_MORE)}
#: Palettes and losses: how far the mean of all pixels may be off.
TOLERANCE = 6.0


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header states any size."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(bytes(100))) + png_chunk(b"IEND", b"")


def jpeg_that_claims(width: int, height: int) -> bytes:
    jpeg = bytearray(JPEG)
    at = jpeg.index(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(jpeg)


def tiff_that_claims(width: int, height: int) -> bytes:
    """A TIFF with one strip of a few bytes, packed by Deflate."""
    tags = ((256, width), (257, height), (258, 8), (259, 8), (262, 1), (273, 8), (277, 1), (278, height), (279, 30))
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    strip = zlib.compress(bytes(1000)).ljust(30, b"\0")
    return b"II*\0" + struct.pack("<I", 38) + strip + struct.pack("<H", len(tags)) + entries + bytes(4)


def webp_that_claims(side: int) -> bytes:
    body = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + 2 * (side - 1).to_bytes(3, "little") + b"ANIM"
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def jpeg_of_scans(count: int) -> bytes:
    """A progressive JPEG whose last scan is repeated."""
    jpeg = pil("JPEG", _RGB.resize((512, 512)), progressive=True)
    at = jpeg.rindex(b"\xff\xda")
    return jpeg[:-2] + jpeg[at:-2] * count + jpeg[-2:]


#: Name → file that is no picture, or none that is read, and a word of the line that says so.
REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "empty"),
    "text": (b"no picture\n", "text"),
    "web page": (b"<!DOCTYPE html><title>404</title>", "web page"),
    "film": (FILM, "film"),
    "matroska": (b"\x1aE\xdf\xa3" + bytes(60), "film"),
    "pdf": (b"%PDF-1.7\n", "PDF"),
    "zip": (b"PK\x03\x04" + bytes(30), "zip"),
    "git lfs": (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    "bag": (b"\x89MCAP0\r\n" + bytes(30), "bag"),
    "svg": (b"<?xml version='1.0'?><svg/>", "SVG"),
    "openexr": (b"v/1\x01" + bytes(60), "save it as"),
    "jpeg xl": (b"\xff\x0a" + bytes(60), "save it as"),
    "raw of a camera": (b"II*\0\x10\0\0\0CR\x02\0" + bytes(60), "camera raw"),
    "note of macos": (b"\0\x05\x16\x07" + bytes(60), "macOS"),
    "noise": (bytes(range(3, 200)), "no known kind"),
    "jpeg cut": (JPEG[:-300], "cut off"),
    "jpeg cut and padded": (JPEG[:-300] + bytes(5000), "cut off"),
    "jpeg cut, another behind": (JPEG[:-300] + JPEG, "cut off"),
    "png cut": (PNG[:-20], "cut off"),
    "png cut and padded": (PNG[:-20] + bytes(5000), "cut off"),
    "gif cut": (READABLE["gif"][:-900], "cut off"),
    "webp cut": (READABLE["webp"][:-90], "cut off"),
    "bmp cut": (READABLE["bmp"][:-90], "cut off"),
    "tiff cut": (READABLE["tiff lzw"][:-2000], "cut off"),
    "ppm cut": (READABLE["ppm"][:-90], "cut off"),
    "jpeg bomb": (jpeg_that_claims(65_000, 65_000), "max_pixels"),
    "png bomb": (png_that_claims(2**31 - 1, 2**31 - 1), "max_pixels"),
    "tiff bomb": (tiff_that_claims(60_000, 60_000), "max_pixels"),
    "webp bomb": (webp_that_claims(16_384), "no picture"),
    "jpeg of a thousand scans": (jpeg_of_scans(1000), "scans"),
    "gif bomb": (b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x44\x01\0;", "max_pixels"),
    "bmp bomb": (READABLE["bmp"][:18] + struct.pack("<ii", 60_000, 60_000) + READABLE["bmp"][26:], "cut off"),
}
if "avif" in READABLE:
    REFUSED["avif cut"] = (READABLE["avif"][:-300], "cut off")
if "heic" in READABLE:
    REFUSED["heic cut"] = (READABLE["heic"][:-300], "cut off")
