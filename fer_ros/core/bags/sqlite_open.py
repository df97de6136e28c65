"""Opening a SQLite file of a bag so that neither it nor its folder changes, not even by SQLite itself."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

#: What SQLite keeps beside a file that is open or was cut off.
COMPANIONS = ("-wal", "-shm", "-journal")
#: Of these, what holds messages, or what takes them back.
LOGS = ("-wal", "-journal")
#: Times that a file is copied anew because somebody wrote to it meanwhile.
_ATTEMPTS = 5


def has_log(path: Path) -> bool:
    """Whether a log lies beside the file, with which alone it is whole."""
    return any(_size(Path(f"{path}{suffix}")) for suffix in LOGS)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A file for reading. SQLite makes or changes files beside a database even to read it, so a log is read in a copy.

    :raises sqlite3.Error: it is no database.
    :raises OSError: it cannot be read, or there is no room for the copy.
    """
    with contextlib.ExitStack() as stack:
        path = path.resolve()
        if has_log(path):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fer_ros_")))
            base = sqlite3.connect(copied(path, folder))
        else:
            # With companions, or made for them, SQLite would write; without, its locks wait for another writer's.
            alone = not _for_log(path) and not any(Path(f"{path}{suffix}").exists() for suffix in COMPANIONS)
            mode = "mode=ro" if alone else "mode=ro&immutable=1"
            base = sqlite3.connect(f"{path.as_uri()}?{mode}", uri=True)
        stack.enter_context(contextlib.closing(base))
        # Contents of a foreign file are not to run code of its own: neither triggers nor functions in its schema.
        base.execute("PRAGMA trusted_schema = OFF")
        base.execute("PRAGMA query_only = ON")
        yield base


def copied(path: Path, folder: Path) -> Path:
    """A copy of a file and its log in a folder, both of the same moment.

    :raises OSError: it cannot be read, or there is no room.
    """
    copy = folder / path.name
    for _ in range(_ATTEMPTS):
        before = _moment(path)
        shutil.copyfile(path, copy)
        for suffix in LOGS:
            Path(f"{copy}{suffix}").unlink(missing_ok=True)
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(f"{path}{suffix}", f"{copy}{suffix}")
        if before == _moment(path):
            break
    return copy


def _moment(path: Path) -> tuple[object, ...]:
    """What changes when the log is moved into the file and begun anew, but not while the log only grows."""
    status = path.stat()
    try:
        with Path(f"{path}-wal").open("rb") as log:
            head = log.read(32)
    except FileNotFoundError:
        head = b""
    return status.st_ino, status.st_size, status.st_mtime_ns, head


def _for_log(path: Path) -> bool:
    """Whether the file's head says that it is written by a log; anything that is no database is not."""
    with path.open("rb") as file:
        head = file.read(20)
    return head[18:20] != b"\x01\x01"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
