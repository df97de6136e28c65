"""JPEG: segments up to the end mark (ITU-T T.81, annex B)."""

from __future__ import annotations

import re

from fer_ros.core.vision.headers.header import Header, big, cut_off, damaged
from fer_ros.core.vision.kinds import JPEG

#: Start-of-frame markers (table B.1): C0 to CF without DHT (C4), JPG (C8) and DAC (CC).
_SIZE = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
#: Markers without a length: TEM, RST0 to RST7.
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})
_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
#: The next marker behind coded data, in which 00 stands behind each FF and only restart markers occur.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
#: Scans at most: encoders write some ten; each may take the time of the whole picture.
MAX_SCANS = 64


def jpeg(data: memoryview) -> Header:
    """Size and end of a JPEG.

    :raises BadImage: it is damaged, or cut off: its end mark is missing.
    """
    at, scans, frame = 2, 0, 0
    while at + 1 < len(data):
        if data[at] != 0xFF:
            raise damaged(JPEG, "its segments do not follow each other")
        marker = data[at + 1]
        if marker == _END:
            return _header(data, frame, at + 2)
        if marker == 0xFF:  # filling
            at += 1
            continue
        if marker in _BARE:
            at += 2
            continue
        if marker == _START and scans:  # another picture begins before this one has ended
            raise cut_off(JPEG)
        length = big(data, at + 2, 2) if at + 4 <= len(data) else 2
        if length < 2 or marker == _START:
            raise damaged(JPEG, "a segment without a length")
        if marker in _SIZE and not frame:
            frame = at
        at += 2 + length
        if marker == _SCAN:
            scans += 1
            if scans > MAX_SCANS:
                raise damaged(JPEG, f"more than {MAX_SCANS} scans")
            found = _MARKER.search(data, at)
            at = found.start() if found else len(data)
    raise cut_off(JPEG)


def _header(data: memoryview, frame: int, end: int) -> Header:
    if not frame:
        raise damaged(JPEG, "it states no size")
    bits, height, width, components = data[frame + 4], big(data, frame + 5, 2), big(data, frame + 7, 2), data[frame + 9]
    cost = JPEG.cost
    if data[frame + 1] in _PROGRESSIVE:
        # All coefficients are kept, two bytes each, until the last scan.
        factors = [(f >> 4) * (f & 15) for f in data[frame + 11 : frame + 11 + 3 * components : 3]]
        cost += -(-2 * sum(factors) // max(*factors, 1, 1))
    return Header(JPEG, width, height, end, cost, max(8, bits))
