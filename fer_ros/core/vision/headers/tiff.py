"""TIFF and BigTIFF: the first directory (TIFF 6.0)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fer_ros.core.base.errors import BadImage
from fer_ros.core.vision.headers.header import Header, big, damaged, little, within
from fer_ros.core.vision.kinds import RAW, TIFF

_SUBFILE, _WIDTH, _HEIGHT, _BITS, _STRIPS, _SAMPLES, _ROWS, _COUNTS = 254, 256, 257, 258, 273, 277, 278, 279
_TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_COUNTS, _FORMAT, _SUB_IFDS, _DNG = 322, 323, 324, 325, 339, 330, 50706
#: Types of numbers → bytes: BYTE, SHORT, LONG, IFD, LONG8, IFD8.
_SIZES = {1: 1, 3: 2, 4: 4, 13: 4, 16: 8, 18: 8}
#: Entries of a directory, and samples of a pixel, at most.
MAX_ENTRIES, MAX_SAMPLES = 4096, 8


@dataclass(slots=True)
class _Directory:
    """The numbers of one directory, by tag; those of the tags above only."""

    data: memoryview
    order: str
    values: dict[int, list[int]] = field(default_factory=dict)
    following: int = 0

    def first(self, tag: int, default: int = 0) -> int:
        return self.values.get(tag, [default])[0]


def tiff(data: memoryview) -> Header:
    """Size of a TIFF's first picture.

    :raises BadImage: it is damaged, cut off, or a camera's raw data.
    """
    found = _directory(data)
    width, height = found.first(_WIDTH), found.first(_HEIGHT)
    samples, bits = found.first(_SAMPLES, 1), max(found.values.get(_BITS, [1]))
    if _DNG in found.values or (found.first(_SUBFILE) & 1 and _SUB_IFDS in found.values):
        raise BadImage("compression", f"{RAW} is not read: {RAW.advice}", f"{RAW}: {RAW.advice}")
    if samples > MAX_SAMPLES or bits > 64:
        raise damaged(TIFF, f"{samples} samples of {bits} bits a pixel")
    offsets = found.values.get(_STRIPS) or found.values.get(_TILES)
    counts = found.values.get(_COUNTS) or found.values.get(_TILE_COUNTS)
    if not offsets:
        raise damaged(TIFF, "it holds no picture")
    if counts and len(counts) == len(offsets):
        within(TIFF, max(offset + count for offset, count in zip(offsets, counts, strict=True)), data)
    # A tile may be larger than the picture, and is decoded whole.
    width_read = max(width, found.first(_TILE_WIDTH))
    height_read = max(height, found.first(_TILE_HEIGHT))
    decoded = 6 + 2 * -(-samples * bits // 8)
    cost = decoded * -(-width_read * height_read // max(1, width * height))
    fractions = found.first(_FORMAT, 1) == 3
    frames = 2 if found.following else 1
    return Header(TIFF, width, height, len(data), cost, 32 if fractions else min(16, max(8, bits)), frames)


def _directory(data: memoryview) -> _Directory:
    order = "little" if data[0] == ord("I") else "big"
    number = little if order == "little" else big
    large = number(data, 2, 2) == 43
    word, entry, head = (8, 20, 8) if large else (4, 12, 2)
    at = number(data, 8 if large else 4, word)
    within(TIFF, at + head, data)
    count = number(data, at, head)
    if count > MAX_ENTRIES:
        raise damaged(TIFF, f"a directory of {count} entries")
    within(TIFF, at + head + count * entry, data)
    found = _Directory(data, order)
    for line in range(at + head, at + head + count * entry, entry):
        tag, kind, length = number(data, line, 2), number(data, line + 2, 2), number(data, line + 4, word)
        size = _SIZES.get(kind)
        if tag in _TAGS and size:
            where = line + 4 + word
            if length * size > word:
                where = number(data, where, word)
            within(TIFF, where + length * size, data)
            values = np.frombuffer(data[where : where + length * size], f"{'<' if order == 'little' else '>'}u{size}")
            found.values[tag] = values.tolist() or [0]
    behind = data[at + head + count * entry : at + head + count * entry + word]
    found.following = int.from_bytes(behind, "little")
    return found


_TAGS = frozenset(
    {_SUBFILE, _WIDTH, _HEIGHT, _BITS, _STRIPS, _SAMPLES, _ROWS, _COUNTS, _TILE_WIDTH, _TILE_HEIGHT, _TILES}
    | {_TILE_COUNTS, _FORMAT, _SUB_IFDS, _DNG}
)
