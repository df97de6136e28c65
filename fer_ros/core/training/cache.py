"""Crops and embeddings of recorded faces, kept for the next training in one private file below ``$FER_HOME``.

An entry is found by the SHA-256 of all that it was computed from, so what has changed is computed anew. The file goes
with whatever is removed for good: a forgotten person, an emptied trash. What no training has used for a week goes by
itself. A file that is damaged or cannot be written costs time and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterator
from typing import Any

from fer_ros.core.base import paths

log = logging.getLogger(__name__)

#: Part of every key: to be raised where the same input comes to give another result.
VERSION = 1
#: Bytes of all entries at most, some 7,000 faces of the default model; those unused for longest go first.
MAX_BYTES = 256_000_000
#: Nothing is kept where fewer bytes than these are free on the disk.
MIN_FREE = 4 * MAX_BYTES
#: Seconds after which an entry that no training has used goes; and how exactly it is known when one was used.
UNUSED, DAY = 7 * 86_400, 86_400
_TABLE = "CREATE TABLE IF NOT EXISTS kept (key BLOB PRIMARY KEY, used INTEGER, sum INTEGER, data BLOB)"


def key(kind: str, *parts: Any) -> bytes:
    """The name of an entry.

    :param parts: all that it is computed from: bytes, or values whose ``repr`` tells them.
    """
    digest = hashlib.sha256(f"{VERSION} {kind}".encode())
    for part in parts:
        data = part if isinstance(part, bytes) else repr(part).encode()
        digest.update(hashlib.sha256(data).digest())
    return digest.digest()


class Cache:
    """What :meth:`opened` gives. One that was not opened keeps nothing. Any thread may use it."""

    def __init__(self, now: float = 0.0, writes: bool = True) -> None:
        self._lock = threading.Lock()
        self._base: sqlite3.Connection | None = None
        self._used: set[bytes] = set()
        self._put = 0
        self._now, self._writes = int(now), writes

    @classmethod
    @contextlib.contextmanager
    def opened(cls, now: float | None = None, writes: bool = True) -> Iterator[Cache]:
        """Open the file.

        :param now: seconds since the epoch.
        :param writes: False: only read what is there. Only a process that trains, or is going to, may write.
        """
        self = cls(time.time() if now is None else now, writes)
        self._open()
        try:
            yield self
        finally:
            with self._lock, self._harmless():
                if self._base is not None and self._writes:
                    self._tidy(self._base)
                    self._base.commit()
            if self._base is not None:
                self._base.close()

    def get(self, name: bytes, size: int) -> bytes | None:
        """What was kept, of so many bytes; None where nothing is, or something else."""
        with self._lock, self._harmless():
            if self._base is None:
                return None
            row = self._base.execute("SELECT sum, data FROM kept WHERE key = ?", (name,)).fetchone()
            if row and isinstance(row[1], bytes) and len(row[1]) == size and row[0] == _sum(name, row[1]):
                self._used.add(name)
                return row[1]
        return None

    def put(self, name: bytes, data: bytes) -> None:
        """Keep something."""
        with self._lock, self._harmless():
            if self._base is not None and self._writes and self._put < MAX_BYTES:
                self._put += len(data)
                row = (name, self._now, _sum(name, data), data)
                self._base.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)", row)

    def _open(self) -> None:
        for _ in range(2):  # a damaged file is removed at the first attempt
            with self._harmless():
                file = paths.embeddings_file()
                if not self._writes:
                    self._base = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=0.2)
                    return
                paths.private_folder(file.parent)
                if shutil.disk_usage(file.parent).free < MIN_FREE:
                    return
                os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
                file.chmod(0o600)
                self._base = sqlite3.connect(file, check_same_thread=False, timeout=0.2)
                # One file only, and no waiting for the disk: if power fails in between, it is made anew.
                for pragma in (
                    "auto_vacuum = FULL",
                    "secure_delete = ON",
                    "journal_mode = MEMORY",
                    "synchronous = OFF",
                ):
                    self._base.execute(f"PRAGMA {pragma}")
                self._base.execute(_TABLE)
                self._base.execute("SELECT key, used, sum, data FROM kept LIMIT 1").fetchone()
                return

    def _tidy(self, base: sqlite3.Connection) -> None:
        """Note what was used, and remove what was not for long, or is too much."""
        used = [(self._now, name, self._now - DAY) for name in self._used]
        base.executemany("UPDATE kept SET used = ? WHERE key = ? AND used < ?", used)
        base.execute("DELETE FROM kept WHERE used < ? OR used > ?", (self._now - UNUSED, self._now + DAY))
        (total,) = base.execute("SELECT COALESCE(SUM(LENGTH(data)), 0) FROM kept").fetchone()
        for row, size in base.execute("SELECT rowid, LENGTH(data) FROM kept ORDER BY used, rowid").fetchall():
            if total <= MAX_BYTES:
                return
            base.execute("DELETE FROM kept WHERE rowid = ?", (row,))
            total -= size

    @contextlib.contextmanager
    def _harmless(self) -> Iterator[None]:
        """After an error nothing is kept any more; a damaged file is removed."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            log.debug("embeddings are not kept: %s", error)
            base, self._base = self._base, None
            if base is not None:
                with contextlib.suppress(sqlite3.Error):
                    base.close()
            if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
                paths.drop_embeddings()


def _sum(name: bytes, data: bytes) -> int:
    return zlib.crc32(data, zlib.crc32(name))
