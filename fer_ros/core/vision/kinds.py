"""Telling what a file or buffer is, by its first bytes and never by its name."""

from __future__ import annotations

from dataclasses import dataclass

#: Bytes from the beginning of a file that :func:`kind_of` looks at.
HEAD = 512


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file.

    :ivar picture: whether it holds a picture, readable here or not.
    :ivar cost: bytes of memory per pixel that decoding takes at its peak, roughly; it bounds the pixels.
    :ivar opencv: whether OpenCV reads it.
    :ivar pillow: Pillow's name of the format where Pillow reads it, or can in OpenCV's place; else empty.
    :ivar advice: what to do where neither reads it.
    """

    name: str
    picture: bool = True
    cost: int = 12
    opencv: bool = False
    pillow: str = ""
    advice: str = ""

    @property
    def readable(self) -> bool:
        """Whether a reader for it can exist here."""
        return self.opencv or bool(self.pillow)

    def __str__(self) -> str:
        return self.name


_SAVE = "save it as JPEG or PNG"

JPEG = Kind("JPEG", cost=6, opencv=True, pillow="JPEG")
PNG = Kind("PNG", cost=6, opencv=True, pillow="PNG")
GIF = Kind("GIF", cost=12, opencv=True, pillow="GIF")
BMP = Kind("BMP", cost=8, opencv=True, pillow="BMP")
TIFF = Kind("TIFF", cost=12, opencv=True, pillow="TIFF")
WEBP = Kind("WebP", cost=12, opencv=True, pillow="WEBP")
JPEG2000 = Kind("JPEG 2000", cost=30, opencv=True, pillow="JPEG2000")
AVIF = Kind("AVIF", cost=12, opencv=True, pillow="AVIF", advice="pip install 'fer_ros[pictures]', or save it as JPEG")
HEIC = Kind("HEIC", cost=12, pillow="HEIF", advice="pip install 'fer_ros[pictures]', or save it as JPEG")
PNM = Kind("PNM", cost=8, opencv=True, pillow="PPM")
PFM = Kind("PFM", cost=28, opencv=True)
HDR = Kind("Radiance HDR", cost=28, opencv=True)
SUN = Kind("Sun raster", cost=8, opencv=True, pillow="SUN")
ICON = Kind("icon", cost=12, pillow="ICO")
MAC_ICON = Kind("Mac icon", cost=12, pillow="ICNS")
PHOTOSHOP = Kind("Photoshop", cost=16, pillow="PSD")
PCX = Kind("PCX", cost=12, pillow="PCX")
TGA = Kind("TGA", cost=12, pillow="TGA")
#: Pillow takes them apart in Python, so that a second goes by for less than a million pixels.
DDS = Kind("DDS", cost=300, pillow="DDS")
QOI = Kind("QOI", cost=300, pillow="QOI")
SGI = Kind("SGI", cost=12, pillow="SGI")

RAW = Kind("camera raw", advice=_SAVE)
EMPTY = Kind("empty", picture=False)
TEXT = Kind("text", picture=False)
UNKNOWN = Kind("no known kind of file", picture=False)

#: First bytes and what they mean; the first that fits counts.
_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff\xf7", Kind("JPEG-LS", advice=_SAVE)),
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"\0\0\0\x0cjP  \r\n\x87\n", JPEG2000),
    (b"\xff\x4f\xff\x51", JPEG2000),
    (b"#?RADIANCE", HDR),
    (b"#?RGBE", HDR),
    (b"\x59\xa6\x6a\x95", SUN),
    (b"8BPS\0\x01", PHOTOSHOP),
    (b"8BPS\0\x02", Kind("Photoshop (large)", advice=_SAVE)),
    (b"DDS ", DDS),
    (b"qoif", QOI),
    (b"\x01\xda", SGI),
    (b"\0\0\x01\0", ICON),
    (b"icns", MAC_ICON),
    (b"v/1\x01", Kind("OpenEXR", advice=_SAVE)),
    (b"\xff\x0a", Kind("JPEG XL", advice=_SAVE)),
    (b"\0\0\0\x0cJXL \r\n\x87\n", Kind("JPEG XL", advice=_SAVE)),
    (b"FUJIFILMCCD-RAW", RAW),
    (b"IIRO", RAW),
    (b"IIRS", RAW),
    (b"IIU\0", RAW),
    (b"FOVb", RAW),
    (b"\xc5\xd0\xd3\xc6", Kind("PostScript", advice=_SAVE)),
    (b"%!PS", Kind("PostScript", advice=_SAVE)),
    (b"gimp xcf", Kind("GIMP drawing", advice=_SAVE)),
    (b"SIMPLE  =", Kind("FITS", advice=_SAVE)),
    (b"%PDF", Kind("PDF", picture=False)),
    (b"\x1aE\xdf\xa3", Kind("film (Matroska or WebM)", picture=False)),
    (b"FLV\x01", Kind("film (FLV)", picture=False)),
    (b"OggS", Kind("film or sound (Ogg)", picture=False)),
    (b"\0\0\x01\xba", Kind("film (MPEG)", picture=False)),
    (b"\0\0\x01\xb3", Kind("film (MPEG)", picture=False)),
    (b"0&\xb2u\x8ef\xcf\x11", Kind("film (WMV)", picture=False)),
    (b"YUV4MPEG2", Kind("film (Y4M)", picture=False)),
    (b"\x89MCAP", Kind("bag (MCAP)", picture=False)),
    (b"SQLite format 3\0", Kind("database (SQLite)", picture=False)),
    (b"#ROSBAG", Kind("bag of ROS 1", picture=False)),
    (b"PK\x03\x04", Kind("zip archive", picture=False)),
    (b"PK\x05\x06", Kind("zip archive", picture=False)),
    (b"\x1f\x8b", Kind("gzip", picture=False)),
    (b"BZh", Kind("bzip2", picture=False)),
    (b"\xfd7zXZ\0", Kind("xz", picture=False)),
    (b"7z\xbc\xaf\x27\x1c", Kind("7z archive", picture=False)),
    (b"Rar!", Kind("rar archive", picture=False)),
    (b"\x93NUMPY", Kind("NumPy array", picture=False)),
    (b"\x89HDF", Kind("HDF5", picture=False)),
    (b"\0\x05\x16\x07", Kind("note of macOS", picture=False)),
    (b"\0\x05\x16\0", Kind("note of macOS", picture=False)),
    (b"\0\0\0\x01Bud1", Kind("note of macOS", picture=False)),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind("Office document or thumbnails", picture=False)),
    (b"ID3", Kind("sound", picture=False)),
    (b"fLaC", Kind("sound", picture=False)),
    (b"\x7fELF", Kind("program", picture=False)),
    (b"version https://git-lfs", Kind("pointer of Git LFS: run `git lfs pull`", picture=False)),
)
_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
#: Major brands of still pictures in HEIF's container; everything else with ``ftyp`` is a film.
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"})


def kind_of(data: bytes | memoryview) -> Kind:
    """The kind of what begins like this.

    :param data: the beginning, :data:`HEAD` bytes or all there is.
    """
    head = bytes(data[:HEAD])
    if not head:
        return EMPTY
    for start, kind in _MAGIC:
        if head.startswith(start):
            return kind
    if head[:4] in _TIFF_STARTS:
        return RAW if head[8:10] == b"CR" else TIFF
    if head[4:8] == b"ftyp":
        return _iso(head)
    if head[:4] == b"RIFF":
        return WEBP if head[8:12] == b"WEBP" else Kind("film (AVI)" if head[8:11] == b"AVI" else "sound", False)
    if head[:2] == b"BM" and head[14:15] in (b"\x0c", b"\x28", b"\x34", b"\x38", b"\x40", b"\x6c", b"\x7c"):
        return BMP
    if head[:1] == b"P" and head[1:2] in b"1234567" and len(head) > 2 and head[2:3] in b" \t\r\n#":
        return PNM
    if head[:2] in (b"PF", b"Pf") and head[2:3] in (b"\n", b"\r", b" "):
        return PFM
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"):
        return Kind("film (QuickTime)", picture=False)
    if head[:1] == b"\x47" and head[188:189] == b"\x47":
        return Kind("film (MPEG)", picture=False)
    return _by_looks(head)


def _iso(head: bytes) -> Kind:
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, size, 4))]
    if brands[0] == b"crx ":
        return RAW
    if _AVIF_BRANDS & {brands[0]} or (brands[0] in _HEIC_BRANDS and _AVIF_BRANDS & set(brands)):
        return AVIF
    return HEIC if brands[0] in _HEIC_BRANDS else Kind("film (MP4)", picture=False)


def _by_looks(head: bytes) -> Kind:
    """For what has no signature: three old kinds of pictures, and text."""
    text = head.decode("utf-8", errors="replace").lstrip("\ufeff \t\r\n").lower() if b"\0" not in head else ""
    if text.startswith("<svg") or (text.startswith("<?xml") and "<svg" in text):
        return Kind("SVG drawing", advice=_SAVE)
    if text.startswith(("<!doctype html", "<html")):
        return Kind("web page", picture=False)
    wide = head[:2] in (b"\xff\xfe", b"\xfe\xff") or _wide(head)
    if wide or (text and _printable(text)):
        return TEXT
    if head[:1] == b"\x0a" and head[1:2] in b"\0\x02\x03\x05" and head[2:3] == b"\x01" and len(head) >= 128:
        return PCX
    if len(head) > 18 and head[1] < 2 and head[2] in (1, 2, 3, 9, 10, 11) and head[16] in (8, 15, 16, 24, 32):
        sides = (int.from_bytes(head[12:14], "little"), int.from_bytes(head[14:16], "little"))
        if all(sides) and head[17] & 0xC0 == 0:
            return TGA
    return UNKNOWN


def _printable(text: str) -> bool:
    # The end of what was read may cut a character in two.
    return sum(c.isprintable() or c in "\r\n\t" for c in text) >= 0.95 * len(text)


def _wide(head: bytes) -> bool:
    """Whether it is UTF-16 text without a byte order mark."""
    for zeros, letters in ((head[1::2], head[::2]), (head[::2], head[1::2])):
        if len(head) >= 4 and not zeros.strip(b"\0") and all(32 <= c < 127 or c in b"\r\n\t" for c in letters):
            return True
    return False
