"""AVIF, HEIC and JPEG 2000: boxes in boxes."""

from __future__ import annotations

from collections.abc import Iterator

from fer_ros.core.base.errors import BadImage
from fer_ros.core.vision.headers.header import Header, big, cut_off, damaged
from fer_ros.core.vision.kinds import AVIF, HEIC, JPEG2000, Kind

_CODESTREAM, _END = b"\xff\x4f\xff\x51", b"\xff\xd9"
#: Tiles and components of a JPEG 2000 at most: each takes time and memory of its own.
MAX_TILES, MAX_COMPONENTS = 4096, 4

#: Items of a HEIF at most: a photograph has one for each of its tiles.
MAX_ITEMS = 4096
#: Bytes at most: decoding takes longer the more there are, so that 25 million pixels stay below two seconds of CPU.
MAX_BYTES = {AVIF: 5_000_000, HEIC: 7_000_000}


def avif(data: memoryview) -> Header:
    """See :func:`heic`."""
    return _heif(AVIF, data)


def heic(data: memoryview) -> Header:
    """Size and end of a HEIC: the largest picture that its properties state (ISO/IEC 23008-12, ``ispe``).

    :raises BadImage: it is damaged, cut off, or of more than :data:`MAX_BYTES`.
    """
    return _heif(HEIC, data)


def _heif(kind: Kind, data: memoryview) -> Header:
    sizes, bits, frames, last, coded = [(0, 0)], 8, 1, 0, None
    for name, start, end in _boxes(kind, data, 0, len(data)):
        last = end
        if name == b"moov":
            frames = 2
        if name != b"meta":
            continue
        for inner, at, stop in _boxes(kind, data, start + 4, end):
            if inner == b"iloc":
                coded = _coded_bytes(kind, data[at:stop])
            if inner != b"iprp":
                continue
            for box, first, behind in _boxes(kind, data, at, stop):
                if box == b"ipco":
                    for prop, where, _ in _boxes(kind, data, first, behind):
                        if prop == b"ispe":
                            sizes.append((big(data, where + 4, 4), big(data, where + 8, 4)))
                        elif prop == b"pixi" and data[where + 4]:
                            bits = max(bits, data[where + 5])
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    if not width:
        raise damaged(kind, "it states no size")
    # Where an animation keeps its pictures, only its film says.
    if (last if coded is None or frames > 1 else coded) > MAX_BYTES[kind]:
        most = MAX_BYTES[kind] // 1_000_000
        raise BadImage("size", f"the {kind} has more than {most} MB: save it smaller, or as JPEG", "too large")
    return Header(kind, width, height, last, kind.cost, min(bits, 16), frames)


def _coded_bytes(kind: Kind, box: memoryview) -> int | None:
    """Bytes that are decoded at most: those that the box ``iloc`` gives to items, wherever they lie.

    What no item uses, such as the film of a phone's motion photograph, is not decoded.

    :returns: None where the box leaves it open.
    """
    version, sizes = box[0], big(box, 4, 2)
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    if version > 2 or not length:
        return None
    wide = 4 if version == 2 else 2
    count, at, coded = big(box, 6, wide), 6 + wide, 0
    if count > MAX_ITEMS:
        raise damaged(kind, f"{count} items")
    before = wide + (4 if version else 2) + base
    step = (index if version else 0) + offset
    for _ in range(count):
        at += before + 2
        for _ in range(big(box, at - 2, 2)):
            part = big(box, at + step, length)
            if not part:  # up to the end of the file
                return None
            at, coded = at + step + length, coded + part
    return coded


def _boxes(kind: Kind, data: memoryview, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, begin of the content, and end of each box; up to what is no box."""
    while at + 8 <= end:
        size, name, start = big(data, at, 4), bytes(data[at + 4 : at + 8]), at + 8
        if not (name.isascii() and name.replace(b" ", b"x").isalnum()):
            return
        if size == 1:
            size, start = big(data, at + 8, 8), at + 16
        stop = at + size if size else end
        if stop > end:
            raise cut_off(kind)
        if stop < start:
            raise damaged(kind, "a box without a length")
        yield name, start, stop
        at = stop


def jpeg2000(data: memoryview) -> Header:
    """Size and end of a JPEG 2000, as its codestream states them (ITU-T T.800, SIZ).

    :raises BadImage: it is damaged or cut off.
    """
    at = bytes(data[: 1 << 16]).find(_CODESTREAM)
    if at < 0:
        raise damaged(JPEG2000, "it holds no picture")
    right, bottom, left, top, tile_width, tile_height = (big(data, at + 8 + 4 * n, 4) for n in range(6))
    width, height, components = right - left, bottom - top, big(data, at + 40, 2)
    if width < 1 or height < 1 or not tile_width or not tile_height or components > MAX_COMPONENTS:
        raise damaged(JPEG2000, "its header makes no sense")
    if -(-right // tile_width) * -(-bottom // tile_height) > MAX_TILES:
        raise damaged(JPEG2000, f"more than {MAX_TILES} tiles")
    end = bytes(data).rfind(_END)
    if end < at:
        raise cut_off(JPEG2000)
    return Header(JPEG2000, width, height, len(data), JPEG2000.cost, max(8, (data[at + 42] & 0x7F) + 1))
