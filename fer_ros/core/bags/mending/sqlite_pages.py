"""Reads the rows of a SQLite file from its pages (https://www.sqlite.org/fileformat2.html), past any damage.

SQLite itself reads a table from its root, and loses everything behind a damaged page. Here every page with rows is
read by itself, the newest first, those of the write-ahead log too. A row that exists twice comes twice.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO

#: A row: its number, and the values of its columns.
Row = tuple[int, tuple[object, ...]]
_FILE_HEAD, _LOG_HEAD, _FRAME_HEAD = 100, 32, 24
_LEAF = 0x0D
_PAGE_SIZES = frozenset(1 << n for n in range(9, 17))
#: What most systems use, for a file whose head is damaged.
_USUAL_SIZE = 4096
#: Bytes of a row from which it counts as damaged.
_MAX_ROW = 1 << 28
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


def rows(path: Path) -> Iterator[Row]:
    """Every row of every table that can be read from a file and its log.

    :raises OSError: it cannot be read.
    """
    with path.open("rb") as file:
        log = Path(f"{path}-wal")
        if log.exists():
            with log.open("rb") as frames:
                yield from _Pages(file, frames).rows()
        else:
            yield from _Pages(file, None).rows()


class _Pages:
    """Where the pages of a file lie, and the rows in them."""

    def __init__(self, file: IO[bytes], log: IO[bytes] | None) -> None:
        size = file.seek(0, 2)
        file.seek(0)
        head = file.read(_FILE_HEAD).ljust(_FILE_HEAD, b"\0")
        log_head = b""
        if log is not None:
            log.seek(0)
            log_head = log.read(_LOG_HEAD).ljust(_LOG_HEAD, b"\0")
        self.size = _page_size(head, log_head)
        # Bytes at the end of each page that belong to nobody; SQLite's own files have none.
        self.usable = self.size - (head[20] if head[20] <= 32 else 0)
        #: Places of each page, the newest last.
        self.images: dict[int, list[tuple[IO[bytes], int]]] = {
            number + 1: [(file, number * self.size)] for number in range(-(-size // self.size))
        }
        if log is not None:
            self._add_log(log, log_head)

    def _add_log(self, log: IO[bytes], head: bytes) -> None:
        """Frames behind a damaged one are taken, too: each row must prove itself."""
        size = log.seek(0, 2)
        for at in range(_LOG_HEAD, size - _FRAME_HEAD, _FRAME_HEAD + self.size):
            log.seek(at)
            number = struct.unpack(">I", log.read(4))[0]
            if 0 < number <= (size // self.size) + len(self.images):
                self.images.setdefault(number, []).append((log, at + _FRAME_HEAD))

    def rows(self) -> Iterator[Row]:
        for number, places in sorted(self.images.items()):
            for file, at in reversed(places):
                page = self._read(file, at)
                start = _FILE_HEAD if number == 1 else 0
                if page[start] == _LEAF:
                    yield from self._leaf(page, start)

    def _read(self, file: IO[bytes], at: int) -> bytes:
        file.seek(at)
        # The last page of a file that was cut off.
        return file.read(self.size).ljust(self.size, b"\0")

    def _leaf(self, page: bytes, start: int) -> Iterator[Row]:
        (count,) = struct.unpack_from(">H", page, start + 3)
        for cell in range(min(count, (self.size - start - 8) // 2)):
            (at,) = struct.unpack_from(">H", page, start + 8 + 2 * cell)
            try:
                length, at = _varint(page, at)
                number, at = _varint(page, at)
                payload = self._payload(page, at, length)
                yield number - (1 << 64) if number >> 63 else number, tuple(_values(payload))
            except (IndexError, ValueError, struct.error):
                continue

    def _payload(self, page: bytes, at: int, length: int) -> bytes:
        if not 0 < length <= _MAX_ROW:
            raise ValueError("no row")
        most, least = self.usable - 35, (self.usable - 12) * 32 // 255 - 23
        if length <= most:
            return page[at : at + length]
        local = least + (length - least) % (self.usable - 4)
        local = local if local <= most else least
        parts, missing = [page[at : at + local]], length - local
        (following,) = struct.unpack_from(">I", page, at + local)
        while missing > 0:
            if following not in self.images:
                raise ValueError("its end is missing")
            overflow = self._read(*self.images[following][-1])
            parts.append(overflow[4 : min(self.usable, 4 + missing)])
            missing -= self.usable - 4
            (following,) = struct.unpack_from(">I", overflow)
        return b"".join(parts)


def _page_size(head: bytes, log: bytes) -> int:
    (size,) = struct.unpack_from(">H", head, 16)
    size = 65536 if size == 1 else size
    if head.startswith(b"SQLite format 3\0") and size in _PAGE_SIZES:
        return int(size)
    size = struct.unpack_from(">I", log, 8)[0] if log else 0
    return size if size in _PAGE_SIZES else _USUAL_SIZE


def _values(payload: bytes) -> Iterator[object]:
    """The columns of a row.

    :raises ValueError: it is none. Also IndexError and struct.error.
    """
    end, at = _varint(payload, 0)
    kinds = []
    while at < end:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    if at != end or len(kinds) > 64:
        raise ValueError("no row")
    for kind in kinds:
        if kind in (10, 11):
            raise ValueError("no row")
        if kind in (8, 9):
            yield kind - 8
            continue
        length = _INTEGERS.get(kind, 8 if kind == 7 else (kind - 12) // 2 if kind >= 12 else 0)
        data = payload[at : at + length]
        if len(data) < length:
            raise ValueError("its end is missing")
        at += length
        if kind == 0:
            yield None
        elif kind == 7:
            yield struct.unpack(">d", data)[0]
        elif kind < 8:
            yield int.from_bytes(data, "big", signed=True)
        else:
            yield data.decode("utf-8") if kind % 2 else data
    if at != len(payload):
        raise ValueError("no row")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of SQLite's own kind, of one to nine bytes, and where the next begins."""
    value = 0
    for k in range(8):
        byte = data[at + k]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + k + 1
    return value << 8 | data[at + 8], at + 9
