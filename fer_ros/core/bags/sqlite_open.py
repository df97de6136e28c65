"""Opens a SQLite file of a bag so that nothing changes it or its folder, not even SQLite itself."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

#: What SQLite keeps beside a file that is open or was cut off.
COMPANIONS = ("-wal", "-shm", "-journal")
#: Of these, what holds messages, or what takes them back.
LOGS = ("-wal", "-journal")
#: Of a log: magic number, version, size of a page, checkpoints, two salts and two checksums; of each frame in it: page,
#: size of the file where the frame ends a transaction, two salts and two checksums.
_LOG_HEAD, _FRAME = struct.Struct(">8I"), struct.Struct(">6I")
#: Times that a file is copied anew because somebody wrote to it meanwhile.
_ATTEMPTS = 5


def has_log(path: Path) -> bool:
    """Whether a log lies beside the file; without it the file is not whole."""
    return any(_size(Path(f"{path}{suffix}")) for suffix in LOGS)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a file for reading. SQLite makes or changes files beside a database even then, so a log is read from a
    copy.

    :raises sqlite3.Error: it is no database, or its log is damaged in the middle: SQLite drops the rest in silence.
    :raises OSError: it cannot be read, or there is no room for the copy.
    """
    with contextlib.ExitStack() as stack:
        path = path.resolve()
        if has_log(path):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fer_ros_")))
            base = sqlite3.connect(copied(path, folder))
            stack.enter_context(contextlib.closing(base))
            _check_log(base, folder / path.name)
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
    """Copy a file and its log, both of the same moment, into a folder.

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


@contextlib.contextmanager
def as_os_error() -> Iterator[None]:
    """Turn SQLite's errors into those of the operating system, so a full disk looks the same in every storage."""
    try:
        yield
    except sqlite3.Error as error:
        raise OSError(_number(error), str(error)) from error


def _number(error: sqlite3.Error) -> int:
    """The operating system's number for an error of SQLite, as far as it can be told."""
    name, text = getattr(error, "sqlite_errorname", ""), str(error)
    if name == "SQLITE_FULL" or "full" in text:
        return errno.ENOSPC
    if name == "SQLITE_READONLY_DBMOVED":
        return errno.ENOENT
    if name.startswith("SQLITE_READONLY") or "readonly" in text:
        return errno.EROFS
    # SQLite does not say which: a file cannot be opened, for lack of descriptors or of rights.
    return errno.EMFILE if name == "SQLITE_CANTOPEN" and _no_descriptor() else errno.EIO


def _no_descriptor() -> bool:
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno in (errno.EMFILE, errno.ENFILE)
    return False


def _check_log(base: sqlite3.Connection, path: Path) -> None:
    """Make sure that SQLite reads a log to its end, the last frame that ends a transaction.

    What a crash leaves behind the end is one transaction at most.
    """
    log = Path(f"{path}-wal")
    content = log.read_bytes() if log.exists() else b""
    if len(content) <= _LOG_HEAD.size:
        return
    _, _, page, _, *salts, _, _ = _LOG_HEAD.unpack_from(content)
    (_, read, _) = base.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    behind = 0
    for at in range(
        _LOG_HEAD.size + max(read, 0) * (_FRAME.size + page), len(content) - _FRAME.size, _FRAME.size + page
    ):
        _, ends, *own = _FRAME.unpack_from(content, at)
        behind += bool(ends) and own[:2] == salts
    if behind > 1 or not _right_head(content[: _LOG_HEAD.size]):
        raise sqlite3.DatabaseError("its write-ahead log has changed")


def _right_head(head: bytes) -> bool:
    """Whether the checksum at the end of a log's head is that of the rest."""
    order = ">" if head[3] & 1 else "<"
    first = second = 0
    for one, other in struct.iter_unpack(f"{order}II", head[:24]):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return struct.unpack(">II", head[24:]) == (first, second)


def _moment(path: Path) -> tuple[object, ...]:
    """A value that changes when the log is moved into the file and restarted, but not while it only grows."""
    status = path.stat()
    try:
        with Path(f"{path}-wal").open("rb") as log:
            head = log.read(32)
    except FileNotFoundError:
        head = b""
    return status.st_ino, status.st_size, status.st_mtime_ns, head


def _for_log(path: Path) -> bool:
    """Whether the file's head says that it uses a log; False for anything but a database."""
    with path.open("rb") as file:
        head = file.read(20)
    return head[18:20] != b"\x01\x01"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
