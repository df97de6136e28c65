"""JPEG: segments up to the end mark (ITU-T T.81, annex B)."""

from __future__ import annotations

import re
import struct

from fer_ros.core.vision.headers.header import Header, cut_off, damaged
from fer_ros.core.vision.kinds import JPEG

#: Start-of-frame markers (table B.1): C0 to CF without DHT (C4), JPG (C8) and DAC (CC).
_SIZE = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
#: Markers without a length: TEM, RST0 to RST7.
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})
_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
#: The next marker behind coded data, in which 00 stands behind each FF and only restart markers occur.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
#: FF, the marker, and the length of its segment.
_SEGMENT = struct.Struct(">BBH")
#: Bits, height, width and number of components.
_FRAME = struct.Struct(">BHHB")
#: Scans at most: encoders write some ten; each may take the time of the whole picture.
MAX_SCANS = 64


def jpeg(data: memoryview, quick: bool = False) -> Header:
    """Size and end of a JPEG.

    :param quick: take an end mark at the end of the data for this picture's, without reading all that stands before it.
        It may be that of another picture, if this one is cut off.
    :raises BadImage: it is damaged, or cut off: its end mark is missing.
    """
    at, scans, frame, total = 2, 0, 0, len(data)
    while at + 1 < total:
        start, marker, length = _SEGMENT.unpack_from(data, at) if at + 4 <= total else (data[at], data[at + 1], 2)
        if start != 0xFF:  # bytes between segments, which decoders pass over: older Pillows write some
            found = _MARKER.search(data, at)
            at = found.start() if found else total
            continue
        if marker == _END:
            return _header(data, frame, at + 2)
        if marker == 0xFF:  # filling
            at += 1
        elif marker in _BARE:
            at += 2
        elif marker == _START and scans:  # another picture begins before this one has ended
            raise cut_off(JPEG)
        elif length < 2 or marker == _START:
            raise damaged(JPEG, "a segment without a length")
        elif marker != _SCAN:
            if marker in _SIZE and not frame:
                frame = at
            at += 2 + length
        else:
            scans += 1
            if scans > MAX_SCANS:
                raise damaged(JPEG, f"more than {MAX_SCANS} scans")
            if quick and data[total - 1] == _END and data[total - 2] == 0xFF and _is_only_scan(data, frame, at):
                return _header(data, frame, total)
            found = _MARKER.search(data, at + 2 + length)
            at = found.start() if found else total
    raise cut_off(JPEG)


def _is_only_scan(data: memoryview, frame: int, scan: int) -> bool:
    """Whether a scan holds all components of the picture, as with most cameras.

    :raises IndexError: the data end before.
    """
    return bool(frame) and data[frame + 1] not in _PROGRESSIVE and data[frame + 9] == data[scan + 4]


def _header(data: memoryview, frame: int, end: int) -> Header:
    if not frame:
        raise damaged(JPEG, "it states no size")
    if frame + 10 > len(data):
        raise cut_off(JPEG)
    bits, height, width, components = _FRAME.unpack_from(data, frame + 4)
    cost = JPEG.cost
    if data[frame + 1] in _PROGRESSIVE:
        # All coefficients are kept, two bytes each, until the last scan.
        factors = [(f >> 4) * (f & 15) for f in data[frame + 11 : frame + 11 + 3 * components : 3]]
        cost += -(-2 * sum(factors) // max(*factors, 1, 1))
    return Header(JPEG, width, height, end, cost, max(8, bits))
