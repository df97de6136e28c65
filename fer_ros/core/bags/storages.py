"""The kinds of files a bag can consist of."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fer_ros.core.bags import mcap_file, mcap_scan, sqlite_file, sqlite_scan
from fer_ros.core.bags.part import PartWriter, Scan
from fer_ros.core.bags.sqlite_open import COMPANIONS


@dataclass(frozen=True, slots=True)
class Storage:
    """One kind of file.

    :ivar name: rosbag2's storage identifier.
    :ivar make: creates a file from its path and the bag's facts; raises OSError.
    :ivar scan: reads the messages of one.
    """

    name: str
    suffix: str
    make: Callable[[Path, Mapping[str, str]], PartWriter]
    scan: Callable[[Scan], Iterator[tuple[str, bytes]]]


_ALL = (
    Storage(mcap_file.STORAGE, mcap_file.SUFFIX, mcap_file.McapWriter, mcap_scan.scan),
    Storage(sqlite_file.STORAGE, sqlite_file.SUFFIX, sqlite_file.SqliteWriter, sqlite_scan.scan),
)
BY_NAME = {storage.name: storage for storage in _ALL}
BY_SUFFIX = {storage.suffix: storage for storage in _ALL}
DEFAULT = mcap_file.STORAGE
#: What a file begins with.
_MAGIC = {b"\x89MCAP0\r\n": _ALL[0], b"SQLite format 3\0": _ALL[1]}


def storage_of(file: Path) -> Storage | None:
    """The kind of a file by its first bytes, whatever its name; None for any other."""
    try:
        with file.open("rb") as opened:
            head = opened.read(max(map(len, _MAGIC)))
    except OSError:
        return None
    return next((storage for magic, storage in _MAGIC.items() if head.startswith(magic)), None)


def unlink(file: Path) -> None:
    """Remove a file of a bag and what its storage keeps beside it; harmless if there is none."""
    for suffix in ("", *COMPANIONS):
        Path(f"{file}{suffix}").unlink(missing_ok=True)


def create(storage: Storage, path: Path, facts: Mapping[str, str]) -> PartWriter:
    """Make a file of a bag; if that fails, nothing of it stays.

    :raises OSError: it cannot be made, or is there already.
    """
    try:
        return storage.make(path, facts)
    except FileExistsError:
        raise
    except OSError:
        with contextlib.suppress(OSError):
            unlink(path)
        raise
