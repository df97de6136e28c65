"""GIF and WebP, which may be animated: their first frame counts."""

from __future__ import annotations

from fer_ros.core.vision.headers.header import Header, cut_off, damaged, little
from fer_ros.core.vision.kinds import GIF, WEBP


def gif(data: memoryview) -> Header:
    """Size of a GIF; whole is one whose first frame is.

    :raises BadImage: it is damaged or cut off.
    """
    width, height = little(data, 6, 2), little(data, 8, 2)
    at = 13 + _colours(data[10])
    frames = 0
    while at < len(data) and data[at] != 0x3B:
        if data[at] == 0x2C:
            if not frames:
                # A frame may be larger than the screen that it is shown on.
                width = max(width, little(data, at + 1, 2) + little(data, at + 5, 2))
                height = max(height, little(data, at + 3, 2) + little(data, at + 7, 2))
            at = _blocks(data, at + 11 + _colours(data[at + 9]))
            frames += at <= len(data)
        elif data[at] == 0x21:
            at = _blocks(data, at + 2)
        elif frames:
            break  # what stands behind
        else:
            raise damaged(GIF, "its blocks do not follow each other")
    if not frames:
        raise cut_off(GIF)
    return Header(GIF, width, height, min(at + 1, len(data)), GIF.cost, frames=min(frames, 2))


def webp(data: memoryview) -> Header:
    """Size and end of a WebP.

    :raises BadImage: it is damaged, cut off, or holds no picture.
    """
    end = 8 + little(data, 4, 4)
    if end > len(data):
        raise cut_off(WEBP)
    at, screen, picture, frames = 12, (0, 0), (0, 0), 0
    while at + 8 <= end:
        name, size, body = bytes(data[at : at + 4]), little(data, at + 4, 4), at + 8
        if body + size > end:
            raise cut_off(WEBP)
        if name == b"VP8X":
            screen = little(data, body + 4, 3) + 1, little(data, body + 7, 3) + 1
        elif name == b"VP8 ":
            picture, frames = (little(data, body + 6, 2) & 0x3FFF, little(data, body + 8, 2) & 0x3FFF), frames + 1
        elif name == b"VP8L":
            packed = little(data, body + 1, 4)
            picture, frames = ((packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1), frames + 1
        elif name == b"ANMF":
            frames += 1
        at = body + size + (size & 1)
    if not frames:
        raise damaged(WEBP, "it holds no picture")
    width, height = max(screen[0], picture[0]), max(screen[1], picture[1])
    return Header(WEBP, width, height, end, WEBP.cost, frames=min(frames, 2))


def _colours(flags: int) -> int:
    """Bytes of a table of colours."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _blocks(data: memoryview, at: int) -> int:
    """Behind the last of some blocks; more than there are bytes where they are cut off."""
    while at < len(data):
        size = data[at]
        at += 1 + size
        if not size:
            return at
    return len(data) + 1
