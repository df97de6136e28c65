"""The size that a JPEG or PNG states, read before anything is decoded, so that a small file cannot take all memory."""

from __future__ import annotations

from fer_ros.core.base.errors import BadImage

_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
_PNG_START, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
#: Start-of-frame markers (ITU-T T.81, table B.1): C0 to CF without DHT (C4), JPG (C8) and DAC (CC).
_SIZE_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
#: Markers without a length: TEM, RST0 to RST7, SOI, EOI.
_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xDA)})
#: Bytes that are searched for the end mark: some cameras fill up their buffers after it.
_TAIL = 4096


def compressed_size(data: memoryview) -> tuple[int, int]:
    """Width and height in pixels, as the header states them.

    :param data: a whole file, one-dimensional, bytes.
    :raises BadImage: ``reason`` is ``compression``: neither JPEG nor PNG, the header is damaged, or the end is missing.
    """
    head = bytes(data[:24])
    if head.startswith(_JPEG_START):
        _check_end(data, _JPEG_END)
        return _jpeg_size(data)
    if head.startswith(_PNG_START):
        _check_end(data, _PNG_END)
        if head[12:16] != b"IHDR":
            raise BadImage("compression", "the PNG does not begin with its header")
        return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
    raise BadImage("compression", f"neither JPEG nor PNG: the data begin with {head[:4].hex(' ')}")


def _check_end(data: memoryview, mark: bytes) -> None:
    """A decoder fills the missing part of a cut-off picture with grey, which must not be taken for a scene."""
    if bytes(data[-_TAIL:]).rfind(mark) < 0:
        raise BadImage("compression", "the picture is cut off: its end is missing")


def _jpeg_size(data: memoryview) -> tuple[int, int]:
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            break
        marker = data[at + 1]
        if marker == 0xFF:  # filling
            at += 1
        elif marker in _BARE_MARKERS:
            at += 2
        elif marker in _SIZE_MARKERS:
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        else:
            length = int.from_bytes(data[at + 2 : at + 4], "big")
            if length < 2:
                break
            at += 2 + length
    raise BadImage("compression", "the JPEG's header is damaged")
