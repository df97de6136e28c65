"""Pictures whose samples lie there as they are: BMP, PNM and PAM, PFM, Radiance HDR, Sun raster."""

from __future__ import annotations

import re

from fer_ros.core.base.errors import BadImage
from fer_ros.core.vision.headers.header import Header, big, damaged, little, within
from fer_ros.core.vision.kinds import BMP, HDR, PFM, PNM, SUN

#: Blanks and comments between the words of a header.
_WORD = re.compile(rb"(?:\s|#[^\n]*\n)*([^\s#]+)")
_HDR_SIZE = re.compile(rb"\n([-+][XY]) (\d+) ([-+][XY]) (\d+)\n")


def bmp(data: memoryview) -> Header:
    """Size and end of a BMP.

    :raises BadImage: it is damaged or cut off.
    """
    size = little(data, 14, 4)
    if size == 12:
        width, height, bits, packed = little(data, 18, 2), little(data, 20, 2), little(data, 24, 2), 0
    else:
        width, bits, packed = little(data, 18, 4), little(data, 28, 2), little(data, 30, 4)
        height = little(data, 22, 4)
        height = (1 << 32) - height if height >= 1 << 31 else height  # rows from the top
    offset, end = little(data, 10, 4), len(data)
    if packed in (0, 3, 6):
        end = within(BMP, offset + (width * bits + 31) // 32 * 4 * height, data)
    return Header(BMP, width, height, end, BMP.cost)


def pnm(data: memoryview) -> Header:
    """Size and end of a PBM, PGM, PPM (P1 to P6) or PAM (P7).

    :raises BadImage: it is damaged or cut off.
    """
    kind = data[1] - ord("0")
    if kind == 7:
        width, height, most, channels, at = _pam(bytes(data[:512]))
    else:
        words, at = _words(data, 2, 2 if kind in (1, 4) else 3)
        (width, height), most = words[:2], (*words, 1)[2]
        channels = 3 if kind in (3, 6) else 1
    if not 0 < most < 65536:
        raise damaged(PNM, f"a largest value of {most}")
    size = 2 if most > 255 else 1
    end = len(data)
    if kind == 4:
        end = within(PNM, at + (width + 7) // 8 * height, data)
    elif kind > 4:
        end = within(PNM, at + width * height * channels * size, data)
    else:
        within(PNM, at + width * height * (1 if kind == 1 else 2) * channels - 1, data)
    return Header(PNM, width, height, end, PNM.cost * size, max(8, most.bit_length()))


def pfm(data: memoryview) -> Header:
    """Size and end of a PFM.

    :raises BadImage: it is damaged or cut off.
    """
    found = [match for match in [_WORD.match(data, 2)] if match]
    for _ in range(2):
        found += [match for match in [_WORD.match(data, found[-1].end())] if match] if found else []
    if len(found) < 3:
        raise damaged(PFM, "its header is incomplete")
    width, height = int(found[0][1]), int(found[1][1])
    end = found[2].end() + 1 + width * height * (12 if data[1] == ord("F") else 4)
    return Header(PFM, width, height, within(PFM, end, data), PFM.cost, 32)


def hdr(data: memoryview) -> Header:
    """Size of a Radiance HDR.

    :raises BadImage: it is damaged.
    """
    found = _HDR_SIZE.search(data[:8192])
    if found is None:
        raise damaged(HDR, "it states no size")
    first, second = int(found[2]), int(found[4])
    width, height = (second, first) if found[1][1:] == b"Y" else (first, second)
    return Header(HDR, width, height, len(data), HDR.cost, 32)


def sun(data: memoryview) -> Header:
    """Size and end of a Sun raster.

    :raises BadImage: it is cut off.
    """
    width, height, depth, length, kind, colours = (big(data, at, 4) for at in (4, 8, 12, 16, 20, 28))
    plain = (width * depth + 15) // 16 * 2 * height if kind in (0, 1, 3) else length
    return Header(SUN, width, height, within(SUN, 32 + colours + plain, data), SUN.cost)


def _words(data: memoryview, at: int, count: int) -> tuple[list[int], int]:
    """Numbers of a text header, and where the samples begin.

    :raises BadImage: there are fewer.
    """
    numbers: list[int] = []
    for _ in range(count):
        found = _WORD.match(data, at)
        if found is None or len(found[1]) > 9 or not found[1].isdigit():
            raise damaged(PNM, "its header is incomplete")
        numbers.append(int(found[1]))
        at = found.end()
    return numbers, at + 1


def _pam(head: bytes) -> tuple[int, int, int, int, int]:
    at = head.find(b"ENDHDR\n")
    lines = dict(line.split(None, 1) for line in head[:at].splitlines() if len(line.split(None, 1)) == 2)
    try:
        width, height, channels, most = (int(lines[name]) for name in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL"))
    except (KeyError, ValueError):
        raise _incomplete() from None
    if at < 0 or not 0 < channels <= 4:
        raise _incomplete()
    return width, height, most, channels, at + 7


def _incomplete() -> BadImage:
    return damaged(PNM, "its header is incomplete")
