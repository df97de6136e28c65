"""Writes files so that they are whole or absent: beside their place first, then renamed."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import tempfile
from pathlib import Path

from fer_ros.core.base.paths import in_home


def write_atomic(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write a file so that a crash at any moment leaves the old one or the new one.

    :param mode: who may read it; by default the owner alone below ``$FER_HOME``, everybody elsewhere.
    :raises OSError: the disk is full or the folder cannot be written; nothing half-written stays.
    """
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode or (0o600 if in_home(path) else 0o644))
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    sync_folder(path.parent)


#: Of Linux' renameat2(2): paths relative to the working folder, and both names change places.
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


def exchange(first: Path, second: Path) -> bool:
    """Let two existing files or folders change places in one step that no crash can split.

    :returns: False, with nothing changed, if the system or the file system cannot do that.
    """
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    names = os.fsencode(first), os.fsencode(second)
    return bool(renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a loss of power, if the file system can; some network shares cannot."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
