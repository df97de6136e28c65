"""Replaces an old file by the mended one, and keeps the old one under another name: a backup.

At every moment one of the two has the bag's name, and nothing of the old one is gone before the new one is whole on
the disk. Names: ``.mending-X`` is being written, ``.mended-X`` is whole and becomes X, ``X.backup`` is the old.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

from fer_ros.core.bags import metadata
from fer_ros.core.bags.sqlite_open import COMPANIONS, LOGS
from fer_ros.core.bags.storages import BY_SUFFIX, unlink
from fer_ros.core.base.files import sync_folder

MENDING, MENDED = ".mending-", ".mended-"
_BACKUP = ".backup"


def backups(folder: Path) -> list[Path]:
    """The files of a bag as they were before it was repaired, with what SQLite kept beside them."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.is_file())
    except OSError:
        return []
    return [folder / name for name in names if _is_backup(name)]


def keep(file: Path) -> Path:
    """Keep a file, and what SQLite keeps beside it, under the name of a backup, which is returned.

    :raises OSError: the disk is full; no half backup stays.
    """
    backup = _free(file)
    logged = any(Path(f"{file}{suffix}").exists() for suffix in COMPANIONS)
    # The file itself comes last: with it the backup is whole.
    for suffix in (*LOGS, ""):
        source = Path(f"{file}{suffix}")
        if source.exists():
            _copy(source, Path(f"{backup}{suffix}"), link=not logged)
    sync_folder(file.parent)
    return backup


def put_aside(file: Path) -> Path:
    """Rename a file in which nothing can be read to a backup, whose name is returned.

    :raises OSError: it cannot be renamed.
    """
    backup = keep(file)
    unlink(file)
    sync_folder(file.parent)
    return backup


def exchange(file: Path) -> None:
    """Let the finished ``.mending-X`` become X.

    :raises OSError: the disk failed; the next call of :func:`finish` goes on.
    """
    mending, mended = (file.with_name(f"{prefix}{file.name}") for prefix in (MENDING, MENDED))
    with mending.open("rb") as whole:
        os.fsync(whole.fileno())
    os.replace(mending, mended)
    sync_folder(file.parent)
    _finish(mended)


def finish(folder: Path) -> None:
    """Finish what a crash interrupted: put mended files in place, and remove half-written ones.

    :raises OSError: the folder cannot be changed.
    """
    for mended in folder.glob(f"{MENDED}*"):
        _finish(mended)
    for half in (*folder.glob(f"{MENDING}*"), *folder.glob(f".{metadata.FILE}.*")):
        if half.is_dir():
            shutil.rmtree(half)
        else:
            half.unlink(missing_ok=True)


def _finish(mended: Path) -> None:
    file = mended.with_name(mended.name.removeprefix(MENDED))
    if any(Path(f"{file}{suffix}").exists() for suffix in COMPANIONS):
        # The old log would be taken for one of the new file. SQLite moves it into the old file first, so that
        # whoever reads in this moment, or after a crash, still finds its messages.
        with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(file)) as base:
            base.execute("PRAGMA journal_mode = DELETE")
        for suffix in COMPANIONS:
            Path(f"{file}{suffix}").unlink(missing_ok=True)
    os.replace(mended, file)
    sync_folder(file.parent)


def _free(file: Path) -> Path:
    number, backup = 1, Path(f"{file}{_BACKUP}")
    while any(Path(f"{backup}{suffix}").exists() for suffix in ("", *LOGS)):
        number += 1
        backup = Path(f"{file}{_BACKUP}{number}")
    return backup


def _copy(source: Path, target: Path, link: bool) -> None:
    if link:
        # Costs nothing, and soon the file's own name is given to another. Not every file system can do it.
        with contextlib.suppress(OSError):
            os.link(source, target)
            return
    half = target.with_name(f"{MENDING}{target.name}")
    try:
        shutil.copy2(source, half)
        with half.open("rb") as whole:
            os.fsync(whole.fileno())
        os.replace(half, target)
    except BaseException:
        half.unlink(missing_ok=True)
        raise


def _is_backup(name: str) -> bool:
    """``bag_1.mcap.backup``, ``bag_1.db3.backup2-wal``; earlier versions called them ``bag_1.mcap.damaged``."""
    for suffix in COMPANIONS:
        name = name.removesuffix(suffix)
    stem, _, last = name.rpartition(".")
    return Path(stem).suffix in {*BY_SUFFIX, ".yaml"} and (last.rstrip("0123456789") == "backup" or last == "damaged")
