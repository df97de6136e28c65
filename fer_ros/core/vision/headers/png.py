"""PNG: chunks up to IEND."""

from __future__ import annotations

import struct

from fer_ros.core.vision.headers.header import Header, big, cut_off, damaged
from fer_ros.core.vision.kinds import PNG

#: Length and name of a chunk.
_CHUNK = struct.Struct(">I4s")
#: Bytes per pixel that a picture of 16-bit samples takes until they are eight bits.
DEEP_COST = 15


def png(data: memoryview) -> Header:
    """Size and end of a PNG.

    :raises BadImage: it is damaged, or cut off: its last chunk is missing.
    """
    if bytes(data[12:16]) != b"IHDR" and len(data) >= 16:
        raise damaged(PNG, "it does not begin with its header")
    at, frames, seen, total, profile = 8, 1, False, len(data), (0, 0)
    while at + 12 <= total:
        length, name = _CHUNK.unpack_from(data, at)
        at += 12 + length
        if name == b"IDAT":
            seen = True
        elif name == b"IEND" and at <= total:
            if not seen:
                raise damaged(PNG, "it holds no picture")
            cost = PNG.cost if data[24] <= 8 else DEEP_COST
            return Header(PNG, big(data, 16, 4), big(data, 20, 4), at, cost, max(8, data[24]), frames, profile)
        elif name == b"acTL" and big(data, at - 4 - length, 4) > 1:
            frames = 2
        elif name == b"iCCP":
            profile = at - 12 - length, at
    raise cut_off(PNG)
